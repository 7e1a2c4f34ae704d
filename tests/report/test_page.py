"""The page: complete, honest, self-contained, and the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from outline import Outline, words_of
from towns import small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.report import figures, maps, phrases, words
from simulate.report.layout import changes
from simulate.report.page import page_text, write_page
from simulate.risk.rates import Rates
from simulate.risk.stock import stock
from simulate.scenario import SET, changed

LADDER = ["1d", "7d", "90d", "forever"]


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), LADDER)


@pytest.fixture(scope="module")
def rates(view):
    return sim.measure(view, targets=60)


@pytest.fixture(scope="module")
def page(view, rates):
    return page_text(view, rates)


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def test_nothing_is_asked_of_the_network(page, outline):
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|<iframe", page)
    links = [value for name, value in outline.attributes if name in {"src", "href", "xlink:href", "action", "data"}]
    assert all(value.startswith(("#", "data:")) for value in links)
    assert all(inside.startswith("#") for inside in re.findall(r"url\(([^)]*)\)", page))


def test_the_page_is_well_formed_and_every_reference_has_its_one_target(page, outline):
    assert (outline.open, outline.crossed) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    used = re.findall(r"url\(#([^)]*)\)", page) + re.findall(r'href="#([^"]*)"', page)
    assert used
    assert set(used) <= set(outline.ids)


def test_the_page_is_readable_by_everyone(page, outline):
    assert '<html lang="en">' in page
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
    assert outline.headings[0] == 1
    assert all(below <= above + 1 for above, below in zip(outline.headings, outline.headings[1:], strict=False))
    drawings = re.findall(r"<svg[^>]*>", page)
    assert len(drawings) == 7
    for drawing in drawings:
        assert 'role="img"' in drawing
        assert len(re.search('aria-label="([^"]*)"', drawing)[1]) > 40


def test_four_headlines_stand_on_the_page_as_the_rates_have_them(view, rates, page, outline):
    said = words.headlines(view, rates)
    assert len(re.findall('class="card"', page)) == len(said) == 4
    text = words_of(outline)
    for headline in said:
        assert headline.number in text
        assert headline.sentence in text
        assert headline.small in text


def test_every_rule_is_named_and_those_not_reached_say_so(view, page, outline):
    text = words_of(outline)
    for rule in view.ladder:
        assert text.count(phrases.kept_for(rule.label, 30)) >= 5
    assert not re.search(r"for ever\b", page)
    assert page.count("not reached: the run is 30 days old") >= 5


def test_a_short_run_is_never_said_to_be_for_ever(page):
    assert '<h2 id="headlines">If sightings are kept as long as the run, 30 days</h2>' in page
    assert "<td>all 30 days</td>" in page


def test_numbers_in_the_figures_equal_the_rates(view, rates, page):
    for question in (*words.risks(view), words.never_seen()):
        for rule, _ in view.windows():
            rate = words.find(rates, question, rule)
            said = f"{phrases.kept_for(rule.label, 30)}: {phrases.per_thousand(rate.value)} ({phrases.interval(rate)})"
            assert said in page


def test_a_figure_puts_its_dots_where_the_rates_are(view, rates):
    question = words.risks(view)[0]
    drawn = figures.by_retention(figures.rows_of(view, rates, question)).axes[0]
    dots = {
        int(line.get_ydata()[0]): float(line.get_xdata()[0]) for line in drawn.lines if line.get_marker() == "o"
    }  # fmt: skip
    wanted = {
        i: 1000 * words.find(rates, question, rule).value
        for i, rule in enumerate(view.ladder)
        if view.reached(rule)
    }  # fmt: skip
    assert dots == wanted
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["1 day", "7 days", "90 days", "all 30 days"]


def test_the_table_holds_value_interval_and_baseline(rates, outline):
    text = words_of(outline)
    for score in ("home found within 250 m", "work found within 1000 m"):
        rate = rates.one(measure="anchors", score=score, retention="7 days")
        count, baseline = phrases.per_thousand(rate.value), phrases.per_thousand(rate.baseline)
        assert f"{score} 7 days {count} in 1,000 {phrases.interval(rate)} {baseline} {rate.n}" in re.sub(
            " +", " ", text
        )


def test_the_page_says_who_collected_how_much_unless_one_owner_collected_all(view, rates, outline):
    assert "Who collected it" not in words_of(outline)
    everyone = replace(view, visible=np.ones_like(view.visible), observer="town-and-shops")
    text = words_of(Outline(page_text(everyone, rates)))
    assert "town-and-shops can look up (kept as long as the run, 30 days), by whose readers made them." in text
    assert "Kind of owner Readers, gates and scanned zones Sightings Share Police" in text
    held = stock(everyone)
    assert [one.kind for one in held] == ["police", "retail"]
    for one in held:
        assert f"{one.kind.capitalize()} {one.sites} {one.sightings:,} {100 * one.share:.1f} %" in text


def test_in_a_nation_the_page_tells_states_and_agencies(view, rates):
    owners = replace(view.public.owners, state=("ND", "SD"), agency=np.array([0, 2], np.int16))
    identity = dict(view.store.identity)
    roads = {**identity["scenario"]["roads"], "share": 0.0125}
    nation = replace(
        view,
        visible=np.ones_like(view.visible),
        public=replace(view.public, owners=owners),
        store=replace(view.store, identity={**identity, "scenario": {**identity["scenario"], "roads": roads}}),
    )
    text = words_of(Outline(page_text(nation, rates)))
    total = sum(one.sightings for one in stock(nation))
    assert "The metros drawn have 1.2 % of the people of all metros of the file. Were all of them watched" in text
    assert f"there would be {phrases.large(total / 0.0125)} sightings in all." in text
    assert "Kind of owner State Agencies Readers, gates and scanned zones Sightings Share Police SD 1 6 " in text
    assert re.search(rf"Retail ND 4 [\d,]+ \d+\.\d % All 10 {total:,} ", text)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (949, "950"), (4_231, "4,200"), (999_999, "1,000,000"), (1.26e6, "1.3 million"),
     (6.5351e9, "6.5 billion"),
     (1.3e11, "130 billion")],
)  # fmt: skip
def test_large_numbers_are_said_to_two_figures(count, text):
    assert phrases.large(count) == text


def test_the_page_tells_visitors_from_those_who_live_there(view, rates, outline):
    n = view.public.n_vehicles
    assert f"What is modelled {n:,} vehicles for 30 days" in words_of(outline)
    lives = view.truth.lives
    lives = replace(lives, population=replace(lives.population, n_residents=n - 5))
    text = words_of(Outline(page_text(replace(view, truth=replace(view.truth, lives=lives)), rates)))
    assert f"{n:,} vehicles, {n - 5:,} that live here and 5 that may come from beyond the map, for 30 days" in text


def test_the_page_says_what_it_is_and_what_it_cannot_tell(outline):
    text = words_of(outline)
    assert "Everything here is synthetic" in text
    assert "Only the map is real" not in text
    assert "What this cannot tell you" in text
    for limit in ("lawful", "Crimes solved", "deportations", "Chilling effects", "real person"):
        assert limit in text
    assert text.count(words.INTERVALS) == 2
    assert "synthetic town, no real place" in text


def test_sources_of_the_catalogue_stand_beside_the_numbers_and_changes_say_so(tmp_path):
    scenario = sim.load(
        "smallville", overrides={"roads.population": 300, "roads.density_per_km2": 150, "period.days": 5}
    )
    view = sim.view(sim.run(scenario, tmp_path / "run"), observer="smallville-pd")
    text = words_of(Outline(page_text(view, sim.measure(view, targets=20))))
    assert re.search(r"travel\.zipf\s+1\.2\s+assumption: visits", text)
    assert re.search(r"roads\.population\s+300\s+set for this run", text)
    assert "Changed for this run period.days = 5; roads.population = 300; roads.density_per_km2 = 150. " in text


def test_what_options_changed_is_listed_with_the_files_by_their_names(view, rates):
    settings = {
        "title": "t", "roads": {"path": "/home/wanda/metros.csv", "metros": ["Memphis"]}, "period": {"days": 9},
        "readers": {"place": {"a": {"counties": "/home/wanda/c.csv"}, "b": {"counties": "/home/wanda/c.csv", "n": 1}}},
    }  # fmt: skip
    given = ("roads.path", "roads.metros", "readers.place.a.counties", "readers.place.b.counties", "title")
    sources = {**dict.fromkeys(given, SET), "period.days": "assumption"}
    assert changes(settings, sources) == "roads.metros = Memphis. Files: metros.csv, c.csv."
    shifts = {"shifts": [["22:00", "06:00"], ["06:00", "14:00"]]}
    assert changes(shifts, {"shifts": SET}) == "shifts = 22:00-06:00, 06:00-14:00."
    shared = {**sources, "readers.place.b.n": f"{SET}; 0.5 % of 200, for these metros"}
    assert changes(settings, shared).startswith(
        "roads.metros = Memphis; readers.place.b.n = 1 (0.5 % of 200, for these"
    )
    assert changes(settings, {"period.days": "assumption"}) == changes(settings, {}) == ""
    truth = replace(view.truth, scenario=replace(view.truth.scenario, sources={"period.days": "assumption"}))
    assert "Changed for this run" not in page_text(replace(view, truth=truth), rates)


def test_a_title_cannot_write_the_page(view, rates):
    identity = dict(view.store.identity)
    title, summary = "A <b>bold</b> & $brave town", '"><script>alert(1)</script>'
    identity["scenario"] = {**identity["scenario"], "title": title, "summary": summary}
    hostile = replace(view, store=replace(view.store, identity=identity), observer="<i>who</i>", purpose="<u>why</u>")
    text = page_text(hostile, rates)
    assert not re.search(r"<script|<b>bold|<i>who|<u>why", text)
    assert "A &lt;b&gt;bold&lt;/b&gt; &amp; $brave town" in text
    assert Outline(text).open == []


SHARING = {
    "source": "generated", "agencies": 300, "mean_partners": 20, "median_partners": 15, "within_state": 0.3,
    "federal_agencies": 1, "federal_access": 0.5,
}  # fmt: skip


def with_sharing(view, sharing, metros=()):
    """Look at the same run as if its scenario had this network and its map these metros."""
    scenario = changed(view.truth.scenario, {("sharing",): sharing}, "test")
    world = replace(view.truth.world, metros=tuple(metros))
    return replace(view, truth=replace(view.truth, scenario=scenario, world=world))


def test_a_page_without_a_sharing_network_says_nothing_of_one(page):
    assert "Who else can look" not in page


def test_a_sharing_network_stands_on_the_page_as_seen_from_the_metros_of_the_run(view, rates, tmp_path):
    (tmp_path / "m.csv").write_text("metro,state,population,lat,lon\nDallas-Fort Worth,TX,20000000,32.8,-96.8\n")
    seen = with_sharing(view, {**SHARING, "metros": {"path": str(tmp_path / "m.csv")}}, ["Dallas-Fort Worth"])
    text = page_text(seen, rates)
    outline = Outline(text)
    assert (outline.open, outline.crossed) == ([], [])
    assert len(set(outline.ids)) == len(outline.ids)
    assert all(below <= above + 1 for above, below in zip(outline.headings, outline.headings[1:], strict=False))
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|<iframe", text)
    direct, favour = re.findall(r'<h3>(?:Directly|By one favour)</h3><p class="number">([\d,]+)<span> in 301', text)
    assert 0 < int(direct) < int(favour) <= 300
    assert "what a typical agency of Dallas collects" in text
    assert f"if each of those {direct} also searches it for its own partners" in text
    said = words_of(outline)
    assert f"about one observer, {seen.observer}. Agencies give" in said
    assert "Sharing network: 301 agencies and " in said
    assert 'aria-label="Map of the United States: agencies to which those of Dallas give access' in text
    assert page_text(seen, rates) == text


def test_a_network_from_a_file_names_whom_its_scenario_credits(view, rates, tmp_path):
    (tmp_path / "p.csv").write_text("src_agency,external_agency\nA TX PD,B TX PD\nA TX PD,C OH PD\n")
    seen = with_sharing(view, {"source": "pairs", "path": str(tmp_path / "p.csv"), "credit": "A <paper> & its work"})
    text = page_text(seen, rates)
    assert "<li>Sharing network: A &lt;paper&gt; &amp; its work</li>" in text
    assert "Agencies and links are those of a file." in text
    assert "Only 1 say with whom they share" in text


def test_no_path_of_the_machine_is_told(view, rates):
    identity = dict(view.store.identity)
    roads = {**identity["scenario"]["roads"], "path": "/home/wanda/secret/Anaheim", "counties": "/home/wanda/c.csv"}
    identity["scenario"] = {**identity["scenario"], "roads": roads}
    text = page_text(replace(view, store=replace(view.store, identity=identity)), rates)
    assert "wanda" not in text
    assert "<td>Anaheim</td>" in text


def test_same_view_same_bytes(view, rates, tmp_path):
    first, second = (write_page(view, rates, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert len(first) < 3_000_000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_page_that_fails_leaves_the_old_one(view, rates, tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    target.write_text("old")

    def no_rename(*_):
        raise OSError("disk full")

    monkeypatch.setattr(type(target), "replace", no_rename)
    with pytest.raises(OSError, match="disk full"):
        write_page(view, rates, target)
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_bad_input_is_refused(view, rates, tmp_path):
    with pytest.raises(ScenarioError, match="expected a view with the truth attached"):
        write_page(view.blind(), rates, tmp_path / "page.html")
    with pytest.raises(ScenarioError, match="a file in a folder that exists"):
        write_page(view, rates, tmp_path / "absent" / "page.html")


def test_the_car_on_the_map_is_the_one_with_the_median_error(tmp_path):
    view = small_view(tmp_path / "run", ["7d", "forever"], readers__place__police__count=60,
                      readers__place__police__spacing_m=0)  # fmt: skip
    longest = replace(view, ladder=view.ladder[-1:])
    story, rates = maps.choose_story(view), sim.measure(longest, ["anchors"])
    assert rates.one(score="home: some sighting tells").value > 0.97, "else the median is that of others too"
    median = rates.one(score="home, median error of a guess").value
    assert story.error_m == pytest.approx(median, rel=0.05)
    assert story.plate == view.truth.lives.plates.text(story.number)
    seen = longest.rows_of(np.array([story.number]))
    assert story.sightings.sum() == len(seen.plate) > 0
    assert not story.sightings[~view.visible].any()
    assert story.plate in maps.tell(story)


def test_a_view_in_which_nothing_can_be_found_still_makes_a_page(tmp_path):
    view = small_view(tmp_path / "run", ["1d"], readers__capture_day=0.0, readers__capture_night=0.0,
                      readers__place__police__count=1, readers__place__shops__count=1, period__days=1)  # fmt: skip
    rates = sim.measure(view, targets=20)
    text = page_text(view, rates)
    assert "Nobody among the targets could be guessed" in text
    said = {headline.title: headline for headline in words.headlines(view, rates)}
    assert said["Seen"].number == said["Singled out"].number == "0 in 1,000"
    assert said["Home found"].value == said["Home found"].baseline  # the census alone
    assert "not reached" not in text


def test_a_page_without_rates_or_reached_rules_still_names_the_rules(view):
    text = page_text(view, Rates())
    assert text.count("not measured") >= 5
    young = replace(view, ladder=(sim.policy.Retention(days=90),))
    assert "No rule is reached: the run is 30 days old" in page_text(young, sim.measure(young, targets=5))


def test_a_real_map_is_called_real(data, tmp_path):
    path, positions = data / "tntp" / "Anaheim", data / "osm" / "alpr_nodes_2026-07-21.tsv.gz"
    changes = [f"roads.path={path}", f"readers.place.mapped.path={positions}", "period.days=1"]
    view = sim.view(sim.run(sim.load("anaheim", overrides=changes), tmp_path / "run"), ladder=["1d"])
    text = page_text(view, sim.measure(view, ["exposure"]))
    assert "Only the map is real." in text
    assert "© OpenStreetMap contributors, ODbL" in text
    assert "Transportation Networks for Research Core Team" in text


def test_a_network_whose_file_has_gone_is_said_not_to_be_shown(view, rates, tmp_path):
    text = words_of(
        Outline(page_text(with_sharing(view, {"source": "pairs", "path": str(tmp_path / "gone.csv")}), rates))
    )
    assert "Who else can look" not in text
    assert "The sharing network is not shown: expected a file of pairs of agencies, found No such file" in text
