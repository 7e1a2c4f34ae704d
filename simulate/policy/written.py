"""Policies and cases as stated in a scenario file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.checks import ScenarioError, did_you_mean
from simulate.policy.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.rules.fields import Policy
    from simulate.scenario import Scenario


def scenario_policy(scenario: Scenario, name: str) -> Policy:
    """Return the rule of a scenario under [policy.NAME]; raise ScenarioError on an unknown name."""
    tables = scenario.settings.policy
    if name not in tables:
        raise ScenarioError("policy", f"a policy of {scenario.name}", repr(name), did_you_mean(name, tables))
    return tables[name].rule()


def scenario_case(scenario: Scenario, name: str) -> Case:
    """Return the case of a scenario under [case.NAME]; raise ScenarioError on an unknown name."""
    tables = scenario.settings.case
    if name not in tables:
        raise ScenarioError("case", f"a case of {scenario.name}", repr(name), did_you_mean(name, tables))
    stated = tables[name]
    rules = tuple(scenario_policy(scenario, policy) for policy in stated.policies)
    return Case(name=name, observer=stated.observer, on=stated.on, policies=rules)


def case_sentences(scenario: Scenario) -> Iterator[str]:
    """Yield the policies and cases of a scenario in words, one line each."""
    for name in scenario.settings.policy:
        yield f"Policy {name}: {scenario_policy(scenario, name).describe()}"
    for name, case in scenario.settings.case.items():
        observer = case.observer or "the first observer"
        when = f" on {case.on}" if case.on else ""
        yield f"Case {name}: {observer} looks{when}, under {', '.join(case.policies) or 'no policy'}."
