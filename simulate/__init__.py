"""Measure the print that a licence plate leaves."""
