"""One contract for every rule of the registry, over a town with mobile units, gates and a hot list."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from views import TOWN as SIZE
from views import in_memory
from worlds import WATCHERS, finish, town_scenario

from simulate import policy
from simulate.checks import ScenarioError
from simulate.kernels.sieve import ON_FILE
from simulate.policy.case import Case
from simulate.policy.recode import recodings
from simulate.policy.terms import plain_terms
from simulate.policy.view import setting_of, view_of
from simulate.policy.written import scenario_policy
from simulate.rules.fields import Policy, Readers, owner_fields
from simulate.scenario.loading import from_resolved, load
from simulate.scenario.schema.policies import RuleTable, case_faults
from simulate.scenario.schema.settings import json_schema
from simulate.world.build import build_world

WANTED = {"hotlist.wanted": 0.2, "hotlist.other_states": 1.0}
SCENARIO = town_scenario(3, **{**SIZE, **WATCHERS, **WANTED})
RUN = in_memory(finish(SCENARIO, build_world(SCENARIO)))
START = SCENARIO.settings.period.start
SETTING = setting_of(RUN)
PD = ("smallville-pd",)
EXAMPLES: dict[str, Policy] = {
    "coarse_place": policy.CoarsePlace(metres=800),
    "coarse_time": policy.CoarseTime(hours=6),
    "delay": policy.Delay(days=2),
    "deletion": policy.Deletion(share=0.5),
    "distance": policy.Distance(metres=120),
    "hit_only": policy.HitOnly(holders=PD),
    "hold": policy.Hold(vehicles=tuple(range(100)), begin=START + timedelta(days=4)),
    "hours": policy.Hours(begin="20:00", end="09:00", days=("tuesday", "sunday"), kinds=("fixed",)),
    "look_back": policy.LookBack(days=4),
    "pseudonyms": policy.Pseudonyms(days=3),
    "retention": policy.Retention(days=3, hit_days=6, holders=PD),
    "switched_off": policy.SwitchedOff(kinds=("fixed", "mobile"), share=0.4),
    "unsubscribed": policy.Unsubscribed(holders=PD),
}
"""An example of each rule; one that does something in this town."""
NOTHING: dict[str, Policy] = {
    "deletion": policy.Deletion(share=1),
    "hold": policy.Hold(vehicles=(0,), begin=START + timedelta(days=300)),
    "hours": policy.Hours(begin="00:00", end="24:00"),
    "look_back": policy.LookBack(days=4000),
    "retention": policy.Retention(days="forever"),
    "switched_off": policy.SwitchedOff(share=0),
}
"""Forms of rules that change nothing."""
AT_READERS = {"distance", "hours", "switched_off", "unsubscribed"}
"""Rules on what is collected and subscribed to; all others are on what is stored or seen, after alerts were raised."""


def looked(*cases):
    """Look at the town through all of its readers under some sets of policies."""
    asked = [Case(name=str(i), observer="town-and-shops", policies=tuple(rules)) for i, rules in enumerate(cases)]
    return view_of(RUN, cases=asked)


def marked(*cases):
    """Return the three words of marks of all rows."""
    view = looked(*cases)
    marks = [view.sieve.marks(rows) for rows in view.source.blocks(0)]
    return tuple(np.concatenate(words) for words in zip(*marks, strict=True))


def of_case(words, c):
    """Return the flags of one case; bool[n]."""
    return (words >> np.uint64(c) & np.uint64(1)).astype(np.bool_)


def terms_of(*rules):
    terms = plain_terms(SETTING, np.ones(SETTING.owners.n, np.bool_))
    for rule in rules:
        terms = rule.amend(terms, SETTING)
    return terms


def test_every_rule_has_an_example():
    assert set(EXAMPLES) == set(policy.POLICIES)
    assert all(type(EXAMPLES[kind]) is policy.POLICIES[kind] for kind in policy.POLICIES)


@pytest.fixture(params=sorted(policy.POLICIES))
def kind(request):
    return request.param


def test_a_file_states_the_same_rule_and_its_schema_says_what_each_field_means(kind):
    rule = EXAMPLES[kind]
    fields = {field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)}
    stated = {"kind": kind, **{name: value for name, value in fields.items() if value is not None}}
    scenario = load("smallville", overrides={"policy.mine": stated})
    assert scenario_policy(scenario, "mine") == rule
    assert scenario_policy(from_resolved(scenario.resolved(), "again", 0), "mine") == rule
    table = json_schema()["$defs"][type(rule).__name__]
    assert list(table["properties"]) == ["kind", *fields]
    assert all(key["description"] for key in table["properties"].values())
    assert table["properties"]["kind"]["const"] == kind
    assert table["description"].rstrip(".").lower() in table["properties"]["kind"]["description"].lower()


def test_owners_that_a_rule_names_in_a_file_must_be_there():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Named(policy.Unsubscribed):
        """Its owners are called otherwise."""

        kind = "named"
        agencies: Readers = ()

    assert owner_fields(Named) == ("holders", "agencies")
    assert {kind for kind, rule in policy.POLICIES.items() if owner_fields(rule)} >= {"hours", "retention"}
    table = RuleTable.of(Named)(kind="named", agencies=("nobody",))
    (fault,) = case_faults({"mine": table}, {}, SCENARIO.settings.owners, {})
    assert (fault.keys, fault.found) == (("policy", "mine", "agencies"), '"nobody"')


def test_an_example_does_something_and_says_so_in_one_sentence(kind):
    rule = EXAMPLES[kind]
    under = [EXAMPLES["retention"], rule] if kind in {"deletion", "hold"} else [rule]
    assert not terms_of(*under).same(terms_of(*under[:-1]))
    view, plain = looked(under), looked(under[:-1])
    changed = sum(not np.array_equal(view.sieve.marks(rows), plain.sieve.marks(rows)) for rows in view.source.blocks(0))
    recoded = any(group.apply(rows)[0] is not rows and not np.array_equal(group.apply(rows)[0], rows)
                  for group in recodings(view) for rows in view.source.blocks(0))  # fmt: skip
    assert changed or recoded
    assert rule.describe().endswith(".")
    assert "\n" not in rule.describe()


def test_a_rule_is_frozen_hashed_and_says_what_its_fields_mean(kind):
    rule = EXAMPLES[kind]
    assert hash(rule) == hash(dataclasses.replace(rule))
    name = dataclasses.fields(rule)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(rule, name, None)
    with pytest.raises(TypeError):
        type(rule)(1)


def test_reads_in_are_reads_on_file_and_those_dropped_each_for_one_reason(kind):
    view = looked([EXAMPLES[kind]], [EXAMPLES["retention"]])
    for rows in view.source.blocks(0):
        reasons = view.sieve.reasons(rows)
        assert reasons.sum(axis=1).tolist() == [len(rows.plate)] * 2
        assert reasons[0, ON_FILE] == np.count_nonzero(of_case(view.sieve.marks(rows).on_file, 0))


def test_nothing_is_on_file_or_alerts_that_was_not_collected_nor_any_row_added(kind):
    collected, alerted, on_file = marked([EXAMPLES[kind]], [])
    assert not (alerted & ~collected).any()
    assert not (on_file & ~collected).any()
    assert not (of_case(collected, 0) & ~of_case(collected, 1)).any()
    view = looked([EXAMPLES[kind]])
    for rows in view.source.blocks(0):
        seen, order = recodings(view)[0].apply(rows)
        assert len(seen.plate) == len(rows.plate)
        assert order is None or np.array_equal(np.sort(order), np.arange(len(rows.plate)))


def test_any_order_of_rules_gives_the_same_terms(kind):
    rule = EXAMPLES[kind]
    for other in EXAMPLES.values():
        assert terms_of(rule, other).same(terms_of(other, rule)), other
    every = terms_of(*EXAMPLES.values())
    assert terms_of(*reversed(EXAMPLES.values())).same(every)


def test_a_rule_applied_twice_is_the_rule_applied_once_and_changes_no_terms_in_place(kind):
    plain, rule = terms_of(), EXAMPLES[kind]
    setting = SETTING
    before = terms_of()
    once = rule.amend(plain, setting)
    assert plain.same(before)
    assert rule.amend(once, setting).same(once)


def test_alerts_come_before_storage(kind):
    """Alerts are the same under every rule on what stays or is seen, and others once a reader or subscription goes."""
    _, alerted, _ = marked([], [EXAMPLES[kind]])
    assert of_case(alerted, 0).sum() > 20
    assert np.array_equal(of_case(alerted, 0), of_case(alerted, 1)) == (kind not in AT_READERS)


@pytest.mark.parametrize("kind", NOTHING)
def test_a_rule_that_changes_nothing_gives_the_same_marks(kind):
    for words in marked([], [NOTHING[kind]]):
        assert np.array_equal(of_case(words, 0), of_case(words, 1))


@pytest.mark.parametrize(
    "ladder",
    [
        [policy.Retention(days=days) for days in (0.1, 1, 3, 7, 9)] + [policy.Retention(days="forever")],
        [policy.LookBack(days=days) for days in (1, 4, 9)],
        [policy.SwitchedOff(share=share) for share in (0.9, 0.5, 0.2, 0)],
        [policy.Distance(metres=metres) for metres in (900, 300, 50)],
        [policy.Hold(vehicles=tuple(range(n)), begin=START) for n in (1, 50, 300)],
    ],
    ids=lambda ladder: type(ladder[0]).__name__,
)
def test_what_is_seen_grows_along_a_ladder(ladder):
    beside = [policy.Retention(days=2)] if isinstance(ladder[0], policy.Hold) else []
    _, _, on_file = marked(*([rule, *beside] for rule in ladder))
    steps = [of_case(on_file, c) for c in range(len(ladder))]
    assert all(not (less & ~more).any() for less, more in pairwise(steps))
    assert steps[0].sum() < steps[-1].sum()


def test_who_deletes_at_a_share_is_among_those_who_do_at_a_larger_one():
    setting = SETTING
    many = dataclasses.replace(setting.owners, name=tuple(f"agency {i}" for i in range(2000)))
    wide = dataclasses.replace(setting, owners=many)
    plain = dataclasses.replace(terms_of(), deletes=np.ones(2000, np.bool_))
    some, more = (policy.Deletion(share=share).amend(plain, wide).deletes for share in (0.5, 0.8))
    assert not (some & ~more).any()
    assert abs(some.mean() - 0.5) < 0.05
    assert abs(more.mean() - 0.8) < 0.05


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([policy.Retention(days=3), policy.Retention(days=4)], "retention.days: expected one statement in a case"),
        ([policy.Retention(days=3), policy.Retention(days=4, holders=PD)], "retention.days: expected one statement"),
        ([policy.LookBack(days=3), policy.LookBack(days=4)], "look_back.days: expected one statement"),
        ([policy.Deletion(share=0.3), policy.Deletion(share=0.4)], "deletion.share: expected one statement"),
        ([policy.CoarseTime(hours=3), policy.CoarseTime(hours=4)], "coarse_time.hours: expected one statement"),
        ([policy.CoarsePlace(metres=3), policy.CoarsePlace(metres=4)], "coarse_place.metres: expected one statement"),
        ([policy.Pseudonyms(days=3), policy.Pseudonyms(days=4)], "pseudonyms.days: expected one statement"),
        ([policy.Delay(days=3), policy.Delay(days=4)], "delay.days: expected one statement"),
        ([policy.HitOnly(holders=("smalville-pd",))], "hit_only.holders: .*did you mean 'smallville-pd'"),
        ([policy.Hours(begin="06:00", end="22:00", owners=("smalville-pd",))], "hours.owners: .*did you mean"),
        ([policy.Hold(vehicles=(10**6,), begin=START)], "hold.vehicles: expected numbers of vehicles below"),
    ],
    ids=str,
)
def test_rules_that_contradict_or_name_nobody_are_refused_before_any_row_is_read(rules, words):
    with pytest.raises(ScenarioError, match=words):
        looked(rules)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: policy.Retention(days=1, hit_days=0), "retention.hit_days: expected a number of days"),
        (lambda: policy.Retention(days="21"), "retention.days: expected a number of days"),
        (lambda: policy.HitOnly(holders="police"), "hit_only.holders: expected a list of names"),
        (lambda: policy.Unsubscribed(holders="police"), "unsubscribed.holders: expected a list of names"),
        (lambda: policy.Deletion(share=1.2), "deletion.share: expected a share from 0 to 1, found 1.2"),
        (lambda: policy.Hold(vehicles=(), begin=START), "hold.vehicles: expected at least 1"),
        (lambda: policy.Hold(vehicles=(-1,), begin=START), "hold.vehicles: expected numbers of vehicles, from 0"),
        (lambda: policy.Hours(begin="06:00", end="07:00", days=()), "hours.days: expected at least 1"),
        (lambda: policy.Retention(days=None), "retention.days: expected a number of days"),
        (lambda: policy.Hold(vehicles=(1,), begin=START, end=START), "hold.end: expected a day after begin"),
        (lambda: policy.LookBack(days=0), "look_back.days: expected a number of days"),
        (lambda: policy.Delay(days=float("nan")), "delay.days: expected a number of days"),
        (lambda: policy.Hours(begin="06:30", end="22:00"), "hours.begin: expected a full hour"),
        (lambda: policy.Hours(begin="06:00", end="06:00"), "hours.end: expected another hour than begin"),
        (lambda: policy.Hours(begin="06:00", end="07:00", days=("sunnday",)), "hours.days: .*did you mean 'sunday'"),
        (lambda: policy.SwitchedOff(kinds=("fixd",)), "switched_off.kinds: .*did you mean 'fixed'"),
        (lambda: policy.SwitchedOff(share=-0.1), "switched_off.share: expected a share"),
        (lambda: policy.Distance(metres=-1), "distance.metres: expected a number of metres"),
        (lambda: policy.Distance(metres=1, categories=("clinics",)), "distance.categories: .*did you mean 'clinic'"),
        (lambda: policy.Distance(metres=1, categories=()), "distance.categories: expected at least 1"),
        (lambda: policy.CoarseTime(hours=0), "coarse_time.hours: expected a number of hours"),
        (lambda: policy.CoarsePlace(metres=True), "coarse_place.metres: expected a number of metres"),
        (lambda: policy.Pseudonyms(days=float("inf")), "pseudonyms.days: expected a number of days"),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_say_is_refused_in_one_message(make, words):
    with pytest.raises(ScenarioError, match=words) as told:
        make()
    assert "\n" not in str(told.value)
    assert told.value.remedy
