"""Scenarios: TOML read, resolved and validated.

In the order of the data: `statements`, `schema` (every table and key), `faults`, `catalogue`, `metros`,
`loading`. Other rooms import the names of `loading` from here, and all others from their modules.
"""

from simulate.scenario.loading import SET, MetroNames, Overrides, Scenario, changed, from_resolved, load, matching

__all__ = ["SET", "MetroNames", "Overrides", "Scenario", "changed", "from_resolved", "load", "matching"]
