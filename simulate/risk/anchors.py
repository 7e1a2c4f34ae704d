"""Anchors: where a plate lives and works on the query date.

Cars start the day at home and end it there. So the first reader of a plate's morning and
the last one of its night say where home may be; the readers on both sides of a long gap
in a working day say the same of work. On the public roads, with the public census of homes
and jobs, anyone can reckon how often a car of each block would meet each reader first or
last; the attack is Bayes' rule with these chances. An attacker who knows no roads reckons by
distance alone; one with the generator's own knowledge, an upper bound, by the routes that
drivers really prefer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from simulate.durations import DAY_S, DAY_START_S
from simulate.kernels.trees import ends_of_ways, sum_down
from simulate.risk.cards import AttackerCard
from simulate.risk.rates import NOT_REACHED, Rate, Rates, quantile, share
from simulate.risk.stays import stay_belief
from simulate.risk.targets import draw_targets, living_here
from simulate.sightings.store import Rows
from simulate.world.routes import trees
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulate.policy.view import Public, Truth, View
    from simulate.world.zones import Zones

CARD = AttackerCard(
    question="Where does a vehicle live and work on the query date?",
    knows="the plate, where the readers stand, and from the census how many live and work in each block",
    roads="public roads at free speed, not the routes people really prefer",
    targets="vehicles that live on the map, drawn at random; for work, those of them that commute",
    counts_as_success="a guess within the stated distance, of all targets; if no sighting tells, the census guesses",
    baseline="for each distance the one spot that most homes (or jobs) lie near, the same for every plate",
)
ROADS = {
    "none": "nothing: near readers are likelier, as the crow flies",
    "public": CARD.roads,
    "generator": "all that drivers prefer, as the simulation has it: an upper bound, which nobody outside can know",
}
"""What the card says of the roads, for each `measure.attacker_roads`."""
MORNING_S, EVENING_S = 12 * 3600, 15 * 3600
"""A first sighting before noon, or a last one after 15:00, points home (assumption)."""
LEAST_GAP_S = 3 * 3600
"""A gap this long inside a working day points to work (assumption)."""
SLIP = 0.1
"""Chance that a reader is met for no reason the public roads explain: a missed read, another route (assumption)."""
DECAY_S = 600.0
"""Seconds of driving over which trips thin out by a factor e, in the attacker's eyes (assumption)."""
STRAIGHT_M = 500.0
"""Metres over which a reader grows unlikelier by a factor e, to who knows no roads (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guesses:
    """Where an attack believes its targets are; one entry a target."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    informed: NDArray[np.bool_]
    """bool[t]; whether any sighting spoke for the guess; else it is the census's alone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """Logarithms of what a car of each block would meet; r readers, z zones."""

    first: NDArray[np.float64]
    """float64[r, z]; that a seen car, leaving the block, meets this reader first."""
    last: NDArray[np.float64]
    """float64[r, z]; that a seen car, coming to the block, meets this reader last."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Votes:
    """How often each reader stood at an end of a stay; t targets, r readers."""

    leaving: NDArray[np.float64]
    """float64[t, r]; first reader after the stay."""
    coming: NDArray[np.float64]
    """float64[t, r]; last reader before the stay."""


def attack(view: View, plates: NDArray[np.int64], near_m: float) -> list[tuple[Guesses, Guesses]]:
    """Guess home and work of some plates under every reached rule of the ladder."""
    rows = view.rows_of(plates)
    of_home, of_work = (chances(view.public, view.visible, purpose) for purpose in (Purpose.HOME, Purpose.WORK))
    fixed = view.public.sites.kind[rows.site] == SiteKind.FIXED
    passing, stays = Rows(*(column[fixed] for column in rows)), Rows(*(column[~fixed] for column in rows))
    r = len(view.public.sites.of_kind(SiteKind.FIXED))
    made = []
    for _, since in view.windows():
        votes = home_votes(passing, plates, since, r), work_votes(view, passing, plates, since, r)
        home, work = (
            guess(view.public, known, vote, stay_belief(view, stays, plates, since, purpose), purpose, near_m)
            for known, vote, purpose in zip((of_home, of_work), votes, (Purpose.HOME, Purpose.WORK), strict=True)
        )
        made.append((home, work))
    return made


