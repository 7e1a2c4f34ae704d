from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.comparing.sweep import matching
from simulate.durations import UNIT_S, format_duration, parse_duration
from simulate.policy import Hold, Hours, Retention
from simulate.policy.case import Case
from simulate.policy.written import case_sentences, scenario_case
from simulate.scenario import catalogue as shelves
from simulate.scenario import changed, from_resolved, load
from simulate.scenario.catalogue import catalogue
from simulate.scenario.schema.settings import json_schema
from simulate.sharing.network import degrees
from simulate.sharing.pairs import read_pairs

HERE = Path(__file__).parent.parent
GOOD, BAD, CATALOGUE = HERE / "good" / "scenarios", HERE / "bad" / "scenarios", HERE.parent / "scenarios"
NAMES = [
    "anaheim",
    "drn-2014",
    "flock-2025",
    "helsinki",
    "krems",
    "metro",
    "norfolk-2025",
    "oakland-2014",
    "smallville",
    "vigilant-2019",
    "west-oakland",
]

FAULTS = {
    # file: for each line of the message, the line and key it names and words it must hold
    "agencies-in-a-town": [(3, "owners.smallville-pd.agencies", 'unless roads.source is "nation"', "3", "one body")],
    "agencies-in-no-state": [(4, "owners.police.agencies_in.California", "two letters", '"California"', "as in CA")],
    "agencies-more-in-states-than-in-all": [
        (4, "owners.police.agencies_in", "at most 10 agencies in all", "found 11", "how many there are in all")
    ],
    "agencies-none": [(3, "owners.police.agencies", "from 1 to 20000", "found 0", "agencies in all metros")],
    "agencies-of-a-shop": [
        (3, "owners.shopping-centre.agencies", 'unless kind is "police"', "found 3", "leave it out")
    ],
    "assumption-without-high": [(2, "assumptions.mine.high", "a value", "found nothing", "the high end")],
    "unknown-assumption": [
        (3, "assumptions.capture.key", "a key that scenarios have", '"readers.capture_dy"', "capture_day")
    ],
    "bare-word": [(3, "", "valid TOML", "Invalid value", "quotes")],
    "boolean-for-number": [(3, "travel.zipf", "a number above 0", "found true", "law by which visits fall")],
    "broken-toml": [(2, "", "valid TOML", "found", "quotes")],
    "duplicate-key": [(4, "", "each key and table once", "twice", "keep one")],
    "duplicate-table": [(4, "", "each key and table once", "twice", "period", "keep one")],
    "empty": [
        (1, "title", "text that is not empty", "nothing", "add title"),
        (1, "summary", "text that is not empty", "nothing", "add summary"),
        (1, "period", "a table", "nothing", "add [period]"),
        (1, "roads", "a table", "nothing", "add [roads]"),
        (1, "households", "a table", "nothing", "add [households]"),
        (1, "travel", "a table", "nothing", "add [travel]"),
        (1, "events", "a table", "nothing", "add [events]"),
        (1, "parking", "a table", "nothing", "add [parking]"),
        (1, "readers", "a table", "nothing", "add [readers]"),
        (1, "plates", "a table", "nothing", "add [plates]"),
        (1, "hotlist", "a table", "nothing", "add [hotlist]"),
        (1, "owners", "a table", "nothing", "add [owners]"),
        (1, "observers", "a table", "nothing", "add [observers]"),
        (1, "measure", "a table", "nothing", "add [measure]"),
    ],
    "extends-circle": [
        ("extends-circle-back", 1, "extends", "an end", "extends-circle.toml -> extends-circle-back.toml")
    ],
    "extends-circle-back": [("extends-circle", 2, "extends", "an end", "circle-back.toml -> extends-circle.toml ->")],
    "extends-itself": [(2, "extends", "an end", "extends-itself.toml -> extends-itself.toml", "take one")],
    "extends-list": [(1, "extends", "the name or path of a scenario", '["smallville", "anaheim"]', "in quotes")],
    "extends-missing": [(2, "extends", "a scenario file", "no-such-file.toml", "check the path")],
    "extends-unknown-name": [(1, "extends", "of the catalogue", '"smalville"', "'smallville'", "plateprint list")],
    "far-below-near": [(4, "measure.far_m", "above near_m (500)", "found 400", "raise far_m")],
    "fault-in-parent": [("share-above-one", 4, "readers.capture_night", "from 0 to 1", "found 1.7")],
    "four-cars": [(3, "households.types.large.cars", "from 1 to 3", "found 4", "number of cars")],
    "fraction-for-count": [(2, "period.days", "a whole number", "found 30.0", "number of days")],
    "gates-without-count": [
        (2, "readers.gates.lots.count", "of at least 1", "found nothing", "say count, or say in [readers.sightings]")
    ],
    "infinite": [(3, "measure.near_m", "a finite number of at least 1", "found inf", "metres")],
    "share-by-hand": [(3, "roads.share", "nothing", "found a share", "leave it out")],
    "metro-too-small": [
        (3, "roads.population", "from 50000 to 30000000", "found 4000", "number of people"),
        (4, "roads.water", '"coast"', '"lake"', "coast, none, river"),
    ],
    "missing-key": [(2, "roads.density_per_km2", "a number above 0", "found nothing", "add density_per_km2")],
    "missing-roads": [(1, "roads", "a table", "found nothing", 'add [roads]: the road network: source = "town"')],
    "moved-too-few": [(3, "households.moved_in_five_years", "above moved_in_year (0.12)", "found 0.12", "more people")],
    "moved-too-many": [
        (3, "households.moved_in_five_years", "at most", "= 0.4723", "found 0.48", "movers and stayers")
    ],
    "negative-retention": [(3, "measure.retention", "a duration", '"-3d"', "above 0")],
    "no-car": [(3, "households.types.retired.cars", "from 1 to 3", "found 0", "number of cars")],
    "no-household-type": [(20, "households.types", "not empty", "an empty table", "types of household")],
    "no-such-date": [(3, "period.start", "a date such as 2025-03-03", '"2025-02-30"', "first day")],
    "start-too-late": [(3, "period.start", "a date such as 2025-03-03", "9999-12-01", "from 1900 to 2200")],
    "no-such-hour": [(3, "readers.night", 'text such as "19:30"', '"24:30"', "HH:MM")],
    "not-a-number": [(3, "travel.new_place", "from 0 to 1", "found nan", "unfamiliar place")],
    "not-utf8": [(2, "", "UTF-8", "byte 0xe9", "save the file as UTF-8")],
    "observer-of-a-state-in-a-town": [
        (3, "observers.town-and-shops.sees", 'unless roads.source is "nation"', '"smallville-pd, NY"', "smallville-pd")
    ],
    "observer-of-a-state-misspelt": [
        (3, "observers.paying-customers.sees", "name of an owner", '"repossesion-firms, NY"', "'repossession-firms'")
    ],
    "observer-sees-nobody": [(3, "observers.broker.sees", "a list of at least 1", "found []", "names of the owners")],
    "observer-unknown-owner": [(3, "observers.broker.sees", "of an owner", '"shoping-centre"', "'shopping-centre'")],
    "observer-without-purpose": [(2, "observers.broker.purpose", "text", "found nothing", "add purpose")],
    "one-route-share": [(3, "travel.route_shares", "a list of 3", "[1.0]", "sum to 1")],
    "owner-kind-unknown": [(3, "owners.club.kind", '"police", "repossession"', '"polic"', "did you mean 'police'")],
    "owner-name-with-dot": [(2, "owners", "letters, digits", '"club.north"', "plainer name")],
    "owner-unknown": [(3, "readers.place.police.owner", "[owners.NAME]", '"smalville-pd"', "'smallville-pd'")],
    "plates-too-few": [
        (5, "plates.format", "room for 544,000 vehicles", '"LLLDD", which has plates for 439,400', "add a letter")
    ],
    "plates-without-digits": [(3, "plates.format", "two digits", '"LLLLLD"', "as in DLDLDLD")],
    "policy-unknown-kind": [(3, "policy.short.kind", '"retention"', '"retenton"', "did you mean 'retention'")],
    "policy-without-kind": [(2, "policy.short.kind", '"retention"', "found nothing", "add kind")],
    "policy-unknown-key": [(4, "policy.short.day", "a key of this table", '"day"', "did you mean 'days'")],
    "policy-days-in-words": [(4, "policy.short.days", 'a number of days above 0, or "forever"', '"21d"', "write 21")],
    "policy-keeps-nothing": [(5, "policy.short.hit_days", "above 0", "found 0", "take kind hit_only")],
    "policy-unknown-owner": [(4, "policy.short.holders", "[owners.NAME]", '"smalville-pd"', "'smallville-pd'")],
    "policy-hold-ends-first": [(6, "policy.case-17.end", "after begin (2025-03-05)", "2025-03-05", "leave it out")],
    "policy-hours-of-nothing": [(5, "policy.night.end", "another hour than begin (06:00)", '"06:00"', "switched_off")],
    "policy-hours-of-halves": [(4, "policy.night.begin", 'text such as "06:00"', '"06:30"', "hour at which readers")],
    "policy-category-unknown": [(5, "policy.near.categories", '"clinic"', '"clinics"', "did you mean 'clinic'")],
    "case-unknown-policy": [(6, "case.now.policies", "[policy.NAME]", '"shorter"', "did you mean 'short'")],
    "case-unknown-observer": [(3, "case.now.observer", "an observer or owner", '"smalville-pd"', "'smallville-pd'")],
    "retention-ambiguous": [(3, "measure.retention", "a duration", '"3m"', "3min for minutes or 3mo for months")],
    "retention-empty": [(3, "measure.retention", "a list of at least 1", "found []", "durations")],
    "retention-without-unit": [(3, "measure.retention", "a duration", '"21"', "a unit (s, min, h, d, w, mo, y)")],
    "counties-and-count": [(3, "readers.place.spread.count", "no such key", '"count"', "in place of count")],
    "counties-in-a-ring": [
        (2, "readers.place.ring.count", "'cordon' needs", "nothing", "takes count, radius_m"),
        (6, "readers.place.ring.counties", "'cordon'", '"counties"', "takes count, radius_m"),
    ],
    "counties-in-a-town": [
        (5, "readers.place.mapped.counties", 'unless roads.source is "nation"', "counties.csv", "say count instead")
    ],
    "factor-of-nothing": [(3, "readers.place.spread.factor", "a number above 0", "found 0.0", "readers for each one")],
    "factor-without-counties": [
        (3, "readers.place.police.factor", "'busiest'", '"factor"', "counties and factor may stand in place of count")
    ],
    "roads-mixed": [(3, "roads.coordinates", "a key of this table", '"coordinates"', "known: block_m")],
    "roads-unknown-source": [(3, "roads.source", '"tntp", "town"', '"towm"', "did you mean 'town'")],
    "roads-without-source": [(2, "roads.source", '"tntp", "town"', "found nothing", "add source")],
    "route-shares-do-not-sum": [(3, "travel.route_shares", "sum to 1", "a sum of 1.1", "lower them by 0.1")],
    "scan-longer-than-shift": [
        (8, "readers.mobile.patrol.scan_min", "at most 30 minutes", "06:30 to 07:00, found 40", "lengthen the shift")
    ],
    "scan-not-a-number": [(8, "readers.mobile.patrol.scan_min", "a finite number above 0", "found nan", "minutes")],
    "scan-too-long": [(8, "readers.mobile.patrol.scan_min", "above 0 and at most 120", "found 121", "minutes")],
    "share-above-one": [(4, "readers.capture_night", "from 0 to 1", "found 1.7", "share of passing plates")],
    "share-below-zero": [(3, "readers.capture_night", "from 0 to 1", "found -0.1", "share of passing plates")],
    "shift-off-the-half-hour": [
        (5, "readers.mobile.patrol.shifts", 'text such as "19:30"', '"22:10"', "pairs of times, HH:MM on the half-hour")
    ],
    "shifts-overlap": [
        (5, "readers.mobile.patrol.shifts", "do not overlap", "22:00 to 06:00 and 05:30 to 13:30", "end the one before")
    ],
    "sharing-median-above-mean": [
        (6, "sharing.median_partners", "at most mean_partners (160)", "found 200", "lifts the mean")
    ],
    "sharing-mixed": [(5, "sharing.agencies", "a key of this table", '"agencies"', "known: credit, metros, path")],
    "sharing-too-few-agencies": [
        (5, "sharing.mean_partners", "a quarter of the number of agencies (125)", "found 160", "raise agencies")
    ],
    "sharing-unknown-source": [(3, "sharing.source", '"generated", "pairs"', '"pair"', "did you mean 'pairs'")],
    "split-does-not-sum": [(3, "readers.sightings.split", "sum to 1", "a sum of 1.1", "lower them by 0.1")],
    "split-on-unknown-kind": [
        (3, "readers.sightings.split.taxis", "a kind of owner", "taxis", "the kinds are police, repossession")
    ],
    "shares-do-not-sum": [(2, "households.types", "sum to 1", "a sum of 1.1", "lower them by 0.1")],
    "strategy-unknown": [(3, "readers.place.shops.strategy", '"busiest", "average"', '"randon"', "'random'")],
    "strategy-with-superfluous-key": [(3, "readers.place.shops.within_m", "'random'", "within_m", "takes count")],
    "strategy-without-count": [(2, "readers.place.ring.count", "'cordon' needs", "nothing", "takes count, radius_m")],
    "table-for-value": [(2, "travel.zipf", "a number above 0", "found a table", "law by which visits fall")],
    "three-faults": [
        (3, "period.days", "a whole number from 1 to 7305", '"many"', "number of days"),
        (5, "travel.ziph", "a key of this table", '"ziph"', "did you mean 'zipf'"),
        ("share-above-one", 4, "readers.capture_night", "from 0 to 1", "found 1.7"),
    ],
    "too-many-days": [(3, "period.days", "from 1 to 7305", "found 7306", "twenty years")],
    "two-route-shares": [(3, "travel.route_shares", "a list of 3", "[0.7, 0.3]", "sum to 1")],
    "unit-unknown": [(3, "roads.length_unit", '"feet", "miles"', '"foot"', "known: feet")],
    "unknown-key": [(3, "readers.capture_dya", "a key of this table", '"capture_dya"', "did you mean 'capture_day'")],
    "too-many-known-points": [(3, "measure.unicity_points", "a whole number from 1 to 10", "found 11", "at most 10")],
    "unknown-attacker-roads": [(3, "measure.attacker_roads", '"none", "public", "generator"', '"publik"', "public")],
    "unknown-root-key": [(1, "sumary", "a known table or key", '"sumary"', "did you mean 'summary'")],
    "unknown-table": [(3, "reader", "a known table or key", '"reader"', "did you mean 'readers'")],
    "value-for-table": [(2, "roads", "a table", '"town"', '"tntp" reads a network')],
    "workers-above-cars": [(3, "households.types.retired.workers", "cars (1)", "found 2", "lower workers")],
    "visits-and-sightings": [
        (3, "readers.mobile.spotters.visits", "nothing, since [readers.sightings]", "found 5", "leave out one")
    ],
    "visits-missing": [
        (2, "readers.mobile.patrol.visits", "a number above 0", "found nothing", "say visits, or say in [readers.sight")
    ],
    "visits-more-than-fit": [
        (7, "readers.mobile.patrol.visits", "at most 6, which fit into the shift 08:00 to 08:30", "found 7.5", "fewer")
    ],
    "wrong-type": [(3, "travel.drive_to_work", "from 0 to 1", '"0.76"', "write 0.76 without quotes")],
    "zero-days": [(3, "period.days", "from 1 to 7305", "found 0", "number of days")],
    "zero-retention": [(3, "measure.retention", "a duration", '"0d"', "above 0")],
    "zones-not-whole": [(3, "roads.outside_zones", "a whole number", "found 2.5", "numbers of the zones")],
}


