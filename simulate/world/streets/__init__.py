"""Streets from maps supplied by users: OpenStreetMap and GraphML."""
