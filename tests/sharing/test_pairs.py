"""Pairs are read whatever stands round them, and every line is accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulate.checks import ScenarioError
from simulate.sharing.network import AgencyKind, degrees, reach_of
from simulate.sharing.pairs import read_pairs
from simulate.sharing.states import CODES, UNKNOWN

BAD = Path(__file__).parent.parent / "bad" / "sharing"
FAULTS = {
    "binary.csv": ("", "text in UTF-8, found other bytes"),
    "column_twice.csv": (":1", "a column called src_agency, once, found src_agency, external_agency, src_agency"),
    "empty.csv": (":1", "a column called src_agency, found nothing"),
    "header_and_nothing.csv": ("", "found no line below the first"),
    "latin_1.csv": ("", "text in UTF-8, found other bytes"),
    "missing_column.csv": (":1", "a column called external_agency, found src_agency, agency_given"),
    "mostly_broken.csv": ("", "as many columns as the first, found 2 of 3"),
    "no_header.csv": (":1", "a column called src_agency, found adams oh pd"),
    "one_column.csv": (":1", "a column called external_agency, found src_agency"),
    "only_blanks.csv": ("", "at least one pair of two agencies, found 2 lines that lack a name"),
    "only_self_loops.csv": ("", "at least one pair of two agencies, found 2 lines that name one agency twice"),
    "semicolons.csv": (":1", "separated by commas"),
    "zero_bytes.csv": ("", "text in UTF-8, found a binary file"),
}
HEADER = "src_agency,external_agency\n"


@pytest.fixture
def read(tmp_path):
    """Read pairs from a text."""

    def call(text):
        (tmp_path / "pairs.csv").write_bytes(text.encode())
        return read_pairs(tmp_path / "pairs.csv")

    return call


def said(shared):
    """Return the pairs by name."""
    return [(shared.name[a], shared.name[b]) for a, b in zip(shared.giver(), shared.partner, strict=True)]


def test_no_bad_file_goes_untested():
    assert {path.name for path in BAD.iterdir()} == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_file_is_refused_with_one_message(name):
    where, words = FAULTS[name]
    with pytest.raises(ScenarioError) as caught:
        read_pairs(BAD / name)
    assert str(caught.value).startswith(f"{BAD / name}{where}: expected ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.csv: expected a file of pairs of agencies, found No such file"):
        read_pairs(tmp_path / "none.csv")


def test_pairs_become_a_directed_graph_of_agencies_by_name(read):
    shared, report = read(HEADER + "Cole OH PD,Adams CA SO\nAdams CA SO,Baker\nCole OH PD,Baker\n")
    assert shared.name == ("Adams CA SO", "Baker", "Cole OH PD")
    assert shared.state.tolist() == [CODES.index("CA"), UNKNOWN, CODES.index("OH")]
    assert shared.kind.tolist() == [AgencyKind.SHERIFF, AgencyKind.OTHER, AgencyKind.POLICE]
    assert (shared.first.tolist(), shared.partner.tolist()) == ([0, 1, 1, 3], [1, 0, 1])
    assert (shared.given().tolist(), shared.received().tolist()) == ([1, 0, 2], [1, 2, 0])
    assert (report.lines, report.kept, report.agencies, report.without_state, report.mended) == (3, 3, 3, 1, 0)


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (",B\n", {"blank": 1}),
        ("A,\n", {"blank": 1}),
        ("A,NA\n", {"blank": 1}),
        ('A,""\n', {"blank": 1}),
        ("A,  \n", {"blank": 1}),
        ("A,'\n", {"blank": 1}),
        ("A,A\n", {"to_itself": 1}),
        ("B,b\n", {"to_itself": 1, "mended": 1}),
        ("A,B\n", {"repeated": 1}),
        (" A , B\n", {"repeated": 1, "mended": 1}),
        ('"A","B"\n', {"repeated": 1}),
        ('"""A""",‘B’\n', {"repeated": 1, "mended": 2}),
        ("a,B\na,B\n", {"repeated": 2, "mended": 1}),
        ("A,B,C\n", {"broken": 1}),
        ("A\n", {"broken": 1}),
        ('"A,B\n', {"broken": 1}),
        ('A,"B"x\n', {"broken": 1}),
    ],
)
def test_every_quirk_is_counted_and_adds_no_pair(read, lines, count):
    shared, report = read(HEADER + "A,B\nB,A\n" + lines)
    zero = {"blank": 0, "to_itself": 0, "repeated": 0, "broken": 0, "mended": 0}
    assert {key: getattr(report, key) for key in zero} == zero | count
    assert said(shared) == [("A", "B"), ("B", "A")]
    assert report.lines == report.blank + report.to_itself + report.repeated + report.broken + report.kept


def test_a_stray_quotation_mark_swallows_no_other_line(read):
    shared, report = read(HEADER + 'A,B\n"A,C\nB,C\nC,"A\nC,B\n')
    assert said(shared) == [("A", "B"), ("B", "C"), ("C", "B")]
    assert report.broken == 2


def test_the_columns_are_found_by_name_among_others(read):
    text = '\ufeffnote, "External_Agency",src_agency\r\nx,Baker,Adams\r\n\r\n'
    shared, report = read(text)
    assert said(shared) == [("Adams", "Baker")]
    assert report.lines == 1


def test_a_comma_may_stand_inside_quotation_marks(read):
    assert said(read(HEADER + '"Adams, City of",Baker\n')[0]) == [("Adams, City of", "Baker")]


def test_the_order_of_lines_changes_nothing(read):
    lines = [f"Agency {i} OH PD,Agency {j} OH PD\n" for i in range(5) for j in range(5) if i != j]
    once, again = (read(HEADER + "".join(some))[0] for some in (lines, lines[::-1]))
    assert once.name == again.name
    assert all(np.array_equal(getattr(once, at), getattr(again, at)) for at in ("uid", "first", "partner", "state"))


def test_a_federal_agency_counts_for_no_state(read):
    shared, _ = read(HEADER + "Adams OH PD,ATF Nashville TN\nAdams OH PD,FBI\n")
    assert shared.kind.tolist() == [AgencyKind.FEDERAL, AgencyKind.POLICE, AgencyKind.FEDERAL]
    assert dict(zip(shared.name, shared.state.tolist(), strict=True)) == {
        "ATF Nashville TN": UNKNOWN, "Adams OH PD": CODES.index("OH"), "FBI": UNKNOWN,
    }  # fmt: skip
    assert degrees(shared).to_federal == 1


def test_what_became_of_the_lines_is_one_sentence(read):
    _, report = read(HEADER + "A OH PD,B\nA OH PD,A OH PD\nB,\nA OH PD,B\nx\n A OH PD,B \n")
    assert report.describe() == (
        "File of pairs: 6 lines, 1 without a name, 1 naming one agency twice, 2 repeating another and 1 unreadable;"
        " kept: 1 pairs, 2 agencies, 1 of them without a state in their name; spellings mended: 1."
    )


def test_the_real_network_is_what_was_counted(data):
    shared, report = read_pairs(data / "agencies" / "agency_access.csv")
    assert (report.lines, report.kept, report.agencies, report.without_state) == (37_099, 37_099, 4_620, 94)
    assert (report.blank, report.to_itself, report.repeated, report.broken, report.mended) == (0, 0, 0, 0, 0)
    of = degrees(shared)
    assert (of.givers, of.median, of.to_federal) == (224, 127, 120)
    assert of.mean == pytest.approx(37_099 / 224)
    assert of.many == pytest.approx(2 / 224)
    assert of.within_state == pytest.approx(0.656, abs=0.001)
    assert of.mutual == pytest.approx(0.685, abs=0.001)
    at = shared.name.index
    assert shared.given().max() == shared.given()[at("Pittsboro IN PD")] == 3_861
    assert shared.received().max() == shared.received()[at("US Postal Inspection Service")] == 110
    assert [reach_of(shared, at("El Cajon CA PD"), steps) for steps in (1, 2)] == [305, 4_182]
    assert np.bincount(shared.state[shared.state >= 0], minlength=51)[CODES.index("IL")] == pytest.approx(445, abs=5)
