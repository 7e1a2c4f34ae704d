"""The static world: roads, zones, owners, readers and routes."""
