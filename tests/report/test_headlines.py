"""What the numbers say in words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from towns import small_view

import simulate as sim
from simulate.report import phrases, words
from simulate.risk.rates import Rate, Rates


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return small_view(tmp_path_factory.mktemp("run"), ["1d", "7d", "90d", "1y"])


@pytest.fixture(scope="module")
def rates(view):
    return sim.measure(view, targets=40)


def planted(rule="7 days"):
    """Rates such as the measures return, with numbers that cannot be mistaken."""
    common = {"retention": rule, "n": 1000}
    return Rates((
        Rate(measure="exposure", score="never seen", value=0.027, low=0.025, high=0.030, **common),
        Rate(measure="exposure", score="sightings, 50th percentile", value=11.0, unit="sightings", **common),
        Rate(measure="anchors", score="home found within 250 m", value=0.1501, low=0.131, high=0.175, baseline=0.039,
             **common),
        Rate(measure="anchors", score="work found within 250 m", value=0.0, low=0.0, high=0.004, baseline=0.0681,
             **common),
        Rate(measure="unicity", score="unique and right", setting="4 points from records; hour, reader", value=0.9999,
             low=0.9996, high=1.0, baseline=1 / 13_600, **common),
        Rate(measure="unicity", score="unique and right", setting="4 points from truth; half an hour, 250 m",
             value=0.044, low=0.033, high=0.059, baseline=1 / 13_600, **common),
    ))  # fmt: skip


def test_headlines_say_number_interval_and_baseline(view):
    seen, home, work, single = words.headlines(view, planted())
    assert seen.number == "973 in 1,000"
    assert "Never seen: 27 in 1,000 (95 % interval 25 to 30)" in seen.small
    assert "Half of them have 11 sightings or more" in seen.small
    assert home.number == "150 in 1,000"
    assert "95 % interval 131 to 175. Without any sightings: 39." in home.small
    assert "live here" in home.sentence
    assert work.number == "0 in 1,000"
    assert "interval 0 to 4. Without any sightings: 68." in work.small
    assert "commute" in work.sentence
    assert single.number == "more than 999 in 1,000"
    assert "Without any sightings: fewer than 1." in single.small
    assert single.small.endswith("a neighbour noted, reader or not: 44.")


def test_headlines_are_about_the_longest_rule_that_is_reached(view, rates):
    said = words.headlines(view, rates)
    home = rates.one(measure="anchors", score="home found within 250 m", retention="7 days")
    assert [headline.title for headline in said] == ["Seen", "Home found", "Work found", "Singled out"]
    assert said[1].number == f"{phrases.per_thousand(home.value)} in 1,000"
    assert (said[1].value, said[1].baseline) == (home.value, home.baseline)
    never = rates.one(measure="exposure", score="never seen", retention="7 days")
    assert said[0].value == 1 - never.value
    assert all(headline.value is not None for headline in said), "every headline is found among the measures' own rates"


def test_every_headline_says_so_when_no_rule_is_reached(view):
    young = replace(view, ladder=view.ladder[-1:])
    said = words.headlines(young, sim.measure(young, targets=10))
    assert [headline.number for headline in said] == ["not reached"] * 4
    assert all("the run is 30 days old" in headline.sentence for headline in said)


def test_what_was_not_measured_has_no_number(view):
    said = words.headlines(view, Rates())
    assert len(said) == 4
    assert {headline.number for headline in said} == {"no number"}
    assert {headline.sentence for headline in said} == {"this was not measured"}


def test_terminal_lines_hold_every_number(view):
    said = words.headlines(view, planted())
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
    assert phrases.note_for_ever({"21 days", "for ever"}, 45) == "“For ever” means as long as the run, 45 days."
    assert phrases.note_for_ever({"21 days", "any"}, 45) == ""
    assert sim.policy.Retention.of("forever").label == phrases.FOR_EVER


def test_the_terminal_can_speak_without_drawing():
    code = "import sys, simulate.report.words; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
