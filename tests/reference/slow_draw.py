"""The draw in plain Python: every household, car, day, leg, link and reader.

Slow and readable, so that one can see it is right. It walks links, and shares neither the
compiled plan nor the tables in which routes and the readers on them are kept: routes are
found again by an independent shortest-path search.

Takes from the definition of the model: the legs of a day (`simulate.travel.days`), the
keyed words, the integer costs of links and the factors of the hours.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import numpy as np

from simulate import streams
from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.plan import K_LEGIBLE
from simulate.travel.days import GOLDEN, MASK, bits64, legs_on, mix, parks_at, stays_on
from simulate.travel.plates import CONFUSABLE, DIGITS, LETTERS, LIKENESS_DIGITS, LIKENESS_LETTERS
from simulate.world.sites import SiteKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulate.kernels.life import Life
    from simulate.scenario import Scenario
    from simulate.sightings.deployment import Deployment
    from simulate.travel.days import Leg, Stay
    from simulate.travel.life import Lives
    from simulate.travel.plates import Plates
    from simulate.world.build import World

Read = tuple[int, int, int]
"""Time, site, and the read's word."""

Row = tuple[int, int, int]
"""Plate, time, site."""


def slow_rows(
    scenario: Scenario,
    world: World,
    lives: Lives,
    deployment: Deployment,
    vehicles: Iterable[int],
    days: range | None = None,
) -> list[Row]:
    """Return every read of some vehicles, sorted by plate, time and site."""
    return sorted(row for row, _ in slow_reads(scenario, world, lives, deployment, vehicles, days))


def slow_reads(
    scenario: Scenario,
    world: World,
    lives: Lives,
    deployment: Deployment,
    vehicles: Iterable[int],
    days: range | None = None,
) -> Iterator[tuple[Row, int]]:
    """Yield every read of some vehicles, each with who was really read."""
    walker, life = Walker(scenario, world, deployment), lives.tables
    for vehicle in vehicles:
        household = int(life.people.household[vehicle])
        for day in days or range(len(life.calendar.day_row)):
            legs = legs_on(life, household, vehicle, day)
            stays = stays_on(life, household, vehicle, day)
            reads = [read for leg in legs for read in walker.reads(lives, leg)]
            reads += [read for stay in stays for read in walker.scans(lives, vehicle, day, stay, len(legs))]
            for second, site, u in reads:
                yield (walker.named(lives.plates, vehicle, site, u), second, site), vehicle


