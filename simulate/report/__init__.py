"""What people look at: figures, maps and the page."""
