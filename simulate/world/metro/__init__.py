"""Synthetic metro, generated from population and density."""
