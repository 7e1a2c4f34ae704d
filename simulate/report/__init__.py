"""Figures, maps and pages of results."""