class Walker:
    """Routes found as they are asked for, and the readers on each link."""

    def __init__(self, scenario: Scenario, world: World, deployment: Deployment) -> None:
        network = world.graph
        self.fast = [int(x) for x in network.fast_ds]
        self.slow = [int(x) for x in network.slow_ds]
        self.costs = [[int(x) for x in field] for field in network.cost]
        self.ends = [(int(a), int(b)) for a, b in zip(network.leaves, network.enters, strict=True)]
        self.starts = [int(x) for x in network.start]
        self.leaving: list[list[int]] = [[] for _ in range(network.n_nodes)]
        for link, (a, _) in enumerate(self.ends):
            self.leaving[a].append(link)
        self.node_of_hub = [int(x) for x in world.routes.hub_node]
        self.margin = scenario.settings.travel.other_route_margin
        self.seed = scenario.seed
        self.readers = scenario.settings.readers
        self.uid = [int(x) for x in world.readers.uid]
        self.at = [int(share * 65_536) if share < 1 else 65_535 for share in world.readers.at]
        self.on_link: dict[int, list[int]] = {}
        for site, link in enumerate(world.readers.link):
            self.on_link.setdefault(int(link), []).append(site)
        self.sites, self.parking = deployment.sites, scenario.settings.parking
        self.zones, self.visits = world.zones, deployment.visits
        self.owners, self.metro_of_hub = world.owners, world.metro_of_hub
        self.fleets = list(scenario.settings.readers.mobile.values())
        self.gate_of = {
            int(zone): site
            for site, (zone, kind) in enumerate(zip(self.sites.zone, self.sites.kind, strict=True))
            if kind == SiteKind.GATE
        }
        self.site_of = {
            (int(zone), int(owner)): site
            for site, (zone, owner, kind) in enumerate(
                zip(self.sites.zone, self.sites.owner, self.sites.kind, strict=True)
            )
            if kind == SiteKind.MOBILE
        }
        self.calendar: dict[tuple[int, int], list[int]] = {}
        for visit in range(self.visits.n):
            self.calendar.setdefault((int(self.visits.zone[visit]), int(self.visits.day[visit])), []).append(visit)
        self.trees: dict[tuple[int, int], dict[int, int]] = {}

    def reads(self, lives: Lives, leg: Leg) -> Iterator[Read]:
        """Drive one leg link by link, and ask each gate and reader on the way whether it reads."""
        life = lives.tables
        a, b = int(life.places.zone_hub[leg.from_zone]), int(life.places.zone_hub[leg.to_zone])
        factors = int(life.roads.hour_fast[leg.hour]), int(life.roads.hour_slow[leg.hour])
        met = [(leg.leave_s, self.gate_of[leg.from_zone], 8)] if leg.from_zone in self.gate_of else []
        fast = slow = 0
        links = self.route(a, leg.alternative, b)
        whole = sum(self.fast[k] * factors[0] + self.slow[k] * factors[1] for k in links)
        for link in links:
            for site in self.on_link.get(link, ()):
                there = fast + (self.fast[link] * self.at[site] >> 16), slow + (self.slow[link] * self.at[site] >> 16)
                here = there[0] * factors[0] + there[1] * factors[1]
                met.append((leg.leave_s + life.roads.access_s + driven_s(life, leg, whole, here), site, 0))
            fast, slow = fast + self.fast[link], slow + self.slow[link]
        met += [(leg.arrive_s, self.gate_of[leg.to_zone], 0)] if leg.to_zone in self.gate_of else []
        stem = mix(int(streams.key(self.seed, "travel.read")) ^ (leg.vehicle * GOLDEN & MASK))
        for second, site, departs in met:
            u = word_of(mix((stem + int(self.sites.uid[site]) * GOLDEN) & MASK), leg.day * 16 + leg.leg + departs)
            if self.works(site, leg.day) and u >> 32 < self.capture(lives, leg.vehicle, second, mobile=False):
                yield second + self.ahead_s(site), site, u

    def scans(self, lives: Lives, vehicle: int, day: int, stay: Stay, legs: int) -> Iterator[Read]:
        """Ask every visit of the zone whether it meets the car coming, standing or going."""
        midnight = day * DAY_S + DAY_START_S
        stem = mix(int(streams.key(self.seed, "travel.scan")) ^ (vehicle * GOLDEN & MASK))
        for visit in self.calendar.get((stay.zone, day), ()):
            fleet = self.fleets[self.visits.fleet[visit]]
            site = self.site_of[stay.zone, self.body_of(fleet.owner, int(self.visits.base[visit]))]
            begins = midnight + int(self.visits.second[visit])
            u = word_of(stem, int(self.visits.uid[visit]))
            met = []
            rolls = range(begins, begins + round(fleet.rolling_min * 60))
            if stay.number > 0 and stay.begin_s in rolls:
                met.append((stay.begin_s, mix((u + 2 * stay.number * GOLDEN) & MASK)))
            scan = begins + ((u & 0xFFFF) * round(fleet.scan_min * 60) >> 16)
            if stay.begin_s <= scan < stay.end_s and self.stands_in_view(lives, vehicle, stay):
                met.append((scan, mix(u)))
            if stay.number < legs and stay.end_s in rolls:
                met.append((stay.end_s, mix((u + (2 * stay.number + 1) * GOLDEN) & MASK)))
            for second, w in met:
                if w >> 32 < self.capture(lives, vehicle, second, mobile=True):
                    yield second, site, w

    def body_of(self, owner: str, base: int) -> int:
        """Find whose a unit is: of its owner's bodies in the metro of its base, the one seated nearest."""
        owners, x_m, y_m = self.owners, self.zones.x_m[base], self.zones.y_m[base]
        metro = self.metro_of_hub[self.zones.hub[base]]
        there = [body for body in range(owners.n) if owners.owner[body] == owner and owners.covers[body, metro]]
        return min(there, key=lambda body: math.hypot(x_m - owners.x_m[body], y_m - owners.y_m[body]))

    def stands_in_view(self, lives: Lives, vehicle: int, stay: Stay) -> bool:
        """Tell whether a car stands in view at a place: always the same for one car at one place."""
        life, share = lives.tables, self.parking.visible_away
        if stay.at_home:
            poorer = 1 - 2 * float(self.zones.income_rank[stay.zone])
            share = min(max(self.parking.visible_home * (1 + self.parking.unequal * poorer), 0.0), 1.0)
        return parks_at(life, vehicle, stay.zone, at_home=stay.at_home) < streams.threshold(share)

    def named(self, plates: Plates, vehicle: int, site: int, u: int) -> int:
        """Return the plate that a read names: the car's own, or one that looks like it."""
        own = int(plates.of_vehicles(np.array([vehicle]))[0])
        mobile = self.sites.kind[site] == SiteKind.MOBILE
        if u & 0xFFFFFFFF >= streams.threshold(self.readers.mobile_misread if mobile else self.readers.misread):
            return own
        return wrong_plate(plates, own, mix(u ^ 0x6A09E667F3BCC909))

    def works(self, site: int, day: int) -> bool:
        """Tell whether a fixed reader or gate stands and works on a day."""
        fails = bits64(int(streams.key(self.seed, "readers.outage")), int(self.sites.uid[site]), day) >> 32
        return day >= self.sites.since[site] and fails >= streams.threshold(self.readers.outage)

    def ahead_s(self, site: int) -> int:
        """Return how far the clock of a fixed reader or gate is ahead, in whole seconds."""
        centred = (bits64(int(streams.key(self.seed, "readers.clock")), int(self.sites.uid[site]), 0) >> 11) / 2**52 - 1
        return round(self.readers.clock_s * 2 * centred * abs(centred) / math.sqrt(0.8))

    def capture(self, lives: Lives, vehicle: int, second: int, *, mobile: bool) -> int:
        """Return the threshold of a 32-bit draw, by day or by night, of a plate that is easy or hard to read."""
        hard = bits64(int(lives.tables.keys[K_LEGIBLE]), vehicle, 0) >> 32 < streams.threshold(self.readers.hard_plates)
        legible = self.readers.hard_capture if hard else 1.0
        begins, ends = (int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in self.readers.night)
        clock = second % 86_400
        night = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
        if mobile:
            share = self.readers.mobile_capture_night if night else self.readers.mobile_capture_day
        else:
            share = self.readers.capture_night if night else self.readers.capture_day
        return streams.threshold(share * legible)

    def route(self, a: int, alternative: int, b: int) -> list[int]:
        """Return the links between two hubs: an alternative, or the next that is another way, or the quickest.

        Too long is more than `margin` times the quickest and a minute.
        """
        if a == b:
            return []
        quickest, others = self.path(a, 0, b), list(range(1, len(self.costs)))
        if alternative > 0:
            for tree in others[alternative - 1 :] + others[: alternative - 1]:
                other = self.path(a, tree, b)
                if other != quickest and self.free_ds(other) <= self.free_ds(quickest) * self.margin + 600:
                    return other
        return quickest

    def free_ds(self, links: list[int]) -> int:
        """Return free driving time in tenths of a second."""
        return sum(self.fast[link] + self.slow[link] for link in links)

    def path(self, a: int, alternative: int, b: int) -> list[int]:
        """Return the links of a shortest path between two hubs, in driving order."""
        if (a, alternative) not in self.trees:
            self.trees[a, alternative] = self.tree(self.starts[self.node_of_hub[a]], self.costs[alternative])
        entered_by = self.trees[a, alternative]
        links, node = [], self.node_of_hub[b]
        while node in entered_by:
            links.append(entered_by[node])
            node = self.ends[links[-1]][0]
        return links[::-1]

    def tree(self, origin: int, cost: list[int]) -> dict[int, int]:
        """Return the link that enters each node: of those on a cheapest path, the lowest (Dijkstra 1959)."""
        least, entered_by, done = {origin: 0}, {}, set()
        queue = [(0, origin)]
        while queue:
            so_far, node = heapq.heappop(queue)
            if node in done:
                continue
            done.add(node)
            for link in self.leaving[node]:
                to, total = self.ends[link][1], so_far + cost[link]
                if to not in least or total < least[to]:
                    least[to], entered_by[to] = total, link
                    heapq.heappush(queue, (total, to))
                elif total == least[to]:
                    entered_by[to] = min(entered_by[to], link)
        return entered_by


