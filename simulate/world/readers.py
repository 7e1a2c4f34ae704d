"""Fixed readers: their positions, their owners, and the rules of their placement.

Placement is nested: a rule lists links in order of preference and takes the first ones, so a
larger network of readers holds the smaller one. A reader's uid is a hash of its owner and its
place, so one more reader, or links in another order, changes no other reader's draws.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulate.checks import ScenarioError, did_you_mean
from simulate.streams import bits64, key, uid
from simulate.world.positions import read_positions, snap
from simulate.world.roads import RoadClass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from simulate.world.positions import SnapReport
    from simulate.world.roads import RoadNetwork


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readers:
    """Fixed readers, each on one directed link."""

    uid: NDArray[np.uint64]
    """uint64[r]; hash of owner, place and ordinal, the key of draws."""
    link: NDArray[np.int32]
    """int32[r]; link of the traffic read."""
    at: NDArray[np.float64]
    """float64[r]; share of the link's length from its tail, 0 to 1."""
    owner: NDArray[np.int16]
    """int16[r]; position in the list of owners."""
    x_m: NDArray[np.float64]
    """float64[r]; metres east of the origin."""
    y_m: NDArray[np.float64]
    """float64[r]; metres north of the origin."""
    operator: tuple[str, ...]
    """Operators named in a file of positions; "" elsewhere."""

    @property
    def n(self) -> int:
        """Count the readers."""
        return len(self.uid)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Readers of one rule and, for those from a file, the report on its positions."""

    readers: Readers
    report: SnapReport | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quota:
    """Numbers of readers by part of the map, in place of one count for all of it."""

    part: NDArray[np.int16]
    """int16[m]; part of each link."""
    counts: tuple[int, ...]
    """Readers of each part; 0 is none."""


class Rule(Protocol):
    """A scenario's rule for the placement of one owner's readers."""

    @property
    def owner(self) -> str:
        """Name of the owner."""

    @property
    def strategy(self) -> str:
        """One of `STRATEGIES`, or "file"."""

    @property
    def count(self) -> int | None:
        """Number of readers; unused by "file", for it keeps all positions on a road, and beside a quota."""

    @property
    def counties(self) -> str | None:
        """File of numbers by county, instead of `count`."""

    @property
    def spacing_m(self) -> float | None:
        """Least distance between the midpoints of two chosen links, in metres; None is 0."""

    @property
    def radius_m(self) -> float | None:
        """Radius of the cordon, in metres."""

    @property
    def path(self) -> str | Path | None:
        """File of positions."""

    @property
    def within_m(self) -> float | None:
        """Greatest distance of a position from its link, in metres."""

    @property
    def merge_m(self) -> float | None:
        """Distance on one link below which positions are one reader, in metres."""


def place_readers(
    roads: RoadNetwork,
    name: str,
    rule: Rule,
    *,
    flow: NDArray[np.float64],
    seed: int,
    owner_index: int,
    taken: Sequence[int] = (),
    quota: Quota | None = None,
) -> Placed:
    """Place the readers of one rule.

    Parameters
    ----------
    roads
        Network to place them on.
    name
        The rule's name in the scenario, for keys of draws and for errors.
    rule
        The rule in the scenario.
    flow
        float64[m]; modelled vehicles on each link, of any one unit.
    seed
        The scenario's seed.
    owner_index
        The owner's position in the list of owners.
    taken
        Links with readers of this owner from earlier rules; strategies skip them.
    quota
        Number of readers in each part of the map; the rule's count on the whole map if None.
    """
    where = f"readers.place.{name}"
    if rule.strategy == "file":
        return _from_file(roads, where, rule, owner_index)
    if rule.strategy not in STRATEGIES:
        remedy = did_you_mean(rule.strategy, [*STRATEGIES, "file"])
        raise ScenarioError(f"{where}.strategy", "a known strategy", repr(rule.strategy), remedy)
    uids = _link_uids(roads)
    part = np.zeros(roads.n_links, np.int16) if quota is None else quota.part
    stream = key(seed, f"readers.{name}")
    setting = Setting(roads=roads, link_uid=uids, flow=flow, part=part, stream=stream, where=where)
    preference = STRATEGIES[rule.strategy](setting, rule)
    preference = preference[~np.isin(preference, np.asarray(taken, np.int32))]
    link = _chosen(roads, preference, rule, quota, where)
    places = _ends(roads, link)
    readers = _readers(roads, link, np.full(len(link), 0.5), places, ("",) * len(link), rule.owner, owner_index)
    return Placed(readers=readers, report=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """Inputs of a strategy besides its rule."""

    roads: RoadNetwork
    """The network; connectors carry no readers."""
    link_uid: NDArray[np.uint64]
    """uint64[m]; hash of the names of each link's end nodes."""
    flow: NDArray[np.float64]
    """float64[m]; modelled vehicles on each link."""
    part: NDArray[np.int16]
    """int16[m]; part of the map of each link, the reference for its traffic."""
    stream: np.uint64
    """Key of the rule's own draws."""
    where: str
    """The rule's key in the scenario, for errors."""


