"""The draw in plain Python: every household, car, day, leg, link and reader.

Slow and readable, so that one can see it is right. It walks links, and shares neither the
compiled plan nor the tables in which routes and the readers on them are kept: routes are
found again by an independent shortest-path search.

Takes from the definition of the model: the legs of a day (`simulate.travel.days`), the
keyed words, the integer costs of links and the factors of the hours.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from simulate import streams
from simulate.travel.days import legs_on, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate.scenario import Scenario
    from simulate.travel.days import Leg
    from simulate.travel.life import Lives
    from simulate.world.build import World

Row = tuple[int, int, int]
"""Plate, time, site."""


def slow_rows(
    scenario: Scenario, world: World, lives: Lives, households: range, days: range | None = None
) -> list[Row]:
    """Return every read of some households, sorted by plate, time and site."""
    walker = Walker(scenario, world)
    life = lives.tables
    rows = [
        row
        for household in households
        for vehicle in range(int(life.first_vehicle[household]), int(life.first_vehicle[household + 1]))
        for day in days or range(len(life.day_kind))
        for leg in legs_on(life, household, vehicle, day)
        for row in walker.reads(lives, leg)
    ]
    return sorted(rows)


class Walker:
    """Routes found as they are asked for, and the readers on each link."""

    def __init__(self, scenario: Scenario, world: World) -> None:
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
        self.trees: dict[tuple[int, int], dict[int, int]] = {}

    def reads(self, lives: Lives, leg: Leg) -> Iterator[Row]:
        """Drive one leg link by link, and ask each reader on the way whether it reads."""
        life = lives.tables
        a, b = int(life.zone_hub[leg.from_zone]), int(life.zone_hub[leg.to_zone])
        factors = int(life.hour_fast[leg.hour]), int(life.hour_slow[leg.hour])
        key = word(int(streams.key(self.seed, "travel.read")), leg.vehicle, 0)
        fast = slow = 0
        for link in self.route(a, leg.alternative, b):
            for site in self.on_link.get(link, ()):
                there = fast + (self.fast[link] * self.at[site] >> 16), slow + (self.slow[link] * self.at[site] >> 16)
                driven = (there[0] * factors[0] + there[1] * factors[1]) >> 16
                second = leg.leave_s + life.access_s + driven
                if word(key, self.uid[site], leg.day * 16 + leg.leg) >> 32 < self.capture(second):
                    yield leg.vehicle, second, site
            fast, slow = fast + self.fast[link], slow + self.slow[link]

    def capture(self, second: int) -> int:
        """Return the threshold of a 32-bit draw, by day or by night."""
        begins, ends = (int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in self.readers.night)
        clock = second % 86_400
        night = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
        return streams.threshold(self.readers.capture_night if night else self.readers.capture_day)

    def route(self, a: int, alternative: int, b: int) -> list[int]:
        """Return the links between two hubs: an alternative, unless it is too long.

        Too long is more than `margin` times the first alternative and a minute.
        """
        if a == b:
            return []
        usual = self.path(a, 0, b)
        other = self.path(a, alternative, b)
        return other if self.free_ds(other) <= self.free_ds(usual) * self.margin + 600 else usual

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
