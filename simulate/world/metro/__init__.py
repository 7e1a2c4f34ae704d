"""A metro that does not exist, from population and density."""