def busiest(setting: Setting, _rule: Rule) -> NDArray[np.int32]:
    """Return links by falling traffic; int32[k]."""
    return _by_flow(setting, _built(setting.roads), setting.flow)


def average(setting: Setting, _rule: Rule) -> NDArray[np.int32]:
    """Return links by closeness of their traffic to the mean of their part of the map; int32[k]."""
    links = _built(setting.roads)
    count = np.maximum(np.bincount(setting.part[links]), 1)
    mean = np.bincount(setting.part[links], weights=setting.flow[links]) / count
    return _by_flow(setting, links, -np.abs(setting.flow - mean[setting.part]))


def random_links(setting: Setting, _rule: Rule) -> NDArray[np.int32]:
    """Return links in a random order, independent of their numbers; int32[k]."""
    links = _built(setting.roads)
    return links[np.argsort(bits64(setting.stream, setting.link_uid[links]), kind="stable")]


def cordon(setting: Setting, rule: Rule) -> NDArray[np.int32]:
    """Return links into a circle round the middle, the busiest first; int32[k].

    The middle is the median of the nodes' coordinates.
    """
    if not rule.radius_m:
        raise ScenarioError(f"{setting.where}.radius_m", "a radius in metres", rule.radius_m, "a cordon needs one")
    roads = setting.roads
    radius = np.hypot(roads.x_m - np.median(roads.x_m), roads.y_m - np.median(roads.y_m))
    links = _built(roads)
    inward = (radius[roads.tail[links]] > rule.radius_m) & (radius[roads.head[links]] <= rule.radius_m)
    return _by_flow(setting, links[inward], setting.flow)


_NONE = Readers(
    uid=np.empty(0, np.uint64), link=np.empty(0, np.int32), at=np.empty(0), owner=np.empty(0, np.int16),
    x_m=np.empty(0), y_m=np.empty(0), operator=(),
)  # fmt: skip
STRATEGIES: dict[str, Callable[[Setting, Rule], NDArray[np.int32]]] = {
    "busiest": busiest,
    "average": average,
    "random": random_links,
    "cordon": cordon,
}


def concatenate(parts: Sequence[Readers]) -> Readers:
    """Return the readers of all rules in one table.

    Raise ScenarioError if two rules of one owner choose the same link.
    """
    parts = [_NONE, *parts]
    uids = np.concatenate([part.uid for part in parts])
    link = np.concatenate([part.link for part in parts])
    values, counts = np.unique(uids, return_counts=True)
    if (counts > 1).any():
        twice = link[uids == values[counts > 1][0]][0]
        remedy = "let one rule place all readers of that owner, or give the rules two owners"
        raise ScenarioError("readers.place", "no reader twice", f"two of one owner on link {twice}", remedy)
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "owner", "x_m", "y_m")}
    return Readers(uid=uids, link=link, operator=tuple(name for part in parts for name in part.operator), **columns)


def _built(roads: RoadNetwork) -> NDArray[np.int32]:
    """Return the links other than connectors; int32[k]."""
    return np.flatnonzero(roads.road_class != RoadClass.CONNECTOR).astype(np.int32)


