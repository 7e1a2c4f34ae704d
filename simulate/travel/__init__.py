"""What moves: households, their days, and the truth about them."""