def card(roads_known: str) -> AttackerCard:
    """Return the card of an attacker who knows so much of the roads: "none", "public" or "generator"."""
    return replace(CARD, roads=ROADS[roads_known])


def chances(public: Public, visible: NDArray[np.bool_], purpose: Purpose) -> Chances:
    """Reckon the first and last reader of cars that live (or work) in each block."""
    if public.roads_known == "none":
        near = _by_distance(public)
        first, last = near, near
    else:
        first, last = _on_the_way(public, visible, purpose)
    seeing = visible[: len(first)]  # readers on roads are numbered before all other sites
    n_visible = max(int(seeing.sum()), 1)

    def log_chance(met: NDArray[np.float64]) -> NDArray[np.float64]:
        met = np.where(seeing[:, None], met, 0.0)
        seen = np.maximum(met.sum(axis=0), 1e-300)
        chance: NDArray[np.float64] = np.log((1 - SLIP) * met / seen + SLIP / n_visible)
        return chance

    return Chances(first=log_chance(first), last=log_chance(last))


def home_votes(rows: Rows, plates: NDArray[np.int64], since: int, r: int) -> Votes:
    """Count the first reader of each morning and the last one of each night."""
    kept = rows.time >= since
    plate, site, time = rows.plate[kept], rows.site[kept], rows.time[kept].astype(np.int64)
    day, clock = np.divmod(time - DAY_START_S, DAY_S)
    clock += DAY_START_S
    new = np.ones(len(plate), np.bool_)
    new[1:] = (plate[1:] != plate[:-1]) | (day[1:] != day[:-1])
    last = np.append(new[1:], True)[: len(new)]
    first = new & (clock < MORNING_S)
    last &= clock >= EVENING_S
    return Votes(
        leaving=_count(plates, plate[first], site[first], r), coming=_count(plates, plate[last], site[last], r)
    )


def work_votes(view: View, rows: Rows, plates: NDArray[np.int64], since: int, r: int) -> Votes:
    """Count the readers on both sides of the longest gap of each working day."""
    kept = rows.time >= since
    plate, site, time = rows.plate[kept], rows.site[kept], rows.time[kept].astype(np.int64)
    if len(plate) < 2:
        return Votes(leaving=np.zeros((len(plates), r)), coming=np.zeros((len(plates), r)))
    day, clock = np.divmod(time - DAY_START_S, DAY_S)
    clock += DAY_START_S
    same = (plate[1:] == plate[:-1]) & (day[1:] == day[:-1])
    gap = np.where(same, time[1:] - time[:-1], 0)
    weekday = (view.start.weekday() + day[:-1]) % 7 < 5
    stays = same & weekday & (gap >= LEAST_GAP_S) & (clock[:-1] < MORNING_S + 3 * 3600)
    order = np.lexsort((-gap, day[:-1], plate[:-1]))
    order = order[stays[order]]
    longest = np.ones(len(order), np.bool_)
    longest[1:] = (plate[order[1:]] != plate[order[:-1]]) | (day[order[1:]] != day[order[:-1]])
    at = order[longest]
    return Votes(leaving=_count(plates, plate[at], site[at + 1], r), coming=_count(plates, plate[at], site[at], r))


def guess(public: Public, known: Chances, votes: Votes, stays: csr_array, purpose: Purpose, near_m: float) -> Guesses:
    """Weigh every block for every target and stand where most of the belief is near.

    stays : sparse [t, z], what sightings of the standing car add to the belief in a block.
    """
    zones = public.zones
    prior = _prior(public, purpose)
    belief = votes.leaving @ known.first + votes.coming @ known.last + np.log(np.maximum(prior, 1e-12))
    belief += stays.toarray()
    belief[:, zones.outside] = -np.inf
    belief -= belief.max(axis=1, keepdims=True)
    chance = np.exp(belief)
    best = np.argmax(chance @ _near(public, near_m), axis=1)
    told = votes.leaving.sum(axis=1) + votes.coming.sum(axis=1) + np.diff(stays.indptr)
    informed = told > 0
    return Guesses(x_m=zones.x_m[best], y_m=zones.y_m[best], informed=informed)


