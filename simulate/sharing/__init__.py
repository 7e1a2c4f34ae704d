"""Who gives whom access: agencies, their states and metros, and the network between them."""
