"""What stands still: roads, zones, owners, readers and routes."""
