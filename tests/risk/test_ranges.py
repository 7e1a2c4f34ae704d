"""Ranges: least and most over all ends, the widest first, kept beside a run and used only where they hold."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from simulate.checks import ScenarioError
from simulate.policy.retention import Retention
from simulate.risk.ranges import FILE, Assumed, Ranges, range_of, ranges_for, read_ranges, write_ranges
from simulate.risk.rates import Rate, Rates


def rate(value, score="home found", retention="7 days", note=""):
    return Rate(measure="anchors", score=score, retention=retention, value=value, note=note)


def rates(value, **about):
    return Rates((rate(0.99, retention="1 day"), rate(value, **about), rate(0.99, score="work found")))


def test_the_range_is_least_and_most_of_base_and_ends_the_widest_first():
    ends = {
        "narrow": (rates(0.19), rates(0.21)),
        "wide": (rates(0.1), rates(0.25)),
        "one-sided": (rates(0.2), rates(0.3)),
        "none": (rates(0.2), rates(0.2)),
    }
    found = range_of(rate(0.2), ends)
    assert (found.base, found.least, found.most) == (0.2, 0.1, 0.3)
    assert [swing.name for swing in found.swings] == ["wide", "one-sided", "narrow", "none"]
    assert (found.swings[0].low, found.swings[0].high) == (0.1, 0.25)


def test_ends_on_one_side_are_as_wide_as_the_farther_is_from_the_base():
    found = range_of(rate(0.2), {"a": (rates(0.28), rates(0.3)), "b": (rates(0.16), rates(0.24))})
    assert [swing.name for swing in found.swings] == ["a", "b"]
    assert (found.least, found.most) == (0.16, 0.3)


def test_without_a_number_there_is_no_range_and_an_end_without_one_moves_nothing():
    assert range_of(rate(None, note="not reached"), {"a": (rates(0.1), rates(0.2))}) is None
    found = range_of(rate(0.2), {"a": (rates(None, note="nobody"), Rates())})
    assert (found.least, found.most, found.swings[0].low, found.swings[0].high) == (0.2, 0.2, None, None)


@pytest.fixture
def ranges():
    row = range_of(rate(0.2), {"a": (rates(0.1), rates(0.25))})
    assumed = Assumed(name="a", key="travel.zipf", base="1.2", low="0.9", high="1.6", why="a test")
    return Ranges(
        run_hash="5-abc", observer="pd", on="2025-03-11", retention="7 days", assumptions=(assumed,), rows=(row,)
    )


def view_of(path, *, run_hash="5-abc", observer="pd", on="2025-03-11", ladder=(1, 7, None)):
    store = SimpleNamespace(path=path, manifest=lambda: {"run_hash": run_hash})
    return SimpleNamespace(store=store, observer=observer, on=on, ladder=[Retention(days=days) for days in ladder])


def test_what_is_written_is_read_again(ranges, tmp_path):
    assert read_ranges(write_ranges(tmp_path, ranges)) == ranges
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    assert ranges_for(view_of(tmp_path)) == ranges


@pytest.mark.parametrize(
    "other", [{"run_hash": "5-abd"}, {"observer": "shops"}, {"on": "2025-03-10"}, {"ladder": (1, None)}], ids=str
)
def test_ranges_of_anything_else_are_left_aside(ranges, tmp_path, other):
    write_ranges(tmp_path, ranges)
    assert ranges_for(view_of(tmp_path, **other)) is None


def test_a_run_without_ranges_has_none(tmp_path):
    assert ranges_for(view_of(tmp_path)) is None


def test_a_range_belongs_to_the_number_it_began_at(ranges):
    assert ranges.of(rate(0.2)) is ranges.rows[0]
    for other in (rate(0.21), rate(0.2, score="work found"), rate(0.2, retention="1 day"), rate(None)):
        assert ranges.of(other) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "{",
        lambda _: "[]",
        lambda told: json.dumps({**told, "format": "ranges v0"}),
        lambda told: json.dumps({**told, "rows": [{"score": "x"}]}),
        lambda told: json.dumps({key: told[key] for key in told if key != "observer"}),
    ],
)
def test_a_spoilt_file_is_refused_with_what_to_do(ranges, tmp_path, spoil):
    (tmp_path / FILE).write_text(spoil(ranges.to_dict()), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"assumptions\.json: expected ranges .*; delete it"):
        ranges_for(view_of(tmp_path))


def test_tables_name_what_moves_a_number_most(ranges):
    assert "10.0 % to 25.0 %" in str(ranges)
    still = replace(ranges, rows=(range_of(rate(0.2), {"a": (rates(0.2), rates(0.2))}),))
    assert "nothing" in still._repr_html_()
    skipped = replace(ranges.assumptions[0], name="b", skipped="this scenario has no readers.mobile")
    assert [one.name for one in replace(ranges, assumptions=(*ranges.assumptions, skipped)).tried] == ["a"]
