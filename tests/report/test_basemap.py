"""What maps stand on: every street once, areas where they are, and marks that mean what the key says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from towns import small_view
from views import TOWN, in_memory, look
from worlds import WATCHERS, small, town_scenario

import simulate.scenario
from simulate.policy.case import Case
from simulate.policy.view import view_of
from simulate.report import basemap, figures, maps
from simulate.world.roads import RoadClass
from simulate.world.sites import SiteKind
from simulate.world.zones import Purpose


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["forever"])


@pytest.fixture(scope="module")
def watched():
    """Return a town of patrols, gates and fixed readers that nobody sees whole."""
    few = {"readers.mobile.patrol.visits": 1, "readers.mobile.patrol.unevenness": 0.1}
    return look(small(town_scenario(**{**TOWN, **WATCHERS, **few})))


def segments(axes):
    """Return how many streets each class has on a map."""
    return [len(line.get_xdata()) // 3 for line in axes.lines[: len(basemap.ROAD_STYLE)]]


def streets_of(roads):
    return {tuple(sorted(ends)) for ends in zip(roads.tail.tolist(), roads.head.tolist(), strict=True)}


def drawn_on(view, box):
    figure, axes = basemap.canvas(box, ())
    basemap.draw_basemap(axes, view, view.cases[-1])
    return figure, axes


def marks(axes, shape):
    return [line for line in axes.lines if line.get_marker() == shape]


def test_the_map_draws_every_street_once(view):
    axes = maps.draw_map(view, None).axes[0]
    assert sum(segments(axes)) == len(streets_of(view.sight.public.roads))


def test_a_close_map_holds_the_streets_that_touch_it_and_no_others(view):
    roads = view.sight.public.roads
    x, y = roads.x_m, roads.y_m
    _, axes = drawn_on(view, (x.min(), x.min() + 300, y.min(), y.min() + 300))
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    touching = [
        (a, b)
        for a, b in streets_of(roads)
        if max(x[a], x[b]) >= west and min(x[a], x[b]) <= east and max(y[a], y[b]) >= south and min(y[a], y[b]) <= north
    ]
    assert 0 < sum(segments(axes)) == len(touching) < len(streets_of(roads))


def test_connectors_are_drawn_only_where_they_lead_out(view):
    public = view.sight.public
    roads, zones = public.roads, public.zones
    out = set(public.hub_node[zones.hub[zones.outside]].tolist())
    inner = next(i for i in range(roads.n_links) if not {int(roads.tail[i]), int(roads.head[i])} & out)
    outer = next(i for i in range(roads.n_links) if int(roads.tail[i]) in out)
    kinds = roads.road_class.copy()
    for link in (inner, outer):
        same = {int(roads.tail[link]), int(roads.head[link])}
        kinds[[{int(a), int(b)} == same for a, b in zip(roads.tail, roads.head, strict=True)]] = RoadClass.CONNECTOR
    changed = replace(view, sight=replace(view.sight, public=replace(public, roads=replace(roads, road_class=kinds))))
    axes = maps.draw_map(changed, None).axes[0]
    assert sum(segments(axes)) == len(streets_of(roads)) - 1
    connectors = axes.lines[list(basemap.ROAD_STYLE).index(RoadClass.CONNECTOR)]
    assert len(connectors.get_xdata()) == 3
    assert connectors.get_linestyle() == "--"


def test_many_streets_become_a_picture(view, monkeypatch):
    monkeypatch.setattr(basemap, "MANY_STREETS", 10)
    assert "data:image/png;base64" in figures.svg(maps.draw_map(view, None), "map", "a map of many streets")


def test_zones_that_nobody_scans_are_neither_told_nor_painted(watched):
    sites, visits = watched.sight.public.sites, watched.truth.deployment.visits
    police = watched.truth.world.owners.name.index("smallville-pd")
    fleets = list(watched.truth.scenario.settings.readers.mobile.values())
    own = np.isin(visits.fleet, [i for i, fleet in enumerate(fleets) if fleet.owner == "smallville-pd"])
    scanned = set(visits.zone[own].tolist())
    inside = set(np.flatnonzero(~watched.sight.public.zones.outside).tolist())
    assert 0 < len(scanned) < len(inside), "else nothing is told apart"
    mobile = np.flatnonzero((sites.kind == SiteKind.MOBILE) & (sites.owner == police))
    assert {int(sites.zone[i]) for i in mobile} == inside
    assert {int(sites.zone[i]) for i in mobile if sites.visits[i]} == scanned
    assert sites.visits[mobile].sum() == own.sum()
    everyone = len(set(zip(visits.fleet.tolist(), visits.zone.tolist(), strict=True)))  # one fleet an owner
    assert f"{len(scanned):,} of {everyone:,} zones that mobile units scan" in sites.describe(watched.cases[-1].visible)
    axes = maps.draw_map(watched, None).axes[0]
    (image,) = axes.images
    west, east, south, north = image.get_extent()
    picture = np.asarray(image.get_array())
    zones = watched.sight.public.zones
    rows, columns = picture.shape[:2]
    for zone in inside:
        row = int((zones.y_m[zone] - south) / (north - south) * rows)
        column = int((zones.x_m[zone] - west) / (east - west) * columns)
        near = picture[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2, 3].ravel()
        assert (near.max() if zone in scanned else 1 - near.min()) == 1.0


def test_darker_areas_are_scanned_more_often(watched):
    axes = maps.draw_map(watched, None).axes[0]
    west_east, south_north = axes.get_xlim(), axes.get_ylim()
    zone, _ = basemap.nearest_zones(watched, (*west_east, *south_north))
    sites = watched.sight.public.sites
    seen = watched.cases[-1].visible & (sites.kind == SiteKind.MOBILE)
    visits = np.bincount(sites.zone[seen], sites.visits[seen], minlength=watched.sight.public.zones.n)
    picture = np.asarray(axes.images[0].get_array())
    bright = picture[..., :3].sum(axis=-1).round(3)
    shown = (picture[..., 3] > 0) & (zone >= 0)
    tones = np.unique(bright[shown])[::-1]
    assert len(tones) == 3
    spans = [(visits[zone[shown & (bright == tone)]].min(), visits[zone[shown & (bright == tone)]].max())
             for tone in tones]  # fmt: skip
    assert all(low[1] < high[0] for low, high in pairwise(spans))


def test_zones_reach_as_far_as_they_stand_apart(watched):
    zones = watched.sight.public.zones
    far = float(zones.x_m.max()) + 20_000
    zone, _ = basemap.nearest_zones(watched, (far, far + 1000, 0, 1000))
    assert (zone == -1).all()
    zone, _ = basemap.nearest_zones(watched, basemap.map_extent(watched))
    assert not zones.outside[zone[zone >= 0]].any()


def test_an_arrow_points_out_at_every_way_out(view):
    zones = view.sight.public.zones
    arrows = marks(maps.draw_map(view, None).axes[0], "^")
    assert len(arrows) == zones.outside.sum() > 0
    middle = np.array([np.median(zones.x_m), np.median(zones.y_m)])
    for arrow in arrows:
        (x,), (y,) = arrow.get_data()
        outwards = np.array([x, y]) - middle
        tip = arrow._marker.get_transform().transform(arrow._marker.get_path().vertices)[0]
        assert tip @ outwards / np.hypot(*outwards) / np.hypot(*tip) == pytest.approx(1.0)


def test_the_key_names_what_is_on_the_map_and_nothing_else(view, watched):
    for one, said in (
        (view, {"reader that smallville-pd sees", "reader of others, unseen", basemap.WAY_OUT.text}),
        (watched, {"reader that town-and-shops sees", "lot with a gate that town-and-shops sees",
                   "gated lot of others, unseen", basemap.SCANNED.text, basemap.WAY_OUT.text}),
    ):  # fmt: skip
        assert {mark.text for mark in basemap.basemap_key(one, one.cases[-1])} == said
    sites = watched.sight.public.sites
    axes = maps.draw_map(watched, None).axes[0]
    for mark, n in ((basemap.GATE, watched.cases[-1].visible & (sites.kind == SiteKind.GATE)),
                    (basemap.UNSEEN_GATE, ~watched.cases[-1].visible & (sites.kind == SiteKind.GATE))):  # fmt: skip
        drawn = [line for line in marks(axes, "D") if line.get_markerfacecolor() == mark.fill]
        assert sum(len(line.get_xdata()) for line in drawn) == n.sum() > 0


@pytest.mark.parametrize("box", [(0, 9000, 0, 1000), (0, 500, -4000, 4000), (-50, 50, -50, 50)])
def test_a_map_holds_its_box_at_one_scale_and_its_bar_is_round(box):
    figure, axes = basemap.canvas(box, (), ("a note " * 40,))
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    assert west <= box[0] < box[1] <= east
    assert south <= box[2] < box[3] <= north
    place, (wide_in, tall_in) = axes.get_position(), figure.get_size_inches()
    assert (east - west) / (place.width * wide_in) == pytest.approx((north - south) / (place.height * tall_in))
    strip = figure.axes[1]
    assert strip.get_position().width == place.width
    assert strip.get_xlim()[1] == pytest.approx(east - west)
    begin, end = strip.lines[0].get_xdata()
    said, unit = next(text.get_text() for text in strip.texts if text.get_text().endswith("m")).split()
    assert end - begin == pytest.approx(float(said) * {"m": 1, "km": 1000}[unit])
    assert said.strip("0.") in {"1", "2", "5"}
    assert all(text.get_position()[1] > 0 for text in figure.texts)


def test_the_source_of_the_map_stands_below_it(view):
    assert "Map: synthetic town, no real place." in [text.get_text() for text in maps.draw_map(view, None).texts]
    credited = replace(view.truth, world=replace(view.truth.world, credits=("© Somebody", "Someone else")))
    assert basemap.credits_of(replace(view, truth=credited)) == ("Map: © Somebody; Someone else.",)


def test_of_two_observers_each_has_its_own_readers_filled():
    run = in_memory(small(town_scenario(**TOWN)))
    both = view_of(
        run, cases=[Case(name="police", observer="smallville-pd"), Case(name="shops", observer="shopping-centre")]
    )
    kind = both.sight.public.sites.kind == SiteKind.FIXED
    counts = []
    for case in both.cases:
        axes = maps.roads(both, case=case.name)
        filled = [line for line in marks(axes, "s") if line.get_markerfacecolor() == basemap.VISIBLE.fill]
        counts.append(len(filled[0].get_xdata()))
        assert counts[-1] == (case.visible & kind).sum() > 0
        said = [text.get_text() for text in axes.get_legend().get_texts()]
        assert f"reader that {case.observer} sees" in said
    assert counts[0] != counts[1]


def test_metros_that_stand_side_by_side_are_named(view):
    world, zones = view.truth.world, view.sight.public.zones
    east = view.sight.public.roads.x_m[view.sight.public.hub_node] > np.median(view.sight.public.roads.x_m)
    world = replace(world, metros=("Alpha-Beta, AB", "Gamma, CD"), metro_of_hub=east.astype(np.int16))
    two = replace(view, truth=replace(view.truth, world=world))
    figure = maps.draw_map(two, None)
    axes = figure.axes[0]
    titles = {text.get_text(): text.get_position() for text in axes.texts}
    assert set(titles) == {"Alpha, invented", "Gamma, invented"}
    assert titles["Alpha, invented"][0] < np.median(zones.x_m) < titles["Gamma, invented"][0]
    assert all(zones.y_m.max() < y < axes.get_ylim()[1] for _, y in titles.values())
    assert "no neighbours" in " ".join(text.get_text() for text in figure.texts)
    assert not maps.draw_map(view, None).axes[0].texts


@pytest.fixture(scope="module")
def metro(tmp_path_factory):
    """A small metro with freeways that go on beyond its edge, and the zone of those who live off the map."""
    folder = tmp_path_factory.mktemp("metro")
    lines = ("metro,state,population,lat,lon", '"Northtown, CA",CA,60000,45,-90', '"Farville, ND",ND,60000,40,-90')
    (folder / "metros.csv").write_text("\n".join(lines))
    given = {"roads.path": str(folder / "metros.csv"), "roads.metros": ["Northtown"], "period.days": 2}
    few = {"readers.growth": 1.0, "readers.place.police.count": 10}
    scenario = simulate.scenario.load("vigilant-2019", overrides={**given, **few})
    return view_of(in_memory(small(scenario)), observer="federal-agency")


def test_what_lies_beyond_a_metro_is_no_part_of_its_map(metro):
    zones, roads = metro.sight.public.zones, metro.sight.public.roads
    leads_out = zones.outside & (zones.attraction[Purpose.OUTSIDE] > 0)
    assert 0 < leads_out.sum() < zones.outside.sum() - 1, "stations and the zone that is no place lead nowhere"
    box = basemap.map_extent(metro)
    _, axes = drawn_on(metro, box)
    arrows = [line for line in axes.lines if line.get_color() == basemap.WAY_OUT.fill]
    assert len(arrows) == leads_out.sum()
    connectors = axes.lines[list(basemap.ROAD_STYLE).index(RoadClass.CONNECTOR)]
    assert not len(connectors.get_xdata())
    stations = metro.sight.public.hub_node[zones.hub[zones.outside & ~leads_out][:-1]]
    assert not any(box[0] < roads.x_m[n] < box[1] and box[2] < roads.y_m[n] < box[3] for n in stations[3::4])
    (title,) = [text for text in axes.texts if text.get_text() == "Northtown, invented"]
    assert box[2] < title.get_position()[1] < box[3] - 0.02 * (box[3] - box[2]), "the name is on the map"
