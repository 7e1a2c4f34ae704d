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

from simulate.checks import ScenarioError
from simulate.kernels.sieve import ON_FILE
from simulate.policy import (
    POLICIES,
    CoarsePlace,
    CoarseTime,
    Delay,
    Deletion,
    Distance,
    HitOnly,
    Hold,
    Hours,
    LookBack,
    Pseudonyms,
    Retention,
    SwitchedOff,
    Unsubscribed,
)
from simulate.policy.case import Case, Policy
from simulate.policy.recode import recodings
from simulate.policy.terms import plain_terms
from simulate.policy.view import setting_of, view_of
from simulate.scenario.schema.settings import Settings
from simulate.world.build import build_world

WANTED = {"hotlist.wanted": 0.2, "hotlist.other_states": 1.0}
SCENARIO = town_scenario(3, **{**SIZE, **WATCHERS, **WANTED})
RUN = in_memory(finish(SCENARIO, build_world(SCENARIO)))
START = SCENARIO.settings.period.start
SETTING = setting_of(RUN)
PD = ("smallville-pd",)
EXAMPLES: dict[str, Policy] = {
    "coarse_place": CoarsePlace(metres=800),
    "coarse_time": CoarseTime(hours=6),
    "delay": Delay(days=2),
    "deletion": Deletion(share=0.5),
    "distance": Distance(metres=120),
    "hit_only": HitOnly(holders=PD),
    "hold": Hold(vehicles=tuple(range(100)), begin=START + timedelta(days=4)),
    "hours": Hours(begin="20:00", end="09:00", days=("tuesday", "sunday"), kinds=("fixed",)),
    "look_back": LookBack(days=4),
    "pseudonyms": Pseudonyms(days=3),
    "retention": Retention(days=3, hit_days=6, holders=PD),
    "switched_off": SwitchedOff(kinds=("fixed", "mobile"), share=0.4),
    "unsubscribed": Unsubscribed(holders=PD),
}
"""An example of each rule; one that does something in this town."""
NOTHING: dict[str, Policy] = {
    "deletion": Deletion(share=1),
    "hold": Hold(vehicles=(0,), begin=START + timedelta(days=300)),
    "hours": Hours(begin="00:00", end="24:00"),
    "look_back": LookBack(days=4000),
    "retention": Retention(),
    "switched_off": SwitchedOff(share=0),
}
"""Forms of rules that change nothing."""
BEYOND_ALERTS = {"coarse_place", "coarse_time", "delay", "deletion", "hit_only", "hold", "look_back", "pseudonyms",
                 "retention"}  # fmt: skip
"""Rules on what is stored or seen, after alerts were raised."""
AT_READERS = {"distance", "hours", "switched_off", "unsubscribed"}


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


def test_every_rule_has_an_example_and_a_table():
    assert set(EXAMPLES) == set(POLICIES) == BEYOND_ALERTS | AT_READERS
    assert all(type(EXAMPLES[kind]) is POLICIES[kind] for kind in POLICIES)
    (union,) = [field.annotation for name, field in Settings.model_fields.items() if name == "policy"]
    tables = union.__args__[1].__origin__.__args__
    stated = {table.model_fields["kind"].annotation.__args__[0]: set(table.model_fields) - {"kind"} for table in tables}
    assert stated == {kind: {field.name for field in dataclasses.fields(rule)} for kind, rule in POLICIES.items()}


@pytest.fixture(params=sorted(POLICIES))
def kind(request):
    return request.param


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
    assert np.array_equal(of_case(alerted, 0), of_case(alerted, 1)) == (kind in BEYOND_ALERTS)


@pytest.mark.parametrize("kind", NOTHING)
def test_a_rule_that_changes_nothing_gives_the_same_marks(kind):
    for words in marked([], [NOTHING[kind]]):
        assert np.array_equal(of_case(words, 0), of_case(words, 1))


@pytest.mark.parametrize(
    "ladder",
    [
        [Retention(days=days) for days in (0.1, 1, 3, 7, 9)] + [Retention()],
        [LookBack(days=days) for days in (1, 4, 9)],
        [SwitchedOff(share=share) for share in (0.9, 0.5, 0.2, 0)],
        [Distance(metres=metres) for metres in (900, 300, 50)],
        [Hold(vehicles=tuple(range(n)), begin=START) for n in (1, 50, 300)],
    ],
    ids=lambda ladder: type(ladder[0]).__name__,
)
def test_what_is_seen_grows_along_a_ladder(ladder):
    beside = [Retention(days=2)] if isinstance(ladder[0], Hold) else []
    _, _, on_file = marked(*([rule, *beside] for rule in ladder))
    steps = [of_case(on_file, c) for c in range(len(ladder))]
    assert all(not (less & ~more).any() for less, more in pairwise(steps))
    assert steps[0].sum() < steps[-1].sum()


