"""Slow twins of hot lists, in plain Python: one vehicle, one entry, one read at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulate import streams
from simulate.durations import DAY_S, DAY_START_S
from simulate.travel.days import bits64
from simulate.travel.hotlists import length_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from worlds import Small

    Entry = tuple[int, int, int, int]
    """Plate, right from, right until, listed until."""


def slow_lists(small: Small) -> tuple[list[Entry], list[Entry]]:
    """List the entries of the run's vehicles and those of other states, sorted."""
    rules, seed, lives = small.scenario.settings.hotlist, small.scenario.seed, small.lives
    vehicles = lives.population.n_vehicles
    plates = [int(plate) for plate in lives.plates.of_vehicles(range(vehicles))]
    local = [
        (plates[v], *times)
        for v in range(vehicles)
        for times in _turns(small, "hotlist", v, rules.wanted).values()
    ]  # fmt: skip
    key = int(streams.key(seed, "hotlist.other.text"))
    other = [
        (bits64(key, place << 32 | ordinal, 0) % lives.plates.n, *times)
        for place in range(round(rules.other_states * rules.wanted * vehicles))
        for ordinal, times in _turns(small, "hotlist.other", place, 1.0).items()
    ]
    return sorted(local), sorted(other)


def _turns(small: Small, name: str, who: int, share: float) -> dict[int, tuple[int, int, int]]:
    """Let one vehicle be wanted and not wanted in turns; entries that meet the scenario, by ordinal."""
    rules, days = small.scenario.settings.hotlist, small.lives.calendar.days
    if share == 0:
        return {}
    first, gap, right, stale = (
        int(streams.key(small.scenario.seed, f"{name}.{part}")) for part in ("first", "gap", "right", "stale")
    )
    gaps = length_table(rules.listed_days * (1 - share) / share)
    rights, stales = length_table(rules.listed_days), length_table(rules.stale_days)
    now = DAY_START_S - int(stales[-1])
    wanted = bits64(first, who, 0) / 2**64 < share
    entries, ordinal = {}, 0
    while True:
        if not wanted:
            now += _pick(gaps, bits64(gap, who, ordinal))
        if now >= days * DAY_S + DAY_START_S:
            return entries
        end = now + max(1, _pick(rights, bits64(right, who, ordinal)))
        off = end + _pick(stales, bits64(stale, who, ordinal))
        if off > DAY_START_S:
            entries[ordinal] = (now, end, off)
        now, wanted, ordinal = end, False, ordinal + 1


def _pick(table: Sequence[int], w: int) -> int:
    piece, along = w >> 54, w & (2**22 - 1)
    return int(table[piece]) + ((int(table[piece + 1]) - int(table[piece])) * along >> 22)


def slow_alerts(
    small: Small, reads: Sequence[Sequence[int]], lists: tuple[list[Entry], list[Entry]]
) -> tuple[Counter[str], set[int]]:
    """Count alerts by kind, and list the innocent vehicles they met.

    reads : plate, time, site and who was really read.
    """
    local, other = ({plate: [] for plate, *_ in entries} for entries in lists)
    for known, entries in ((local, lists[0]), (other, lists[1])):
        for plate, *times in entries:
            known[plate].append(times)
    key = int(streams.key(small.scenario.seed, "hotlist.state"))
    wrong_state = small.scenario.settings.readers.wrong_state
    plates = [int(plate) for plate in small.lives.plates.of_vehicles(range(small.lives.population.n_vehicles))]
    counts, innocent = Counter[str](), set()
    for plate, time, site, vehicle in reads:
        right = any(begin <= time < end for begin, end, _ in local.get(plate, ()))
        listed = any(begin <= time < off for begin, _, off in local.get(plate, ()))
        elsewhere = any(begin <= time < off for begin, _, off in other.get(plate, ()))
        entity = bits64(key, plate << 32 | time, 0) ^ int(small.deployment.sites.uid[site])
        unsure = (bits64(key, entity, 1) & (2**32 - 1)) / 2**32 < wrong_state
        if not listed and not (elsewhere and unsure):
            continue
        if plates[vehicle] != plate:
            counts["misread"] += 1
        else:
            counts["right" if right else "stale_entry" if listed else "wrong_state"] += 1
        if not any(begin <= time < end for begin, end, _ in local.get(plates[vehicle], ())):
            innocent.add(vehicle)
    return counts, innocent