# Bad files


def test_no_bad_file_goes_untested():
    assert {path.name for path in BAD.iterdir()} == {f"{name}.toml" for name in FAULTS}


@pytest.mark.parametrize("name", FAULTS)
def test_bad_file_is_refused_with_place_and_remedy(name, monkeypatch):
    monkeypatch.chdir(BAD)
    with pytest.raises(ScenarioError) as caught:
        load(f"{name}.toml")
    said = str(caught.value).split("\n")
    assert len(said) == len(FAULTS[name])
    for message, fault in zip(said, FAULTS[name], strict=True):
        file, line, key, *words = fault if isinstance(fault[0], str) else (name, *fault)
        place = f"{file}.toml:{line}: " + (f"{key}: " if key else "")
        assert message.startswith(f"{place}expected "), message
        assert all(word in message for word in words), message
        assert re.search(r"expected \S.*, found \S.*; \S", message), message


def test_tables_too_deep_to_read_are_refused(tmp_path):
    (tmp_path / "deep.toml").write_text(f"title = {3000 * '['}1{3000 * ']'}\n")
    with pytest.raises(ScenarioError, match=r"deep\.toml:1: expected tables and lists at most 32 deep, found more"):
        load(tmp_path / "deep.toml")
    assert load("smallville", overrides=[f"title={3000 * '['}"]).title == 3000 * "[", "what is no TOML is plain text"