def driven_s(life: Life, leg: Leg, whole: int, here: int) -> int:
    """Return seconds of driving to a point of a trip, whose four to eight stretches have paces of their own."""
    noise = mix(leg.word) if life.roads.uneven else 0
    length = 1
    while whole >= 8 * length:
        length *= 2

    def weighs(end: int) -> int:
        parts = (min(max(end - stretch * length, 0), length) for stretch in range(8))
        return sum((1720 + (noise >> 8 * stretch & 255)) * part for stretch, part in enumerate(parts))

    unit = (whole * int(life.roads.pace[leg.hour, leg.word >> 24 & 1023]) << 14) // weighs(whole)
    return unit * weighs(here) >> 42


def wrong_plate(plates: Plates, own: int, w: int) -> int:
    """Change one character of a plate, one time in eight two, each into the one that looks like it.

    Which one: by how easily the plate's own characters are confused.
    """
    text, looks = plates.text(own), []
    for i, kind in enumerate(CONFUSABLE):
        character = [c for c, form in zip(text, plates.format, strict=True) if form == kind][
            i if kind == "L" else i - CONFUSABLE.count("L")
        ]
        pairs, likeness = (LETTERS, LIKENESS_LETTERS) if kind == "L" else (DIGITS, LIKENESS_DIGITS)
        looks.append(next(weight for pair, weight in zip(pairs, likeness, strict=True) if character in pair))
    left = (w & 0xFFFFFFFF) * sum(looks) >> 32
    first = next(i for i in range(5) if left < sum(looks[: i + 1]))
    other = own ^ (1 << first)
    again = mix(w)
    return other ^ (1 << ((first + 1 + (again & 0xFFFF) % 4) % 5)) if again < 2**61 else other


def word_of(stem: int, counter: int) -> int:
    """Finish the word of one counter."""
    return mix((stem + counter * GOLDEN) & MASK)
