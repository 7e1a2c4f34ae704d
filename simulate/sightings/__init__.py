"""What is seen and kept."""
