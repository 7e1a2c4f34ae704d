"""Every table and key of a scenario."""