def baseline_spot(public: Public, purpose: Purpose, near_m: float) -> tuple[float, float]:
    """Return the spot that the most homes or jobs lie near: what anyone could guess."""
    prior = np.where(public.zones.outside, 0.0, _prior(public, purpose))
    best = int(np.argmax(prior @ _near(public, near_m)))
    return float(public.zones.x_m[best]), float(public.zones.y_m[best])


def measure(view: View, truth: Truth, targets: int, near_m: float, far_m: float) -> Rates:
    """Score guesses of home and work under every rule of the ladder."""
    residents, home, work = living_here(truth, view.today)
    chosen = draw_targets(truth, residents, "anchors", targets)
    at = np.searchsorted(residents, chosen.vehicle)
    guesses = attack(view, chosen.plate, near_m)
    reached = {rule: i for i, (rule, _) in enumerate(view.windows())}
    rows: list[Rate] = []
    for rule in view.ladder:
        for what, zone, purpose in (("home", home, Purpose.HOME), ("work", work, Purpose.WORK)):
            if rule not in reached:
                rows.append(Rate(measure="anchors", score=f"{what} found within {near_m:g} m", retention=rule.label,
                                 value=None, note=NOT_REACHED))  # fmt: skip
                continue
            asked = zone[at] >= 0
            made = guesses[reached[rule]][purpose == Purpose.WORK]
            rows += score(view.public, what, rule.label, _of(made, asked), zone[at][asked], (near_m, far_m))
    return Rates(tuple(rows)) + _set_sizes(home, work)


def score(
    public: Public, what: str, label: str, made: Guesses, truth: NDArray[np.int64], within: tuple[float, float]
) -> list[Rate]:
    """Compare guesses with the truth; who is off the map is not found."""
    zones, n = public.zones, len(truth)
    purpose = Purpose.HOME if what == "home" else Purpose.WORK
    on_map = ~zones.outside[truth]
    error = np.hypot(made.x_m - zones.x_m[truth], made.y_m - zones.y_m[truth])
    common: dict[str, Any] = {"measure": "anchors", "retention": label}
    rows = []
    for metres in within:
        anyone = _errors(baseline_spot(public, purpose, metres), zones, truth)
        value, low, high = share((error <= metres) & on_map, n)
        guessed, _, _ = share((anyone <= metres) & on_map, n)
        name = f"{what} found within {metres:g} m"
        rows.append(Rate(**common, score=name, value=value, low=low, high=high, baseline=guessed, n=n))
    value, low, high = quantile(error[on_map], 0.5)
    guessed = quantile(_errors(baseline_spot(public, purpose, within[1]), zones, truth)[on_map], 0.5)[0]
    rows.append(
        Rate(**common, score=f"{what}, median error of a guess", value=value, low=low, high=high, baseline=guessed,
             n=int(on_map.sum()), unit="metres", note="" if on_map.any() else "nobody on the map")
    )  # fmt: skip
    value, low, high = share(made.informed, n)
    rows.append(Rate(**common, score=f"{what}: some sighting tells", value=value, low=low, high=high, n=n))
    return rows


def _set_sizes(home: NDArray[np.int64], work: NDArray[np.int64]) -> Rates:
    """Count who shares a home block and a work block with whom (Golle & Partridge 2009)."""
    both = np.flatnonzero(work >= 0)
    pair = home[both] * (int(work.max()) + 1) + work[both]
    _, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    size = counts[inverse]
    value, low, high = quantile(size, 0.5)
    alone, alone_low, alone_high = share(size == 1, len(size))
    return Rates((
        Rate(measure="anchors", score="vehicles that share a home and a work block, median", retention="any",
             value=value, low=low, high=high, n=len(size), unit="vehicles", note="needs no sightings"),
        Rate(measure="anchors", score="alone in their pair of home and work block", retention="any", value=alone,
             low=alone_low, high=alone_high, n=len(size), note="needs no sightings"),
    ))  # fmt: skip


def _by_distance(public: Public) -> NDArray[np.float64]:
    """Weigh every reader for every block by the distance between them; float64[r, z]."""
    sites, zones = public.sites, public.zones
    fixed = sites.of_kind(SiteKind.FIXED)
    away = np.hypot(sites.x_m[fixed][:, None] - zones.x_m, sites.y_m[fixed][:, None] - zones.y_m)
    weight: NDArray[np.float64] = np.exp(-(away - away.min(axis=0, initial=np.inf)) / STRAIGHT_M)
    return weight


