"""Privacy risk: inferences of an observer, one question a file."""