def test_error_names_the_catalogue_file_that_set_the_value():
    with pytest.raises(ScenarioError) as caught:
        load("smallville", overrides=["measure.near_m=5000"])
    lines = (CATALOGUE / "base.toml").read_text().split("\n")
    file, line = re.match(r"(.*base\.toml):(\d+): measure\.far_m: ", str(caught.value)).groups()
    assert Path(file).name == "base.toml"
    assert lines[int(line) - 1].startswith("far_m = ")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smalville", ['"smalville"', "did you mean 'smallville'?", "plateprint list"]),
        ("no/such.toml", ["no file at", "no/such.toml", "check the path"]),
        (Path("smallville"), ["no file at", "check the path"]),
    ],
)
def test_unknown_scenario_is_refused(name, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        load(name)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("seed", [-1, True, 1.0, "7"])
def test_seed_is_a_whole_number(seed):
    with pytest.raises(ScenarioError, match="seed: expected a whole number of at least 0"):
        load("smallville", seed=seed)


def fleets(n):
    """Return n fleets that are alike."""
    shifts = [["22:00", "06:00"]]
    one = {"owner": "smallville-pd", "units": 1, "shifts": shifts, "on_duty": 1, "visits": 1, "scan_min": 5}
    one |= {"rolling_min": 0, "homes": 0.5, "unevenness": 1, "poorer_areas": 1, "territory_m": 2000}
    return {"readers.mobile": {f"f{i}": one for i in range(n)}}


def test_no_more_fleets_than_a_byte_can_number():
    assert len(load("smallville", overrides=fleets(256)).settings.readers.mobile) == 256
    with pytest.raises(ScenarioError, match=r'readers\.mobile"\]: expected at most 256 fleets, found 257; make one'):
        load("smallville", overrides=fleets(257))


def test_no_more_kinds_of_household_than_a_byte_can_number():
    one = {"share": 0.001, "cars": 1, "workers": 0, "hybrid": 0}
    types = {"retired": {**one, "share": 1 - 0.256}, **{f"t{i}": one for i in range(256)}}
    kept = {name: {"share": 0} for name in load("smallville").settings.households.types if name not in types}
    with pytest.raises(ScenarioError, match=r'households\.types"\]: expected at most 256 types .* found 2\d\d; make'):
        load("smallville", overrides={"households.types": types | kept})


def test_visitors_need_plates_too():
    many = {"vehicles": 500_000, "weeks": 1, "days": "one", "purpose": "through"}
    with pytest.raises(ScenarioError, match=r'plates\.format"\]: expected room for 500,000 vehicles'):
        load("anaheim", overrides={"visitors.many": many, "plates.format": "LLLDD"})


# Good files


@pytest.mark.parametrize("path", sorted(GOOD.glob("*.toml")), ids=lambda path: path.stem)
def test_good_file_loads_and_comes_back_from_json(path):
    scenario = load(path, seed=3)
    stored = json.loads(json.dumps(scenario.resolved(), sort_keys=True))
    again = from_resolved(stored, scenario.name, 3)
    assert again.settings == scenario.settings
    assert again.identity == scenario.identity
    assert list(again.settings.households.types) == list(scenario.settings.households.types)
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_minimal_file_is_what_it_extends():
    scenario = load(GOOD / "minimal.toml")
    assert scenario.name == "minimal"
    assert scenario.settings == load("smallville").settings
    assert [path.name for path in scenario.files] == ["minimal.toml", "smallville.toml", "base.toml"]


def test_tables_merge_and_lists_replace():
    town, merged = load("smallville").settings, load(GOOD / "merges.toml").settings
    assert merged.measure.retention == ("3min", "1y")
    assert merged.measure.targets == town.measure.targets
    assert set(merged.owners) == {*town.owners, "tow-firm"}
    assert merged.households.types["worker"].share == 0.19
    assert merged.households.types["worker"].cars == town.households.types["worker"].cars
    assert merged.readers.capture_day == 1.0
    assert merged.readers.capture_night == town.readers.capture_night
    assert merged.period == town.period


def test_sources_are_the_comments_of_the_lines_that_won():
    sources = load(GOOD / "merges.toml").sources
    assert sources["title"] == "and a source with a # in it"
    assert sources["readers.capture_day"] == "a whole number where any number goes"
    assert sources["measure.retention"] == "two rungs"
    assert sources["owners.tow-firm.kind"] == "inline"
    assert sources["households.types.couple.share"] == "... go over to the couples"
    assert sources["travel.zipf"] == "assumption: visits to the k-th place fall as k^-1.2"
    assert "observers.tow-firm.purpose" not in sources
    assert "households.types" not in sources


def test_a_line_without_comment_does_not_inherit_the_source_it_replaces(tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "smallville"\n[travel]\nzipf = 0.9\n')
    assert "travel.zipf" not in load(tmp_path / "mine.toml").sources


def test_paths_start_at_the_file_that_names_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = load(GOOD / "own-positions.toml")
    assert scenario.settings.readers.place["mapped"].path == str(GOOD / "positions" / "mapped.tsv")


def test_file_with_windows_line_ends_and_byte_order_mark(tmp_path):
    text = 'extends = "smallville"\r\n[travel]\r\nzipf = 2 # steep\r\nside_trip = 2\r\n'
    (tmp_path / "notepad.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    with pytest.raises(ScenarioError, match=r"notepad\.toml:4: travel\.side_trip"):
        load(tmp_path / "notepad.toml")


def test_values_are_of_the_right_kind():
    settings = load("smallville").settings
    assert settings.period.start == date(2025, 3, 3)
    assert settings.roads.source == "town"
    assert isinstance(settings.travel.access_s, float)
    with pytest.raises(ValueError, match="frozen"):
        settings.period.days = 3


# The catalogue


def test_catalogue_lists_what_can_be_loaded():
    entries = {entry.name: entry for entry in catalogue()}
    assert set(NAMES) <= set(entries)
    assert "base" not in entries
    for name, entry in entries.items():
        scenario = load(name)
        assert (entry.title, entry.summary) == (scenario.title, scenario.summary)
    assert entries["smallville"].runnable
    for name in ("anaheim", "helsinki", "krems", "west-oakland"):
        assert not entries[name].runnable  # its data must be named first


def test_catalogue_is_found_where_it_was_installed(tmp_path, monkeypatch):
    installed = tmp_path / "share" / "plateprint" / "scenarios"
    monkeypatch.setattr(shelves, "__file__", str(tmp_path / "lib" / "simulate" / "scenario" / "catalogue.py"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(ScenarioError, match="install Plateprint again"):
        catalogue()
    shutil.copytree(CATALOGUE, installed)
    assert load("smallville").files == (installed / "smallville.toml", installed / "base.toml")


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.toml")), ids=lambda path: path.stem)
def test_every_number_of_the_catalogue_has_its_source_beside_it(path):
    bare = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        value = re.sub(r'"[^"]*"', "", line).partition("=")[2]
        if re.search(r"[0-9]", value.partition("#")[0]) and not re.search(r"#.*[A-Za-z]{2}", value):
            bare.append(f"{path.name}:{number}: {line}")
    assert bare == []


@pytest.mark.parametrize("name", NAMES)
def test_every_loaded_number_has_a_source(name):
    scenario = load(name)

    def numbers(table, above=""):
        for key, value in table.items():
            if isinstance(value, dict):
                yield from numbers(value, f"{above}{key}.")
            elif not isinstance(value, str):
                yield f"{above}{key}"

    assert {key for key in numbers(scenario.resolved()) if not scenario.sources.get(key)} <= {
        f"observers.{observer}.sees" for observer in scenario.settings.observers
    }


def test_literature_values_entered_a_second_time():
    """Typed from the publications, not from the files."""
    town = load("smallville").settings
    assert town.households.moved_in_year == 0.12  # Census P20-567: 11.7 % in 2012-13
    assert town.households.moved_in_five_years == 0.35  # Census P20-567: 35.4 %
    assert town.travel.drive_to_work == 0.76  # ACS: drive alone to work
    assert town.travel.zipf == 1.2  # Song et al. 2010, as recalled
    assert town.measure.unicity_points == 4  # de Montjoye et al. 2013
    assert town.roads.vehicles_per_person == 0.68  # ACS 2013-17
    assert {"21d", "90d", "1y", "forever"} <= set(town.measure.retention)  # Maine, Virginia; Tennessee, Montana
    per_thousand = sum(rule.count for rule in town.readers.place.values()) / town.roads.population * 1000
    assert per_thousand == pytest.approx(175 / 238, abs=0.1)  # Norfolk's police: 175 readers for 238,000 people


# Assumptions


@pytest.mark.parametrize("name", NAMES)
def test_every_assumption_of_the_catalogue_holds_at_both_ends(name):
    scenario = load(name)
    assert len(scenario.settings.assumptions) >= 7
    for assumption in scenario.settings.assumptions.values():
        for keys, _ in matching(scenario.resolved(), tuple(assumption.key.split("."))):
            for end in (assumption.low, assumption.high):
                value = changed(scenario, {keys: end}, assumption.key).resolved()
                for key in keys:
                    value = value[key]
                assert value == end


@pytest.mark.parametrize(
    "key", ["roads.population", "readers.place.*.count", "readers.place.police.count", "owners.x.kind", "readers.night"]
)
def test_an_assumption_may_be_about_any_key_that_some_scenario_has(key):
    mine = {"key": key, "low": 1, "high": {"a": [1]}, "why": "a test"}
    assert load("smallville", overrides={"assumptions.mine": mine}).settings.assumptions["mine"].key == key


@pytest.mark.parametrize("key", ["roads.populaton", "*.capture_day", "readers.place.police.count.more", "reader.x"])
def test_an_assumption_about_no_key_is_refused(key):
    mine = {"key": key, "low": 1, "high": 2, "why": "a test"}
    with pytest.raises(ScenarioError, match=r"assumptions\.mine.*expected a key that scenarios have"):
        load("smallville", overrides={"assumptions.mine": mine})


def test_a_changed_scenario_differs_there_alone_and_is_checked():
    scenario = load("smallville", seed=3)
    other = changed(scenario, {("readers", "place", "police", "count"): 14, ("readers", "capture_day"): 0.5}, "mine")
    wanted = scenario.resolved()
    wanted["readers"]["place"]["police"]["count"], wanted["readers"]["capture_day"] = 14, 0.5
    assert (other.resolved(), other.name, other.seed) == (wanted, scenario.name, 3)
    assert "readers.capture_day" not in other.sources
    with pytest.raises(ScenarioError, match=r"^mine: readers\.capture_day: expected .* from 0 to 1, found 2"):
        changed(scenario, {("readers", "capture_day"): 2}, "mine")


# Overrides and identity


def test_override_texts_are_read_as_toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = load(
        "anaheim",
        overrides=[
            "roads.path=tntp/Anaheim",
            "readers.place.mapped.path = /data/nodes.tsv.gz",
            'title="Quoted = text"',
            "summary=Bare text",
            "period.start=2024-01-01",
            "measure.retention=['3min']",
            "travel.route_shares=[1, 0, 0]",
            'owners.club={kind = "retail"}',
        ],
    )
    settings = scenario.settings
    assert settings.roads.path == str(tmp_path / "tntp" / "Anaheim")
    assert settings.readers.place["mapped"].path == "/data/nodes.tsv.gz"
    assert (scenario.title, scenario.summary) == ("Quoted = text", "Bare text")
    assert settings.period.start == date(2024, 1, 1)
    assert settings.measure.retention == ("3min",)
    assert settings.travel.route_shares == (1.0, 0.0, 0.0)
    assert settings.owners["club"].kind == "retail"
    assert scenario.sources["period.start"] == scenario.sources["owners.club.kind"] == "set for this run"


def test_a_star_in_an_override_stands_for_every_name_that_sets_the_key():
    asked = {"readers.place.*.count": 3}
    place = load("smallville", overrides=asked).settings.readers.place
    assert {rule.count for rule in place.values()} == {3}
    assert load("smallville", overrides=["readers.place.*.count=3"]).settings.readers.place == place
    assert load("smallville", overrides=asked).sources["readers.place.police.count"] == "set for this run"
    with pytest.raises(ScenarioError, match=r'^overrides."readers.place.\*.counties".: expected keys that'):
        load("smallville", overrides={"readers.place.*.counties": "x.csv"})


def test_override_mapping_is_the_same_as_texts():
    np = pytest.importorskip("numpy")
    texts = ["period.start=2024-01-01", "period.days=30", "travel.zipf=0.5", "travel.route_shares=[1, 0, 0]"]
    mapping = {
        "period.start": date(2024, 1, 1),
        "period.days": np.int64(30),
        "travel.zipf": np.float32(0.5),
        "travel.route_shares": (1, 0, 0),
    }
    assert load("smallville", overrides=mapping).identity == load("smallville", overrides=texts).identity


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("readers.capture_day=1.5", ["from 0 to 1", "found 1.5"]),
        ("readers.captur_day=0.5", ["a key of this table", "did you mean 'capture_day'?"]),
        ("reader.capture_day=0.5", ["a table of this scenario", "did you mean 'readers'?"]),
        ("readers.place.polce.count=3", ["a table of this scenario", '"polce"', "did you mean 'police'?"]),
        ("readers.capture_day.max=3", ["a table at readers.capture_day", "found 0.95", "set readers.capture_day"]),
        ("roads.path=/x/y", ["a key of this table", "known: block_m"]),
        ("roads=3", ["a table", "found 3"]),
        ("readers.place.shops.count=many", ["a whole number of at least 1", '"many"']),
        ("period.days=30\ndays=2", ["a whole number", "found"]),
        ("period.days", ["table.key=value", "write ="]),
        ("=3", ["table.key=value"]),
        ("period..days=3", ["table.key=value"]),
    ],
)
def test_bad_override_is_refused_by_its_option(override, words):
    with pytest.raises(ScenarioError) as caught:
        load("smallville", overrides=[override])
    assert str(caught.value).startswith(f'overrides["{override.partition("=")[0]}"]: expected ')
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_identity_follows_values_seed_and_name_and_nothing_else(tmp_path):
    town = load("smallville")
    assert re.fullmatch("[0-9a-f]{32}", town.identity)
    assert load("smallville", overrides=["period.days=60"]).identity == town.identity
    assert load("smallville", overrides=["travel.zipf=1.20"]).identity == town.identity
    assert load("smallville", overrides=["period.days=61"]).identity != town.identity
    assert load("smallville", seed=1).identity != town.identity
    assert load(GOOD / "minimal.toml").identity != town.identity
    head, *tables = re.split(r"(?m)^(?=\[)", (CATALOGUE / "smallville.toml").read_text())
    (tmp_path / "smallville.toml").write_text(head + "\n" + "\n".join(reversed(tables)))
    assert load(tmp_path / "smallville.toml").identity == town.identity


def float_keys(node, above=""):
    """Yield each key that takes any number, with its bounds, but for those that hang together."""
    for key, value in node["properties"].items():
        if value.get("type") == "number" and key not in {"moved_in_year", "moved_in_five_years", "near_m", "far_m"}:
            low = value.get("minimum", value.get("exclusiveMinimum"))
            yield f"{above}{key}", low, value.get("maximum"), "exclusiveMinimum" in value
        elif "$ref" in value:
            yield from float_keys(json_schema()["$defs"][value["$ref"].rpartition("/")[2]], f"{above}{key}.")


FLOAT_KEYS = sorted(float_keys(json_schema()))


def test_float_keys_are_found():
    assert len(FLOAT_KEYS) >= 17
    assert ("travel.zipf", 0, None, True) in FLOAT_KEYS


@given(data=st.data())
def test_any_number_within_bounds_round_trips(data):
    key, low, high, open_low = data.draw(st.sampled_from(FLOAT_KEYS))
    value = data.draw(st.floats(low, high, exclude_min=open_low, allow_nan=False, allow_infinity=False))
    scenario = load("smallville", overrides=[f"{key}={value!r}"])
    table, _, last = key.partition(".")
    assert getattr(getattr(scenario.settings, table), last) == value
    again = from_resolved(json.loads(json.dumps(scenario.resolved())), "smallville", 0)
    assert again.identity == scenario.identity


@given(data=st.data())
def test_any_number_out_of_bounds_is_refused(data):
    key, low, high, _ = data.draw(st.sampled_from(FLOAT_KEYS))
    below = st.floats(max_value=low, exclude_max=True)
    outside = below if high is None else below | st.floats(min_value=high, exclude_min=True)
    value = data.draw(outside | st.just(float("nan")))
    with pytest.raises(ScenarioError, match=rf'^overrides\["{key}"\]: expected a (finite )?number'):
        load("smallville", overrides=[f"{key}={value!r}"])


def test_stored_scenario_that_was_tampered_with_is_refused():
    resolved = load("smallville").resolved()
    resolved["period"]["days"] = 0
    with pytest.raises(
        ScenarioError, match=r"stored scenario smallville: .* another version .*period\.days: expected a whole number"
    ):
        from_resolved(resolved, "smallville", 0)


# The schema


def test_schema_describes_every_key_and_admits_no_other():
    schema = json_schema()
    tables = [schema, *schema["$defs"].values()]
    assert len(tables) >= 12
    assert '"null"' not in json.dumps(schema)  # TOML has none
    for table in tables:
        assert table["additionalProperties"] is False
        assert "required" not in table  # a file may leave out what it inherits
        for key, value in table["properties"].items():
            assert len(value["description"]) > 10, key
            assert "default" not in value, key
            if "patternProperties" in value:
                assert value["additionalProperties"] is False


def test_schema_accepts_good_files_and_refuses_bad_ones():
    validator = pytest.importorskip("jsonschema").Draft202012Validator(json_schema())

    def faults(path):
        return list(validator.iter_errors(json.loads(json.dumps(shelves.read_layer(path).tables, default=str))))

    for path in [*GOOD.glob("*.toml"), *CATALOGUE.glob("*.toml")]:
        assert faults(path) == [], path
    for name in ["unknown-key", "unknown-table", "wrong-type", "share-above-one", "owner-kind-unknown", "zero-days"]:
        assert faults(BAD / f"{name}.toml") != [], name


def test_importing_scenarios_loads_no_heavy_library():
    code = (
        "import simulate.scenario, sys; print([m for m in ('numpy', 'numba', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Durations


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("3min", 180, "3 minutes"),
        ("12h", 43_200, "12 hours"),
        ("24h", 86_400, "1 day"),
        ("21d", 1_814_400, "21 days"),
        ("2w", 1_209_600, "14 days"),
        ("6mo", 15_552_000, "180 days"),
        ("1y", 31_536_000, "1 year"),
        ("5 y", 157_680_000, "5 years"),
        ("1s", 1, "1 second"),
        ("forever", None, "for ever"),
    ],
)
def test_durations(text, seconds, words):
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == words


@pytest.mark.parametrize(
    "text", ["", "0d", "-3d", "21", "d", "3m", "1.5h", "21 days", "Forever", "٣d", "99999999999y", 21]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ScenarioError, match=r"^retention: expected a duration"):
        parse_duration(text, "retention")


@given(st.integers(1, 900), st.sampled_from(sorted(UNIT_S)))
def test_said_durations_keep_their_length(count, unit):
    seconds = parse_duration(f"{count}{unit}")
    number, word = format_duration(seconds).split()
    assert int(number) * UNIT_S[{"minute": "min"}.get(word.rstrip("s"), word[0])] == seconds == count * UNIT_S[unit]


# Sharing

SHARING = {
    "sharing.source": "generated", "sharing.agencies": 400, "sharing.mean_partners": 20, "sharing.median_partners": 15,
    "sharing.within_state": 0.5, "sharing.federal_agencies": 1, "sharing.federal_access": 0.1,
}  # fmt: skip


def test_a_scenario_without_sharing_resolves_as_if_there_were_no_such_table():
    assert load("smallville").settings.sharing is None
    assert "sharing" not in load("smallville").resolved()


def test_the_networks_of_national_scenarios_need_no_file_and_say_what_was_published(data):
    flock, vigilant = (load(name).settings.sharing for name in ("flock-2025", "vigilant-2019"))
    assert flock.metros is vigilant.metros is None  # those of roads.path
    assert vigilant.mean_partners == 160  # EFF, Data Driven, 2018
    assert vigilant.federal_access * vigilant.agencies == 80  # Wired and NBC, 2019: more than 80 agencies
    assert (flock.mean_partners, flock.median_partners) == (448, 284)  # portals, June 2025
    real = degrees(read_pairs(data / "agencies" / "agency_access.csv")[0])
    assert flock.mean_partners > 2 * real.mean  # April 2024: lists have grown since
    assert flock.federal_access == pytest.approx(real.to_federal / real.givers, abs=0.02)


def test_a_scenario_with_sharing_comes_back_from_json():
    scenario = load("smallville", overrides=SHARING)
    assert scenario.settings.sharing.agencies == 400
    assert from_resolved(json.loads(json.dumps(scenario.resolved())), "smallville", 0).settings == scenario.settings


def test_a_table_inside_one_of_two_kinds_of_table_can_be_overridden(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = load("smallville", overrides={**SHARING, "sharing.metros.path": "metros.csv"})
    assert scenario.settings.sharing.metros.path == str(tmp_path / "metros.csv")
    with pytest.raises(ScenarioError, match=r"sharing\.metros\.paht.*did you mean 'path'"):
        load("smallville", overrides={**SHARING, "sharing.metros.paht": "metros.csv"})


# Policies and cases

POLICY_TABLES = """
[policy.short]
kind = "retention"
days = 21
hit_days = "forever"
[policy.night]
kind = "hours"
begin = "06:00"
end = "22:00"
[policy.kept]
kind = "hold"
vehicles = [3, 4]
begin = 2025-03-05
[case.proposal]
observer = "smallville-pd"
policies = ["short", "night", "kept"]
on = 2025-03-10
"""


def test_cases_of_a_file_are_those_that_python_makes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "smallville"{POLICY_TABLES}')
    loaded = load(path)
    rules = (
        Retention(days=21, hit_days="forever"), Hours(begin="06:00", end="22:00"),
        Hold(vehicles=(3, 4), begin=date(2025, 3, 5)),
    )  # fmt: skip
    proposal = Case(name="proposal", observer="smallville-pd", policies=rules, on=date(2025, 3, 10))
    assert scenario_case(loaded, "proposal") == proposal
    stored = json.loads(json.dumps(loaded.resolved()))
    assert scenario_case(from_resolved(stored, "mine", 0), "proposal") == proposal
    with pytest.raises(ScenarioError, match=r"case: expected a case of mine, found 'propsal'; did you mean"):
        scenario_case(loaded, "propsal")
    said = list(case_sentences(loaded))
    assert any("deleted after 21 days" in line for line in said)
    assert any(line.startswith("Case proposal: smallville-pd looks on 2025-03-10") for line in said)


def test_a_scenario_that_states_no_policy_is_what_it_was_before_there_were_any(tmp_path):
    plain = load("smallville")
    assert not {"policy", "case"} & set(plain.resolved())
    path = tmp_path / "smallville.toml"
    path.write_text('extends = "smallville"\n[policy]\n[case]\n')
    assert load(path).identity == plain.identity
    path.write_text(f'extends = "smallville"{POLICY_TABLES}')
    assert load(path).identity != plain.identity, "identity is of the whole scenario"
