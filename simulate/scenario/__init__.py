"""Scenarios: TOML read, resolved and validated.

In the order of the data: `statements`, `schema` (every table and key), `faults`, `catalogue`, `metros`,
`loading`. Other rooms take what `loading` defines from here, and all else from its module.
"""

from simulate.scenario.loading import SET, MetroNames, Overrides, Scenario, changed, from_resolved, load, matching

__all__ = ["SET", "MetroNames", "Overrides", "Scenario", "changed", "from_resolved", "load", "matching"]
