"""Streets from maps that people bring: OpenStreetMap and GraphML."""
