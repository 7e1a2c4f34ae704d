"""The page: complete, honest, self-contained, and the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from outline import Outline, words_of
from tiny import Tiny, registered
from towns import small_run, small_view

import simulate as sim
from simulate.checks import ScenarioError
from simulate.report import figures, phrases, words
from simulate.report.facts import Exhibits, exhibits_of, facts_of
from simulate.report.layout import changes
from simulate.report.page import page_text, rows_of, spreads_of, write_page
from simulate.report.scores import shown, title_of
from simulate.risk import measures as registry
from simulate.risk.measures import MEASURES, USUAL
from simulate.risk.results import Results
from simulate.scenario import SET, changed
from simulate.sightings.drawn import Drawn

LADDER = ["1d", "7d", "90d", "forever"]
NO_PICTURES = Exhibits(story="", maps=(), network=None, missing="")
EVERYONE = "town-and-shops"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def view(run):
    return sim.view(run, ladder=LADDER)


@pytest.fixture(scope="module")
def results(view):
    return sim.measure(view, [*USUAL, "stock"], targets=60)


@pytest.fixture(scope="module")
def facts(view):
    return facts_of(view)


@pytest.fixture(scope="module")
def exhibits(view, facts):
    return exhibits_of(view, facts)


@pytest.fixture(scope="module")
def page(facts, results, exhibits):
    return page_text(facts, results, exhibits)


def page_of(view, results):
    facts = facts_of(view)
    return page_text(facts, results, exhibits_of(view, facts))


def drawn_scores(facts):
    return shown(USUAL, facts.asked)[1]


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
    assert len(drawings) == 8
    for drawing in drawings:
        assert 'role="img"' in drawing
        assert len(re.search('aria-label="([^"]*)"', drawing)[1]) > 40


def test_every_headline_stands_on_the_page_as_the_results_have_it(facts, results, page, outline):
    said = words.headlines(facts, results)
    assert len(re.findall('class="card"', page)) == len(said) == 5
    assert page.count('<p class="number">') == 5  # all of one size
    text = words_of(outline)
    for headline in said:
        assert headline.number in text
        assert headline.sentence in text
        assert headline.small in text
        assert f"{headline.title} {phrases.capital(headline.case)} {headline.number.partition(' ')[0]}" in text
    beside = re.findall(r'<dl class="others".*?</dl>', page)
    assert [re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", one) for one in beside] == [list(one.others) for one in said]


def test_both_ways_to_be_singled_out_are_drawn_side_by_side_at_one_size(page):
    (risks,) = re.findall(r'<h2 id="risk">.*?</section>', page, flags=re.DOTALL)
    (group,) = re.findall(r'<div class="group">(.*?)</div>', risks, flags=re.DOTALL)
    figures_of = re.findall(
        r"<figure><figcaption><strong>([^<]*)\.</strong>.*?<svg viewBox=\"([^\"]*)\"", group, flags=re.DOTALL
    )
    assert [title for title, _ in figures_of] == ["Singled out by a neighbour", "Singled out by its own file"]
    assert len({box for _, box in figures_of}) == 1
    assert "who has the records already has the plate" in page


def test_a_number_in_words_has_its_digits_set_apart(facts, results):
    sure = Results(tuple(replace(row, value=0.9999) if row.score == "singled_out" else row for row in results))
    assert "<span>more than </span>999<span> in 1,000</span>" in page_text(facts, sure, NO_PICTURES)


def test_every_rule_is_named_and_those_not_reached_say_so(view, page, outline):
    text = words_of(outline)
    for case in view.cases:
        assert text.count(phrases.kept_for(case.name, 30)) >= 5
    assert not re.search(r"for ever\b", page)
    assert page.count("not reached: the run is 30 days old") >= 5


def test_a_short_run_is_never_said_to_be_for_ever(page):
    assert '<h2 id="headlines">If sightings are kept as long as the run, 30 days</h2>' in page
    assert "<td>all 30 days</td>" in page
    assert "Risk by retention" in page


def test_numbers_in_the_figures_equal_the_results(view, facts, results, page):
    reached = [case for case in view.cases if case.reached]
    assert len(reached) == 3
    for asked in drawn_scores(facts):
        for case in reached:
            row = results.one(case=case.name, measure=asked.measure, score=asked.score.name, detail=asked.detail)
            kept = phrases.kept_for(case.name, 30)
            assert f"{kept}: {phrases.per_thousand(row.value)} ({phrases.interval(row)})" in page


def test_a_figure_puts_its_dots_where_the_results_are(view, facts, results):
    asked = next(one for one in drawn_scores(facts) if one.score.name == "home_found")
    drawn = figures.by_case(rows_of(facts, results, asked)).axes[0]
    dots = {
        int(line.get_ydata()[0]): float(line.get_xdata()[0]) for line in drawn.lines if line.get_marker() == "o"
    }  # fmt: skip
    wanted = {
        i: 1000 * results.one(case=case.name, score="home_found", detail="250 m").value
        for i, case in enumerate(view.cases)
        if case.reached
    }
    assert dots == wanted
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["1 day", "7 days", "90 days", "all 30 days"]


def test_the_spread_of_sightings_is_that_of_the_results(view, facts, results, page):
    score = next(score for score in MEASURES["exposure"].scores if score.ranks)
    spreads = spreads_of(facts, results, "exposure", score)
    for case, spread in zip(view.cases, spreads, strict=True):
        rows = [results.find(case=case.name, score="sightings", detail=rank) for rank in score.ranks]
        assert list(spread.values) == ([row.value for row in rows] if case.reached else [])
    assert spreads[2].reason == "not reached: the run is 30 days old"
    dots = [line.get_xdata()[0] for line in figures.by_rank(spreads, "x").axes[0].lines if line.get_marker() == "o"]
    assert dots == [spread.values[1] for spread in spreads if spread.values]
    assert f"all 30 days: half have {spreads[3].values[1]:,.0f} or more" in page


def test_the_table_holds_value_interval_and_baseline(results, outline):
    text = words_of(outline)
    for score in ("home_found", "work_found"):
        row = results.one(measure="anchors", score=score, detail="250 m", case="7 days")
        count, baseline = phrases.per_thousand(row.value), phrases.per_thousand(row.baseline)
        trivial = phrases.per_thousand(row.trivial)
        told = f"{title_of(row)} 7 days {count} in 1,000 {phrases.interval(row)} {baseline} {trivial} {row.n}"
        assert told in re.sub(" +", " ", text)


def test_the_page_says_who_collected_how_much_unless_one_owner_collected_all(run, outline):
    assert "Who collected it" not in words_of(outline)
    everyone = sim.view(run, observer=EVERYONE, ladder=LADDER)
    results = sim.measure(everyone, ["stock"])
    text = words_of(Outline(page_text(facts_of(everyone), results, NO_PICTURES)))
    assert "town-and-shops can look up (kept as long as the run, 30 days), by whose readers made them." in text
    assert "Kind of owner Readers, gates and scanned zones Sightings Share Police" in text
    held = results.where(case="for ever", score="sightings_on_file")
    assert [row.detail for row in held] == ["police", "retail"]
    for row in held:
        sites = results.one(case="for ever", score="readers_in_use", detail=row.detail).value
        told = f"{row.detail.capitalize()} {sites:.0f} {row.value:,.0f} {100 * row.value / row.n:.1f} %"
        assert told in text


def test_in_a_nation_the_page_tells_states_and_agencies(run, facts):
    everyone = sim.view(run, observer=EVERYONE, ladder=LADDER)
    owners = replace(everyone.sight.public.owners, state=("ND", "SD"), agency=np.array([0, 2], np.int16))
    public = replace(everyone.sight.public, owners=owners)
    nation = replace(everyone, sight=replace(everyone.sight, public=public))
    results = sim.measure(nation, ["stock"])
    roads = {**facts.settings["roads"], "share": 0.0125}
    told = replace(facts_of(nation), settings={**facts.settings, "roads": roads})
    text = words_of(Outline(page_text(told, results, NO_PICTURES)))
    total = results.find(case="for ever", score="sightings_on_file").n
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


def test_the_page_tells_visitors_from_those_who_live_there(facts, results, outline):
    n = facts.n_vehicles
    assert f"What is modelled {n:,} vehicles for 30 days" in words_of(outline)
    text = words_of(Outline(page_text(replace(facts, n_residents=n - 5), results, NO_PICTURES)))
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
    results = sim.measure(view, ["exposure"], targets=20)
    text = words_of(Outline(page_text(facts_of(view), results, NO_PICTURES)))
    assert re.search(r"travel\.zipf\s+1\.2\s+assumption: visits", text)
    assert re.search(r"roads\.population\s+300\s+set for this run", text)
    assert "Changed for this run period.days = 5; roads.population = 300; roads.density_per_km2 = 150. " in text


def test_what_options_changed_is_listed_with_the_files_by_their_names(facts, results):
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
    unchanged = replace(facts, sources={"period.days": "assumption"})
    assert "Changed for this run" not in page_text(unchanged, results, NO_PICTURES)


def test_a_title_cannot_write_the_page(facts):
    title, summary = "A <b>bold</b> & $brave town", '"><script>alert(1)</script>'
    cases = tuple(replace(case, name="<em>x</em>", observer="<i>who</i>", rules=("<s>y</s>",)) for case in facts.cases)
    hostile = replace(facts, title=title, summary=summary, looks="<i>who</i> for <u>why</u>", cases=cases)
    text = page_text(hostile, Results(), NO_PICTURES)
    assert not re.search(r"<script|<b>bold|<i>who|<u>why|<em>x|<s>y", text)
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


def test_a_sharing_network_stands_on_the_page_as_seen_from_the_metros_of_the_run(view, results, tmp_path):
    (tmp_path / "m.csv").write_text("metro,state,population,lat,lon\nDallas-Fort Worth,TX,20000000,32.8,-96.8\n")
    seen = with_sharing(view, {**SHARING, "metros": {"path": str(tmp_path / "m.csv")}}, ["Dallas-Fort Worth"])
    text = page_of(seen, results)
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
    assert f"about one observer, {seen.cases[0].observer}. Agencies give" in said
    assert "Sharing network: 301 agencies and " in said
    assert 'aria-label="Map of the United States: agencies to which those of Dallas give access' in text
    assert page_of(seen, results) == text


def test_a_network_from_a_file_names_whom_its_scenario_credits(view, results, tmp_path):
    (tmp_path / "p.csv").write_text("src_agency,external_agency\nA TX PD,B TX PD\nA TX PD,C OH PD\n")
    seen = with_sharing(view, {"source": "pairs", "path": str(tmp_path / "p.csv"), "credit": "A <paper> & its work"})
    text = page_of(seen, results)
    assert "<li>Sharing network: A &lt;paper&gt; &amp; its work</li>" in text
    assert "Agencies and links are those of a file." in text
    assert "Only 1 say with whom they share" in text


def test_no_path_of_the_machine_is_told(facts, results):
    roads = {**facts.settings["roads"], "path": "/home/wanda/secret/Anaheim", "counties": "/home/wanda/c.csv"}
    text = page_text(replace(facts, settings={**facts.settings, "roads": roads}), results, NO_PICTURES)
    assert "wanda" not in text
    assert "<td>Anaheim</td>" in text


def test_same_view_same_bytes(view, results, tmp_path):
    first, second = (write_page(view, results, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert len(first) < 3_000_000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_page_that_fails_leaves_the_old_one(view, results, tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    target.write_text("old")

    def no_rename(*_):
        raise OSError("disk full")

    monkeypatch.setattr(type(target), "replace", no_rename)
    with pytest.raises(OSError, match="disk full"):
        write_page(view, results, target)
    assert target.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_bad_input_is_refused(view, results, tmp_path):
    with pytest.raises(ScenarioError, match="a file in a folder that exists"):
        write_page(view, results, tmp_path / "absent" / "page.html")


def test_the_car_on_the_map_is_the_one_with_the_median_error(tmp_path):
    view = small_view(tmp_path / "run", ["7d", "forever"], readers__place__police__count=60,
                      readers__place__police__spacing_m=0)  # fmt: skip
    story, results = sim.choose_story(view), sim.measure(view, ["anchors"])
    assert results.one(score="home_told", case="for ever").value > 0.9, "else the median is that of others too"
    median = results.one(score="home_error", case="for ever").value
    assert story.error_m == pytest.approx(median, rel=0.05)
    assert story.plate == view.truth.lives.plates.text(story.number)
    assert story.sightings.sum() > 0
    assert not story.sightings[~view.cases[-1].visible].any()
    told = exhibits_of(view, facts_of(view))
    assert told.story == story.tell()
    assert story.plate in told.story
    assert len(told.maps) == 2


def test_a_view_in_which_nothing_can_be_found_still_makes_a_page(tmp_path):
    view = small_view(tmp_path / "run", ["1d"], readers__capture_day=0.0, readers__capture_night=0.0,
                      readers__place__police__count=1, readers__place__shops__count=1, period__days=1)  # fmt: skip
    results = sim.measure(view, targets=20)
    text = page_of(view, results)
    assert "Nobody among the targets could be guessed" in text
    assert f"; {words.NOTHING}." in text
    said = {headline.title: headline for headline in words.headlines(facts_of(view), results)}
    assert said["Seen"].number == said["Singled out by its own file"].number == "0 in 1,000"
    assert said["Home found"].value == said["Home found"].baseline  # the census alone
    assert "not reached" not in text


def test_a_page_without_results_or_reached_rules_still_names_the_rules(run, facts):
    text = page_text(facts, Results(), NO_PICTURES)
    assert text.count("not measured") >= 5
    young = sim.view(run, ladder=["90d"])
    told = page_of(young, sim.measure(young, targets=5))
    assert "No rule is reached: the run is 30 days old" in told
    assert "Nobody among the targets could be guessed" in told


class Untouchable:
    """What raises when anything is asked of it."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")


