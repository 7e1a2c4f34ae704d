"""The network of access between agencies, their states and metros."""
