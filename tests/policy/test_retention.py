"""Retention: what it keeps, what it is called, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.durations import UNIT_S
from simulate.policy import Retention

DAY = 86_400


@given(number=st.integers(1, 10**6), unit=st.sampled_from(sorted(UNIT_S)))
def test_a_duration_keeps_its_seconds_to_the_last_one(number, unit):
    seconds = number * UNIT_S[unit]
    if seconds <= 1000 * UNIT_S["y"]:
        assert Retention.of(f"{number}{unit}").seconds == seconds


@pytest.mark.parametrize(
    ("text", "label", "sentence"),
    [
        ("3min", "3 minutes", "Sightings are deleted after 3 minutes."),
        ("21d", "21 days", "Sightings are deleted after 21 days."),
        ("24h", "1 day", "Sightings are deleted after 1 day."),
        ("1y", "1 year", "Sightings are deleted after 1 year."),
        ("forever", "for ever", "Sightings are kept for ever."),
    ],
)
def test_a_rule_says_what_it_does(text, label, sentence):
    assert Retention.of(text).label == label
    assert Retention.of(text).describe() == sentence


def test_days_and_durations_make_the_same_rule():
    assert Retention(days=21) == Retention.of("21d") == Retention.of("3w")
    assert len({Retention(days=1), Retention.of("24h"), Retention.of("1d")}) == 1
    assert Retention(days="forever") == Retention.of("forever")
    assert Retention(days=0.5).label == "12 hours"


@given(now=st.integers(0, 2**32 - 1), shorter=st.floats(1e-4, 1e4), longer=st.floats(1e-4, 1e4))
def test_longer_rules_reach_further_back_and_none_before_the_start(now, shorter, longer):
    shorter, longer = sorted((shorter, longer))
    since = [Retention(days=days).since(now) for days in ("forever", longer, shorter)]
    assert 0 == since[0] <= since[1] <= since[2] <= now


def test_a_rule_leaves_exactly_its_age():
    assert Retention(days=2).since(10 * DAY) == 8 * DAY
    assert Retention.of("3min").since(10 * DAY) == 10 * DAY - 180
    assert Retention(days=20).since(10 * DAY) == 0


@pytest.mark.parametrize("days", [0, -1, 1e-6, math.nan, math.inf, -math.inf])
def test_what_is_no_retention_is_refused_in_one_message(days):
    expected = r'^retention\.days: expected a number of days above 0, or "forever", found'
    with pytest.raises(ScenarioError, match=expected) as told:
        Retention(days=days)
    assert repr(days) in str(told.value)
    assert "21 for 21 days" in told.value.remedy


@pytest.mark.parametrize("text", ["0d", "-3d", "21", "21 days", "", "forever and ever", "5m"])
def test_a_duration_that_is_none_names_the_option(text):
    with pytest.raises(ScenarioError, match=r'^retention: expected a duration such as "21d" or "forever"'):
        Retention.of(text)


def test_a_rule_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Retention(days=1).days = 2  # type: ignore[misc]