def _on_the_way(
    public: Public, visible: NDArray[np.bool_], purpose: Purpose
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reckon how often each reader is met first, and last, by cars of each block; float64[r, z] twice.

    Trips join homes to jobs and everything else, thinning out with driving time, along the
    quickest public roads; or along those that drivers prefer, where that is known.
    """
    zones, h, r = public.zones, len(public.hub_node), len(public.sites.of_kind(SiteKind.FIXED))
    other = zones.attraction[Purpose.WORK] + zones.residents if purpose is Purpose.HOME else zones.residents
    weight = np.bincount(zones.hub, weights=other, minlength=h)
    first_on, last_on = _readers_of_links(public, visible)
    link_s = (public.graph.fast_ds + public.graph.slow_ds) / 10.0
    n = public.graph.n_nodes
    first, last, driven = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    meets_first, meets_last = np.zeros((r + 1, h)), np.zeros((r + 1, h))
    fields = range(len(public.graph.cost))
    for ways in zip(*(trees(public.graph, field, public.hub_node) for field in fields), strict=True):
        for field, (i, order, in_link) in enumerate(ways):
            ends_of_ways(order, in_link, public.graph.leaves, first_on, last_on, first, last)
            if field == 0:  # where to goes by the quickest way, whichever is then driven
                sum_down(order, in_link, public.graph.leaves, link_s, driven)
                thinner = np.exp(-driven[public.hub_node] / DECAY_S)
            going = thinner * _taking(public, i, field)
            np.add.at(meets_first[:, i], first[public.hub_node], weight * going)  # row -1 takes the unseen
            meets_last[last[public.hub_node], np.arange(h)] += weight[i] * going
    return meets_first[:r, zones.hub], meets_last[:r, zones.hub]


def _taking(public: Public, i: int, field: int) -> NDArray[np.float64]:
    """Return the share of trips from hub i to each hub that take the tree of a cost field; float64[h]."""
    if public.habits is None:
        return np.ones(len(public.hub_node))
    taking: NDArray[np.float64] = public.habits.shares @ (public.habits.used[i] == field)
    return taking


def _readers_of_links(public: Public, visible: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the reader a car meets first, and last, on each link; int64[m], -1 = none."""
    first_on, last_on = (np.full(public.roads.n_links, -1, np.int64) for _ in range(2))
    seeing = np.flatnonzero(visible & (public.sites.kind == SiteKind.FIXED))
    last_on[public.sites.link[seeing]] = seeing  # readers are numbered along their links
    first_on[public.sites.link[seeing[::-1]]] = seeing[::-1]
    return first_on, last_on


def _errors(spot: tuple[float, float], zones: Zones, zone: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far a spot is from each zone, in metres."""
    errors: NDArray[np.float64] = np.hypot(spot[0] - zones.x_m[zone], spot[1] - zones.y_m[zone])
    return errors


def _prior(public: Public, purpose: Purpose) -> NDArray[np.float64]:
    zones = public.zones
    return zones.residents if purpose is Purpose.HOME else zones.attraction[Purpose.WORK]


def _near(public: Public, near_m: float) -> csr_array:
    """Tell which blocks lie near which; sparse, [z, z]."""
    n = public.zones.n
    tree = cKDTree(np.column_stack([public.zones.x_m, public.zones.y_m]))
    pairs = tree.query_pairs(near_m, output_type="ndarray")
    a, b = np.concatenate([pairs, pairs[:, ::-1], np.repeat(np.arange(n)[:, None], 2, axis=1)]).T
    return csr_array((np.ones(len(a)), (a, b)), shape=(n, n))


def _count(
    plates: NDArray[np.int64], plate: NDArray[np.uint32], site: NDArray[np.uint32], r: int
) -> NDArray[np.float64]:
    """Count sightings by target and reader; float64[t, r]."""
    row = np.searchsorted(plates, plate)
    return np.bincount(row * r + site, minlength=len(plates) * r).reshape(len(plates), r).astype(np.float64)


def _of(made: Guesses, asked: NDArray[np.bool_]) -> Guesses:
    return Guesses(x_m=made.x_m[asked], y_m=made.y_m[asked], informed=made.informed[asked])
