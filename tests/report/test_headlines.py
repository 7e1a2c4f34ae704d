"""What the numbers say in words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from towns import small_run

import simulate as sim
from simulate.report import phrases, words
from simulate.report.facts import facts_of
from simulate.risk.assumptions import Asked, Assumptions, Bounds
from simulate.risk.results import Result, Results

LADDER = ["1d", "7d", "90d", "1y"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def view(run):
    return sim.view(run, ladder=LADDER)


@pytest.fixture(scope="module")
def facts(view):
    return facts_of(view)


@pytest.fixture(scope="module")
def results(view):
    return sim.measure(view, targets=40)


def planted(case="7 days"):
    """Results such as the measures return, with numbers that cannot be mistaken."""
    common = {"case": case, "n": 1000}
    return Results((
        Result(measure="exposure", score="never_seen", value=0.027, low=0.025, high=0.030, **common),
        Result(measure="exposure", score="sightings", detail="50 %", value=11.0, unit="sightings", **common),
        Result(measure="anchors", score="home_found", detail="250 m", value=0.1501, low=0.131, high=0.175,
               baseline=0.039, **common),
        Result(measure="anchors", score="work_found", detail="250 m", value=0.0, low=0.0, high=0.004, baseline=0.0681,
               **common),
        Result(measure="unicity", score="singled_out", detail="records, hour and reader, 4 points", value=0.9999,
               low=0.9996, high=1.0, baseline=1 / 13_600, **common),
        Result(measure="unicity", score="noticed", detail="4 points", value=0.044, low=0.033, high=0.059,
               baseline=1 / 13_600, **common),
    ))  # fmt: skip


def test_headlines_say_number_interval_and_baseline(facts):
    seen, home, work, neighbour, own_file = words.headlines(facts, planted())
    assert seen.number == "973 in 1,000"
    assert "Never seen: 27 in 1,000 (95 % interval 25 to 30)" in seen.small
    assert "Half of them have 11 sightings or more" in seen.small
    assert home.number == "150 in 1,000"
    assert "95 % interval 131 to 175. Without any sightings: 39." in home.small
    assert "live here" in home.sentence
    assert work.number == "0 in 1,000"
    assert "interval 0 to 4. Without any sightings: 68." in work.small
    assert "commute" in work.sentence
    assert neighbour.number == "44 in 1,000"
    assert "by 4 of the places where a neighbour noted them" in neighbour.sentence
    assert "known to half an hour and 250 m" in neighbour.sentence
    assert "most places have no reader near. 95 % interval 33 to 59" in neighbour.small
    assert own_file.number == "more than 999 in 1,000"
    assert "by 4 of their own sightings, each known to the hour and reader" in own_file.sentence
    assert "who has the records already has the plate" in own_file.small
    assert "Without any sightings: fewer than 1." in own_file.small


def test_headlines_are_about_the_longest_rule_that_is_reached(facts, results):
    said = words.headlines(facts, results)
    home = results.one(measure="anchors", score="home_found", detail="250 m", case="7 days")
    assert [headline.title for headline in said] == [
        "Seen", "Home found", "Work found", "Singled out by a neighbour", "Singled out by its own file",
    ]  # fmt: skip
    assert said[1].number == f"{phrases.per_thousand(home.value)} in 1,000"
    assert (said[1].value, said[1].baseline) == (home.value, home.baseline)
    never = results.one(measure="exposure", score="never_seen", case="7 days")
    assert said[0].value == 1 - never.value
    assert all(headline.value is not None for headline in said), "every headline is found among the measures' own"


def test_a_card_names_its_case_and_has_the_others_beside_it(facts, results):
    seen, home, *_ = words.headlines(facts, results)
    assert {headline.case for headline in (seen, home)} == {"kept 7 days"}
    key = {"measure": "anchors", "score": "home_found", "detail": "250 m"}
    day = phrases.per_thousand(results.one(case="1 day", **key).value)
    assert home.others == (("1 day", day), ("90 days", "not reached"), ("1 year", "not reached"))
    never = results.one(case="1 day", measure="exposure", score="never_seen").value
    assert seen.others[0] == ("1 day", phrases.per_thousand(1 - never)), "turned as the card itself is"
    (line,) = {line.strip() for line in words.terminal_lines([home]) if "beside" in line}
    assert line == f"Kept 7 days; beside it: 1 day {day}, 90 days not reached, 1 year not reached."


def test_a_card_lists_no_more_cases_than_can_be_read(facts):
    many = tuple(replace(facts.cases[0], name=f"{i} hours") for i in range(12))
    seen, *_ = words.headlines(replace(facts, cases=many), planted("11 hours"))
    assert len(seen.others) == words.MOST_OTHERS + 1
    assert seen.others[-1] == ("3 more", "on the page")


def test_a_card_of_the_only_case_or_of_what_no_case_changes_names_none(run, facts):
    alone = sim.view(run, ladder=["7d"])
    for said in (words.headlines(facts_of(alone), planted()), words.headlines(facts, planted(case=""))):
        assert {(headline.case, headline.others) for headline in said} == {("", ())}


def test_every_headline_says_so_when_no_rule_is_reached(run):
    young = sim.view(run, ladder=["1y"])
    said = words.headlines(facts_of(young), sim.measure(young, targets=10))
    assert [headline.number for headline in said] == ["not reached"] * 5
    assert all("the run is 30 days old" in headline.sentence for headline in said)


def test_the_number_of_the_file_never_stands_without_the_one_of_the_neighbour(facts):
    titles = [one.title for one in words.headlines(facts, planted())]
    assert titles.index("Singled out by its own file") == titles.index("Singled out by a neighbour") + 1


def test_what_was_not_measured_has_no_number(facts):
    said = words.headlines(facts, Results())
    assert len(said) == 5
    assert {headline.number for headline in said} == {"no number"}
    assert {headline.sentence for headline in said} == {"this was not measured"}


def test_numbers_that_are_no_shares_stand_without_a_bar(view, facts):
    results = sim.measure(view, ["hotlist"], targets=10)
    said = words.headlines(facts, results)
    alerts = results.one(case="7 days", score="alerts_per_million").value
    assert said[0].number == phrases.amount(alerts, "alerts")
    assert (said[0].title, said[0].value) == ("Alerts", None)


def test_ranges_over_assumptions_stand_beside_their_numbers_and_turn_with_them(facts):
    def bounds(row, least, most):
        return Bounds(measure=row.measure, score=row.score, detail=row.detail, unit=row.unit, base=row.value,
                      least=least, most=most)  # fmt: skip

    results = planted()
    never, home = results.one(score="never_seen"), results.one(score="home_found")
    asked = Asked(run_hash="", case="7 days", observer="", on="", rules=())
    found = Assumptions(asked=asked, assumed=(), bounds=(bounds(never, 0.01, 0.2), bounds(home, 0.1, 0.2)))
    said = words.headlines(replace(facts, assumptions=found), results)
    assert [headline.over for headline in said] == [
        "800 to 990 over the assumptions", "100 to 200 over the assumptions", "", "", "",
    ]  # fmt: skip


def test_nothing_on_file_is_what_was_counted_and_none():
    def mean(value):
        return Results((Result(measure="exposure", score="mean_sightings", value=value, unit="sightings"),))

    assert words.nothing_on_file(mean(0.0))
    assert not words.nothing_on_file(mean(0.1))
    assert not words.nothing_on_file(mean(0.0) + mean(0.1))
    assert not words.nothing_on_file(mean(None))


def test_terminal_lines_hold_every_number(facts):
    said = words.headlines(facts, planted())
    text = "\n".join(words.terminal_lines(said))
    for headline in said:
        assert f"{headline.number}  {headline.sentence}" in text
        assert headline.small in text


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0"), (1e-12, "0"), (0.0004, "fewer than 1"), (0.001, "1"), (0.0394, "39"), (0.9994, "999"),
        (0.9996, "more than 999"), (1 - 1e-12, "1,000"), (1.0, "1,000"),
    ],
)  # fmt: skip
def test_shares_are_counts_of_a_thousand_never_rounded_to_none_or_all(share, said):
    assert phrases.per_thousand(share) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(1, "1 day"), (45, "45 days"), (729, "729 days"), (730, "2 years"), (1256, "3.4 years"), (1826, "5 years")],
)
def test_how_long_a_run_lasts(days, said):
    assert phrases.lasting(days) == said
    assert phrases.kept_for("for ever", days) == f"all {said}"
    assert phrases.if_kept("for ever", days, days) == f"are kept as long as the run, {said}"


def test_rules_are_named_by_what_they_delete_and_else_by_how_long_runs_last():
    assert (phrases.kept_for("21 days", 45), phrases.if_kept("21 days", 45)) == ("21 days", "are deleted after 21 days")
    assert (phrases.kept_for("for ever", 45, 60), phrases.kept_for("any", 45)) == ("the whole run", "any")
    assert phrases.if_kept("for ever", 45, 60) == "are kept as long as each run"
    assert phrases.forever_note({"21 days", "for ever"}, 45) == "“For ever” means as long as the run, 45 days."
    assert phrases.forever_note({"21 days", "any"}, 45) == ""
    assert sim.policy.Retention.of("forever").label == phrases.FOR_EVER


def test_the_terminal_can_speak_without_drawing():
    code = "import sys, simulate.report.words; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