def test_who_deletes_at_a_share_is_among_those_who_do_at_a_larger_one():
    setting = SETTING
    many = dataclasses.replace(setting.owners, name=tuple(f"agency {i}" for i in range(2000)))
    wide = dataclasses.replace(setting, owners=many)
    plain = dataclasses.replace(terms_of(), deletes=np.ones(2000, np.bool_))
    some, more = (Deletion(share=share).amend(plain, wide).deletes for share in (0.5, 0.8))
    assert not (some & ~more).any()
    assert abs(some.mean() - 0.5) < 0.05
    assert abs(more.mean() - 0.8) < 0.05


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([Retention(days=3), Retention(days=4)], "retention.days: expected one statement in a case"),
        ([Retention(days=3), Retention(days=4, holders=PD)], "retention.days: expected one statement"),
        ([LookBack(days=3), LookBack(days=4)], "look_back.days: expected one statement"),
        ([Deletion(share=0.3), Deletion(share=0.4)], "deletion.share: expected one statement"),
        ([CoarseTime(hours=3), CoarseTime(hours=4)], "coarse_time.hours: expected one statement"),
        ([CoarsePlace(metres=3), CoarsePlace(metres=4)], "coarse_place.metres: expected one statement"),
        ([Pseudonyms(days=3), Pseudonyms(days=4)], "pseudonyms.days: expected one statement"),
        ([Delay(days=3), Delay(days=4)], "delay.days: expected one statement"),
        ([HitOnly(holders=("smalville-pd",))], "hit_only.holders: .*did you mean 'smallville-pd'"),
        ([Hours(begin="06:00", end="22:00", owners=("smalville-pd",))], "hours.owners: .*did you mean"),
        ([Hold(vehicles=(10**6,), begin=START)], "hold.vehicles: expected numbers of vehicles below"),
    ],
    ids=str,
)
def test_rules_that_contradict_or_name_nobody_are_refused_before_any_row_is_read(rules, words):
    with pytest.raises(ScenarioError, match=words):
        looked(rules)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Retention(hit_days=0), "retention.hit_days: expected a number of days"),
        (lambda: Retention(days="21"), "retention.days: expected a number of days"),
        (lambda: HitOnly(holders="police"), "hit_only.holders: expected a list of names"),
        (lambda: Unsubscribed(holders="police"), "unsubscribed.holders: expected a list of names"),
        (lambda: Deletion(share=1.2), "deletion.share: expected a share from 0 to 1, found 1.2"),
        (lambda: Hold(vehicles=(), begin=START), "hold.vehicles: expected numbers of vehicles"),
        (lambda: Hold(vehicles=(1,), begin=START, end=START), "hold.end: expected a day after begin"),
        (lambda: LookBack(days=0), "look_back.days: expected a number of days"),
        (lambda: Delay(days=float("nan")), "delay.days: expected a number of days"),
        (lambda: Hours(begin="06:30", end="22:00"), "hours.begin: expected a full hour"),
        (lambda: Hours(begin="06:00", end="06:00"), "hours.end: expected another hour than begin"),
        (lambda: Hours(begin="06:00", end="07:00", days=("sunnday",)), "hours.days: .*did you mean 'sunday'"),
        (lambda: SwitchedOff(kinds=("fixd",)), "switched_off.kinds: .*did you mean 'fixed'"),
        (lambda: SwitchedOff(share=-0.1), "switched_off.share: expected a share"),
        (lambda: Distance(metres=-1), "distance.metres: expected a number of metres"),
        (lambda: Distance(metres=1, categories=("clinics",)), "distance.categories: .*did you mean 'clinic'"),
        (lambda: Distance(metres=1, categories=()), "distance.categories: expected at least one"),
        (lambda: CoarseTime(hours=0), "coarse_time.hours: expected a number of hours"),
        (lambda: CoarsePlace(metres=True), "coarse_place.metres: expected a number of metres"),
        (lambda: Pseudonyms(days=float("inf")), "pseudonyms.days: expected a number of days"),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_say_is_refused_in_one_message(make, words):
    with pytest.raises(ScenarioError, match=words) as told:
        make()
    assert "\n" not in str(told.value)
    assert told.value.remedy