def test_laying_out_runs_no_attack_and_opens_no_run(facts, results, exhibits, page, monkeypatch):
    for name in list(MEASURES):
        one = MEASURES[name]
        guarded = Untouchable()
        guarded.scores, guarded.name, guarded.card = one.scores, one.name, one.card
        monkeypatch.setitem(registry.MEASURES, name, guarded)
    monkeypatch.setattr(Drawn, "blocks", lambda *_: pytest.fail("rows were read"))
    monkeypatch.setattr("simulate.risk.scan.scan", lambda *_, **__: pytest.fail("a scan was made"))
    assert page_text(facts, results, exhibits) == page


def test_a_new_measure_shows_on_the_page_of_a_run(view, facts):
    with registered(Tiny()):
        results = sim.measure(view, ["exposure", "tiny"])
        text = page_text(facts, results, NO_PICTURES)
        said = words.headlines(facts, results)
    assert [headline.title for headline in said] == ["Seen", "Seen", "Seen often"]
    often = results.one(case="for ever", score="seen_often")
    assert said[2].number == f"{phrases.per_thousand(often.value)} in 1,000"
    assert said[2].small == "An upper end."
    (group,) = re.findall(r'<div class="group">(.*?)</div>', text, flags=re.DOTALL)
    assert re.findall("<strong>(.*?)</strong>", group) == ["Seen.", "Seen often."]
    mean = results.one(case="for ever", measure="tiny", score="mean_sightings")
    assert "Sightings of a vehicle, the mean, by retention. 1 day: " in text
    assert f"all 30 days: {phrases.amount(mean.value, 'sightings')}" in text
    assert "<h3>Who was seen?</h3>" in text
    assert '<th scope="row">Never</th>' in text
    assert '<th scope="row">Most</th>' not in text  # of the full table only


