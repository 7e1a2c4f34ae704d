"""Tables of policies, and of the cases to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union

from pydantic import Field, create_model, model_validator

from simulate.checks import ScenarioError, did_you_mean
from simulate.rules import POLICIES
from simulate.rules.fields import Policy, field_types, owner_fields
from simulate.scenario.schema.owners import Observer, Owner, owner_and_state
from simulate.scenario.schema.parts import Fault, Name, Table, Text, refuse


class RuleTable(Table):
    """Rule as stated in a file, with the fields, words and checks of its class."""

    rule_class: ClassVar[type[Policy]]

    @classmethod
    def of(cls, rule: type[Policy]) -> type[RuleTable]:
        """Return the table of a rule."""
        summary = str(rule.__doc__).splitlines()[0]
        kind = Field(description=f"'{rule.kind}': {summary[0].lower()}{summary[1:].removesuffix('.')}")
        stated = {field.name: ... if field.default is MISSING else field.default for field in fields(rule)}
        keys: dict[str, Any] = {"kind": (Literal[rule.kind], kind)}
        keys |= {name: (hint, stated[name]) for name, hint in field_types(rule).items()}
        table = create_model(rule.__name__, __base__=cls, __doc__=summary, **keys)
        table.rule_class = rule
        return table

    def rule(self) -> Policy:
        """Return the rule stated."""
        return self.rule_class(**{name: value for name, value in self if name != "kind"})

    @model_validator(mode="after")
    def _fits(self) -> RuleTable:
        try:
            self.rule()
        except ScenarioError as error:
            keys = tuple(error.where.split(".")[1:])  # after the kind
            refuse([Fault(keys, error.expected, error.found, error.remedy)])
        return self


if TYPE_CHECKING:
    PolicyTable = RuleTable
else:
    PolicyTable = Annotated[Union[tuple(map(RuleTable.of, POLICIES.values()))], Field(discriminator="kind")]  # noqa: UP007


class CaseTable(Table):
    """Who looks, when, and under which policies."""

    observer: Text | None = Field(
        default=None, description="an observer or owner of the scenario; its first observer by name if not said"
    )
    policies: tuple[Name, ...] = Field(default=(), description="names of policies in force, as in [policy.NAME]")
    on: date | None = Field(default=None, description="query date; the day after the last simulated one if not said")


def case_faults(
    policies: Mapping[Name, RuleTable],
    cases: Mapping[Name, CaseTable],
    owners: Mapping[Name, Owner],
    observers: Mapping[Name, Observer],
) -> Iterator[Fault]:
    """Yield a fault for each unknown owner, observer or policy named by a policy or case."""
    for name, rule in policies.items():
        for key in owner_fields(rule.rule_class):
            for owner in getattr(rule, key):
                if not _is_owner(owner, owners):
                    remedy = did_you_mean(owner_and_state(owner)[0], owners)
                    yield Fault(("policy", name, key), "names of owners, as in [owners.NAME]", f'"{owner}"', remedy)
    for name, case in cases.items():
        for policy in case.policies:
            if policy not in policies:
                remedy = did_you_mean(policy, policies)
                yield Fault(("case", name, "policies"), "names of policies, as in [policy.NAME]", f'"{policy}"', remedy)
        if case.observer is not None and case.observer not in observers and not _is_owner(case.observer, owners):
            remedy = did_you_mean(case.observer, {*observers, *owners})
            keys = ("case", name, "observer")
            yield Fault(keys, "an observer or owner of the scenario", f'"{case.observer}"', remedy)


def _is_owner(name: str, owners: Mapping[Name, Owner]) -> bool:
    """Return whether a name means an owner, one of its states, or an agency; the set of agencies depends on the map."""
    return owner_and_state(name)[0] in owners or any(name.startswith(f"{owner} agency ") for owner in owners)
