"""The trial: fleets and gates are sized until, with the fixed readers, each kind of owner collects what is stated."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from worlds import VISITORS, WATCHERS, Small, reads_of, small, town_scenario

from simulate.checks import ScenarioError
from simulate.durations import MONTH_DAYS

PEOPLE = {"roads.population": 3000, "roads.density_per_km2": 1500, "roads.vehicles_per_zone": 4, "period.days": 40}
ONE_READER = {"readers.place.police.count": 1, "readers.place.police.strategy": "random"}
"""It reads some 8,000 times in these forty days."""


def stated(split: dict[str, float], per_month: float, **changes) -> dict[str, object]:
    fleets = {name: {key: value for key, value in WATCHERS[f"readers.mobile.{name}"].items() if key != "visits"}
              for name in ("patrol", "tow")}  # fmt: skip
    fleets["patrol"] |= {"units": 60}
    fleets["tow"] |= {"units": 80, "shifts": [["20:30", "04:30"]]}
    return {
        "owners.repo": {"kind": "repossession"},
        "owners.parking": {"kind": "parking"},
        **{f"readers.mobile.{name}": fleet for name, fleet in fleets.items()},
        "readers.gates.lots": {"owner": "parking", "purpose": "shop"},
        "readers.sightings": {"per_month": per_month, "split": split},
        **ONE_READER,
        **changes,
    }


@cache
def sized(police: float, repossession: float, parking: float, per_month: float, readers: int = 1) -> Small:
    split = {"police": police, "repossession": repossession, "parking": parking}
    changes = stated(split, per_month, **{"readers.place.police.count": readers})
    return small(town_scenario(1, **PEOPLE, **changes, **VISITORS))


def collected(run: Small) -> dict[str, int]:
    """Count all reads by the kinds of owner that have a share."""
    owner, kinds = run.deployment.sites.owner[reads_of(run.tables)[:, 2]], np.array(run.world.owners.kind)
    return {kind: int((kinds[owner] == kind).sum()) for kind in run.scenario.settings.readers.sightings.split}


def visits_of(run: Small, fleet: str) -> set[int]:
    """Name the visits of one fleet."""
    number = list(run.scenario.settings.readers.mobile).index(fleet)
    return set(run.deployment.visits.uid[run.deployment.visits.fleet == number].tolist())


@pytest.mark.parametrize("wanted", [(0.3, 0.5, 0.2, 40_000.0), (0.55, 0.05, 0.4, 60_000.0), (0.6, 0.4, 0.0, 15_000.0)])
def test_the_stated_total_and_its_split_are_met(wanted):
    run, per_month = sized(*wanted), wanted[3]
    counted = collected(run)
    total = sum(counted.values())
    assert total == pytest.approx(per_month * 40 / MONTH_DAYS, rel=0.05)
    for kind, share in zip(("police", "repossession", "parking"), wanted, strict=False):
        assert counted[kind] / total == pytest.approx(share, abs=0.02), kind


def test_twice_the_total_takes_twice_the_visits():
    few, many = (sized(0.6, 0.4, 0.0, per_month) for per_month in (15_000.0, 30_000.0))
    assert len(visits_of(many, "tow")) == pytest.approx(2 * len(visits_of(few, "tow")), rel=0.02)
    assert collected(many)["police"] == pytest.approx(2 * collected(few)["police"], rel=0.1)


def test_what_fixed_readers_read_counts_and_only_units_of_their_kind_drive_less():
    few, many = (sized(0.6, 0.4, 0.0, 30_000.0, readers) for readers in (1, 3))
    for run in (few, many):
        assert collected(run)["police"] == pytest.approx(0.6 * 30_000 * 40 / MONTH_DAYS, rel=0.06)
    assert len(visits_of(many, "patrol")) < 0.85 * len(visits_of(few, "patrol"))
    assert visits_of(many, "tow") == visits_of(few, "tow")


def test_fixed_readers_of_a_kind_without_a_share_stand_beside_what_is_stated():
    changes = stated({"repossession": 1.0}, 15_000.0)
    few, many = (
        small(town_scenario(1, **PEOPLE, **{**changes, "readers.place.police.count": count})) for count in (1, 12)
    )
    assert np.array_equal(few.deployment.visits.uid, many.deployment.visits.uid)
    assert collected(many)["repossession"] == pytest.approx(15_000 * 40 / MONTH_DAYS, rel=0.05)


def test_fixed_readers_alone_may_come_near_their_share():
    """Nothing is left to size; shops have neither units nor gates here."""
    run = small(town_scenario(1, **PEOPLE, **{"readers.sightings": {"per_month": 9500.0, "split": {"retail": 1.0}}}))
    assert collected(run)["retail"] == pytest.approx(9500 * 40 / MONTH_DAYS, rel=0.25)


def test_gates_that_collect_far_more_than_their_share_are_refused():
    gates = {"readers.gates.lots": {"owner": "repo", "purpose": "shop", "count": 20}}
    split = {"police": 0.99, "repossession": 0.01}
    with pytest.raises(ScenarioError, match=r"readers.sightings.split.repossession: expected about"):
        small(town_scenario(1, **PEOPLE, **{**stated(split, 15_000.0), **gates}))


def test_stated_visits_beside_a_stated_total_are_refused():
    changes = stated({"police": 0.6, "repossession": 0.4}, 15_000.0)
    name = next(key for key in changes if key.startswith("readers.mobile."))
    fleet = {**changes[name], "visits": 8.0} if isinstance(changes[name], dict) else None
    more = {name: fleet} if fleet else {"readers.mobile.tow.visits": 8.0}
    with pytest.raises(ScenarioError, match=r"visits: expected nothing, since \[readers.sightings\] says"):
        small(town_scenario(1, **PEOPLE, **{**changes, **more}))


def test_two_rules_of_gates_are_both_sized():
    """Each counts the lots that are left to it once the other has chosen."""
    rules = {
        "readers.gates.lots": {"owner": "parking", "purpose": "shop"},
        "readers.gates.malls": {"owner": "shopping-centre", "purpose": "shop"},
    }
    split = {"parking": 0.35, "retail": 0.65}
    run = small(town_scenario(1, **PEOPLE, **{"owners.parking": {"kind": "parking"}, **rules},
                              **{"readers.sightings": {"per_month": 60_000.0, "split": split}}))  # fmt: skip
    counted = collected(run)
    assert sum(counted.values()) == pytest.approx(60_000 * 40 / MONTH_DAYS, rel=0.05)
    assert counted["parking"] / sum(counted.values()) == pytest.approx(0.35, abs=0.03)


def test_short_shifts_are_sized_too():
    """Fewer visits fit into them than the trial would like."""
    fleet = {**WATCHERS["readers.mobile.patrol"], "owner": "repo", "shifts": [["10:00", "10:30"]], "units": 30}
    fleet.pop("visits")
    wanted = {"readers.sightings": {"per_month": 1500.0, "split": {"repossession": 1.0}}}
    run = small(town_scenario(1, **PEOPLE, **{"owners.repo": {"kind": "repossession"}, "readers.mobile.patrol": fleet},
                              **wanted))  # fmt: skip
    assert collected(run)["repossession"] == pytest.approx(1500 * 40 / MONTH_DAYS, rel=0.15)


REFUSED = {
    "more than fit": (stated({"police": 1.0}, 900_000.0), r"^readers.mobile.patrol: expected at most \d+ visits in a "
                      r"shift of [48] hours, found [\d.]+, to collect what \[readers.sightings\] says; add units or"),
    "more than lots see": (stated({"parking": 1.0}, 900_000.0), r"^readers.gates.lots: expected lots that see "
                           r"1,18\d,\d{3} sightings, found at most [\d,]+ from \d+ lots; lower the share of this kind"),
    "a kind without owners": (stated({"police": 0.5, "insurer": 0.5}, 9000.0),
                              r"^readers.sightings.split.insurer: expected 0, or an owner of that kind with readers, "
                              r"found 0.5; add \[readers.mobile.NAME\], \[readers.gates.NAME\] or"),
    "fixed readers that read too much": (
        stated({"police": 0.1, "repossession": 0.9}, 15_000.0),
        r"^readers.sightings.split.police: expected about 1,971 sightings from its fixed readers, found 6,\d{3} where "
        r"they stand; change the share, per_month or \[readers.place.NAME\]$"),
    "fixed readers that read too little": (
        {"readers.sightings": {"per_month": 90_000.0, "split": {"retail": 1.0}}},
        r"^readers.sightings.split.retail: expected about 118,275 sightings from its fixed readers, found 12,\d{3}"),
    "units that read nothing": (stated({"police": 1.0}, 9000.0, **{"readers.mobile.patrol.on_duty": 0.0}),
                                r"^readers.mobile.patrol: expected units that read anything, found nothing in a trial"),
    "no visits stated": ({**WATCHERS, "readers.mobile.tow": stated({}, 1.0)["readers.mobile.tow"]},
                         r"readers.mobile.tow.visits: expected a number above 0, found nothing; say visits, or say in "
                         r"\[readers.sightings\] how much is collected in all"),
    "no count stated": ({**WATCHERS, "readers.gates.lots": {"owner": "parking", "purpose": "shop"}},
                        r"readers.gates.lots.count: expected a whole number of at least 1, found nothing; say"),
    "more gates than lots": ({**WATCHERS, "readers.gates.lots.count": 5000},
                             r"^readers.gates.lots.count: expected at most \d+, which is how many such lots are left, "
                             r"found 5000; ask for fewer"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_collected_is_refused(case):
    changes, message = REFUSED[case]
    with pytest.raises(ScenarioError, match=message):
        small(town_scenario(1, **PEOPLE, **changes))