def _by_flow(setting: Setting, links: NDArray[np.int32], liked: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return links by falling preference; ties by uid, so neither link numbers nor rounding matter.

    liked : float64[m], in the unit of the flow.
    """
    return links[np.lexsort((setting.link_uid[links], -np.rint(liked[links] * 1000)))]


def _chosen(
    roads: RoadNetwork, preference: NDArray[np.int32], rule: Rule, quota: Quota | None, where: str
) -> NDArray[np.int32]:
    """Return the first links up to the count of the rule, or to the quota of each part; int32[k]."""
    spacing_m = rule.spacing_m or 0.0
    remedy = "ask for fewer, or set a smaller spacing_m" if spacing_m else "ask for fewer"
    if quota is None:
        if not rule.count or rule.count < 1:
            raise ScenarioError(f"{where}.count", "at least 1 reader", rule.count, "say how many readers to place")
        link = _first(roads, preference, rule.count, spacing_m)
        if len(link) < rule.count:
            expected = f"at most {len(link)}, which is what fits"
            raise ScenarioError(f"{where}.count", expected, rule.count, remedy)
        return link
    links = [np.empty(0, np.int32)]
    for part, count in enumerate(quota.counts):
        link = _first(roads, preference[quota.part[preference] == part], count, spacing_m)
        if len(link) < count:
            expected = f"at most {len(link)} readers in one metro, which is what fits"
            if rule.counties is None:
                raise ScenarioError(f"{where}.count", expected, count, remedy)
            raise ScenarioError(f"{where}.counties", expected, count, remedy.replace("ask for fewer", "lower factor"))
        links.append(link)
    return np.concatenate(links)


def _first(roads: RoadNetwork, preference: NDArray[np.int32], count: int, spacing_m: float) -> NDArray[np.int32]:
    """Return links in order, none too near one taken before; int32[k], as many as fit and at most count.

    Taken links are binned in squares as wide as the spacing, so only nine are searched.
    """
    if not spacing_m:
        return preference[:count]
    x, y = roads.point_on(preference, np.full(len(preference), 0.5))
    column, row = (np.floor(axis / spacing_m).astype(np.int64).tolist() for axis in (x, y))
    squares: dict[tuple[int, int], list[int]] = {}
    taken: list[int] = []
    for i in range(len(preference)):
        if len(taken) == count:
            break
        a, b = column[i], row[i]
        near = [k for c in (a - 1, a, a + 1) for r in (b - 1, b, b + 1) for k in squares.get((c, r), ())]
        if not near or np.hypot(x[near] - x[i], y[near] - y[i]).min() >= spacing_m:
            taken.append(i)
            squares.setdefault((a, b), []).append(i)
    return preference[taken]


def _from_file(roads: RoadNetwork, where: str, rule: Rule, owner_index: int) -> Placed:
    """Place readers at the camera positions of a file."""
    if not rule.path:
        raise ScenarioError(f"{where}.path", "a file of camera positions", "nothing", "name the file")
    if rule.within_m is None or rule.merge_m is None:
        raise ScenarioError(where, "within_m and merge_m in metres", "nothing", "strategy 'file' needs both")
    positions = read_positions(rule.path)
    snapped = snap(positions, roads, within_m=rule.within_m, merge_m=rule.merge_m)
    if not snapped.report.kept:
        remedy = "check that the file covers the network, or raise within_m"
        raise ScenarioError(f"{where}.path", "at least one position on a road", snapped.report.describe(), remedy)
    row = snapped.row
    # Six decimals of a degree are about 0.1 m: the same camera in a later file keeps its uid.
    spots = zip(positions.latitude[row], positions.longitude[row], strict=True)
    places = [
        (*ends, f"{lat:.6f}", f"{lon:.6f}") for ends, (lat, lon) in zip(_ends(roads, snapped.link), spots, strict=True)
    ]
    operator = tuple(positions.operator[i] for i in row)
    readers = _readers(roads, snapped.link, snapped.at, places, operator, rule.owner, owner_index)
    return Placed(readers=readers, report=snapped.report)


def _ends(roads: RoadNetwork, link: NDArray[np.int32]) -> list[tuple[object, ...]]:
    """Return the names of each link's tail and head."""
    return list(
        zip(roads.node_name[roads.tail[link]].tolist(), roads.node_name[roads.head[link]].tolist(), strict=True)
    )


def _link_uids(roads: RoadNetwork) -> NDArray[np.uint64]:
    """Hash the names of each link's ends; uint64[m]."""
    return np.array([uid(*ends) for ends in _ends(roads, np.arange(roads.n_links, dtype=np.int32))], np.uint64)


def _readers(
    roads: RoadNetwork,
    link: NDArray[np.int32],
    at: NDArray[np.float64],
    places: list[tuple[object, ...]],
    operator: tuple[str, ...],
    owner: str,
    owner_index: int,
) -> Readers:
    """Return the table of readers; those in one place differ by their order."""
    seen: Counter[tuple[object, ...]] = Counter()
    uids = np.empty(len(link), np.uint64)
    for i, spot in enumerate(places):
        uids[i] = uid(owner, *spot, seen[spot])
        seen[spot] += 1
    x, y = roads.point_on(link, at)
    owners = np.full(len(link), owner_index, np.int16)
    return Readers(uid=uids, link=link, at=at, owner=owners, x_m=x, y_m=y, operator=operator)