def test_cases_that_differ_in_more_than_retention_go_by_their_names(run):
    cases = [
        sim.Case(name="as it is", policies=(sim.policy.Retention(days=7),)),
        sim.Case(name="with the shops, who keep it all", observer=EVERYONE),
        sim.Case(name="a year", policies=(sim.policy.Retention(days=365),)),
    ]
    view = sim.view(run, cases=cases)
    results = sim.measure(view, ["exposure", "anchors"], targets=20)
    page = page_text(facts_of(view), results, NO_PICTURES)
    text = words_of(Outline(page))
    assert "In the case “with the shops, who keep it all”" in text
    assert "Risk by case" in text
    assert "Risk by retention" not in text
    assert "Case “as it is” Sightings are deleted after 7 days" in text
    assert "Case “with the shops, who keep it all” No rule: all is collected, and kept for ever." in text
    assert "smallville-pd looks on" in text
    assert "town-and-shops looks on" in text
    seen = results.one(case="with the shops, who keep it all", score="never_seen").value
    assert words.headlines(facts_of(view), results)[0].value == 1 - seen
    assert "with the shops,\nwho keep it all: " in page
    assert "a year: not reached: the run is 30 days old" in page
    assert "<td>as it is</td>" in page


def test_a_real_map_is_called_real(data, tmp_path):
    path, positions = data / "tntp" / "Anaheim", data / "osm" / "alpr_nodes_2026-07-21.tsv.gz"
    changes = [f"roads.path={path}", f"readers.place.mapped.path={positions}", "period.days=1"]
    view = sim.view(sim.run(sim.load("anaheim", overrides=changes), tmp_path / "run"), ladder=["1d"])
    text = page_of(view, sim.measure(view, ["exposure"]))
    assert "Only the map is real." in text
    assert "© OpenStreetMap contributors, ODbL" in text
    assert "Transportation Networks for Research Core Team" in text


def test_a_network_whose_file_has_gone_is_said_not_to_be_shown(view, results, tmp_path):
    text = words_of(
        Outline(page_of(with_sharing(view, {"source": "pairs", "path": str(tmp_path / "gone.csv")}), results))
    )
    assert "Who else can look" not in text
    assert "The sharing network is not shown: expected a file of pairs of agencies, found No such file" in text
