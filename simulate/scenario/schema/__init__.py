"""Every table and key that a scenario may have."""
