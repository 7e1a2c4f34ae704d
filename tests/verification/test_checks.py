"""The framework of the checks: what counts as what, and that the page says it."""

from __future__ import annotations

import re

import pytest
from checks import RECALLED, Finding, Record
from page import text, write
from pictures import panels

FIGURE = {
    "what": "a figure", "published": "10", "source": "A survey", "low": 9.0, "high": 11.0, "kind": "held out",
}  # fmt: skip


def finding(value, **changes):
    return Finding(**{"name": "movement.x", "value": value, "why": "", "unit": "", **FIGURE, **changes})


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(9.0, "reproduced"), (11.0, "reproduced"), (8.999, "missed"), (11.001, "missed"), ((9.5, 10.5), "reproduced"),
     ((5.0, 9.0), "bracketed"), ((5.0, 20.0), "bracketed"), ((12.0, 20.0), "missed"), (float("nan"), "missed")],
)  # fmt: skip
def test_values_are_judged(value, outcome):
    assert finding(value).outcome == outcome


@pytest.mark.parametrize(("value", "expected"), [(12, "reproduced"), (10, "missed"), ((8, 10), "reproduced")])
def test_another_outcome_than_expected_fails_either_way_and_is_kept(value, expected):
    record = Record()
    with pytest.raises(AssertionError, match="expected to be"):
        record.check("movement.x", value=value, expected=expected, why="because", **FIGURE)
    assert "movement.x" in record.findings


def test_a_miss_without_a_reason_fails():
    with pytest.raises(AssertionError, match="needs its reason"):
        Record().check("movement.x", value=1, expected="missed", **FIGURE)


@pytest.mark.parametrize(("name", "message"), [("movement.x", "recorded twice"), ("weather.x", "no such topic")])
def test_names_are_used_once_and_belong_to_a_topic(name, message):
    record = Record()
    record.check("movement.x", value=10, expected="reproduced", **FIGURE)
    with pytest.raises(AssertionError, match=message):
        record.check(name, value=10, expected="reproduced", **FIGURE)
    with pytest.raises(AssertionError, match=message):
        record.miss(name, what="", published="", source=None, why="none")


@pytest.fixture
def record():
    kept = Record()
    kept.check("movement.b", value=10.4, expected="reproduced", **FIGURE)
    kept.check("movement.a", value=5, expected="missed", why="a reason.", **{**FIGURE, "source": None})
    kept.check("reads.c", value=0.5, expected="missed", why="another", unit="%", **{**FIGURE, "kind": "input"})
    kept.miss("reads.d", what="a thing", published="3", source=None, why="no such thing")
    figure, _ = panels()
    kept.picture("one", figure, topic="reads", caption="Some bars.", says="bars")
    return kept


def test_the_page_says_all_of_it(record):
    page = text(record, record.pictures, "images")
    assert "Of the 1 that are evidence, **1 are reproduced, 0 bracketed and 0 missed**" in page
    assert "| **held out, source read** | 1 | 0 | 0 | 1 |" in page
    assert "| held out, recalled | 0 | 0 | 1 | 1 |" in page
    assert "| input | 0 | 0 | 1 | 1 |" in page
    assert "- *How vehicles move.* a figure (5, published 10)." in page
    assert f"| a figure | 5 | 10 ({RECALLED}) | 9 to 11 | held out | **missed** |" in page
    assert "- *a figure*: a reason.\n" in page
    assert "| a figure | 50 % |" in page
    assert "| a thing | 3 (recalled, unchecked) | no such thing |" in page
    assert page.index("## How vehicles move") < page.index("| a figure | 5 |") < page.index("| a figure | 10.4 |")
    assert page.index("## How often") < page.index("![bars](images/one.png)") < page.index("## Where this model")


def test_writing_twice_changes_nothing_and_leaves_no_other_picture(record, tmp_path):
    page, folder = tmp_path / "validation.md", tmp_path / "images"
    folder.mkdir()
    (folder / "old.png").write_bytes(b"old")
    write(record, page, folder)
    first = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in (page, *folder.iterdir())}
    write(record, page, folder)
    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in (page, *folder.iterdir())} == first
    assert set(first) == {"validation.md", "held_out.png", "one.png"}
    assert set(re.findall(r"\]\(images/(\w+\.png)\)", page.read_text())) == {"held_out.png", "one.png"}
