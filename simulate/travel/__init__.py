"""Travel demand: households, their days, and the ground truth about them."""
