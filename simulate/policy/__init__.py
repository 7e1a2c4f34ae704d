"""What may stay and be seen: one small rule a file."""
