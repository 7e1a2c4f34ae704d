"""What an observer can work out: one question a file."""
