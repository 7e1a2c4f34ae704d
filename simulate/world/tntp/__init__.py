"""Networks with trip tables, in the format of Transportation Networks for Research."""
