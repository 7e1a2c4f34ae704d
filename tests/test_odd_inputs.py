"""Inputs of absurd size, depth or characters: one short message, whatever reads them."""

from __future__ import annotations

import pickle

import pytest

from simulate.checks import MOST_FAULTS, MOST_SHOWN, ScenarioError, did_you_mean, printable, shorten
from simulate.durations import parse_duration
from simulate.files import read_json
from simulate.scenario import changed, from_resolved, load
from simulate.scenario.faults import spell

HUGE = 5000 * "9"
RED, MIRROR = "\x1b[31m", "\u202e"


def brief(value):
    """Name a case by a few characters of its value."""
    return shorten(spell(value), 24)


def refused(*overrides, file=None, **options):
    """Return the message by which overrides, or a file that extends smallville, are refused."""
    with pytest.raises(ScenarioError) as caught:
        load(file or "smallville", overrides=list(overrides), **options)
    return str(caught.value)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a scenario that extends smallville; its name is the shortest there is."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "x.toml").write_text(f'extends = "smallville"\n{text}\n', encoding="utf-8")
        return "x.toml"

    return write


# Whole numbers


@pytest.mark.parametrize(
    "number", [HUGE, f"-{HUGE}", "1" + 3000 * "_00", f"0x{HUGE}", str(2**63), str(-(2**63) - 1)], ids=brief
)
def test_whole_numbers_beyond_64_bits_are_refused_at_their_key(number, written):
    said = "period.days: expected a whole number of at most 19 digits (64 bits), found "
    message = refused(f"period.days={number}")
    assert message.startswith(said.replace("period.days", 'overrides["period.days"]'))
    assert len(message) < 200
    message = refused(file=written(f"[period]\nstart = 2025-03-03\ndays = {number} # a source"))
    assert message.startswith(f"x.toml:4: {said}")
    assert len(message) < 200
    inside = refused(f"measure.retention=['1d', {number}]")
    assert inside.startswith('overrides["measure.retention"]: expected a whole number of at most 19 digits')


def test_whole_numbers_of_64_bits_meet_the_bounds_of_their_key():
    assert "from 1 to 7305, found 9223372036854775807" in refused(f"period.days={2**63 - 1}")


@pytest.mark.parametrize("text", [f"{HUGE}d", f"{HUGE}", f"-{HUGE}d", f"{HUGE}m", 200_000 * "0" + "d"], ids=brief)
def test_durations_of_absurd_length_are_refused(text):
    with pytest.raises(ScenarioError, match=r"^retention: expected a duration") as caught:
        parse_duration(text, "retention")
    assert len(str(caught.value)) < 3 * MOST_SHOWN


def test_zeros_before_a_duration_count_for_nothing():
    assert parse_duration(5000 * "0" + "3min") == 180


@pytest.mark.parametrize("seed", [2**63, 10**5000, -(10**5000)], ids=brief)
def test_a_seed_has_at_most_64_bits(seed):
    message = refused(seed=seed)
    assert message.startswith("seed: expected a whole number of at least 0 and at most 19 digits, found ")
    assert len(message) < 200


@pytest.mark.parametrize(
    "text", [f'{{"a": {HUGE}}}', 3000 * "[" + 3000 * "]", 300_000 * '{"a":', 40 * "[" + 40 * "]"], ids=brief
)
def test_json_that_python_cannot_read_is_a_value_error_in_few_words(text):
    with pytest.raises(ValueError, match=r"^(a whole number of 5,000 digits|tables or lists too deep|Expecting)"):
        read_json(text)


# Depth


@pytest.mark.parametrize(
    "text",
    [
        2000 * "a." + "a = 1",
        f"[{2000 * 'a.'}a]\nb = 1",
        f"a = {2000 * '['}{2000 * ']'}",
        f"a = {30 * '{a.a.a.a.a.a = '}1{30 * '}'}",
        f"[{20 * 'a.'}a]\n{20 * 'b.'}b = 1",
    ],
    ids=brief,
)
def test_tables_deep_inside_one_another_are_refused(text, written):
    message = refused(file=written(text))
    assert message.startswith("x.toml:")
    assert "expected tables and lists at most 32 deep, found more inside one another; take some out" in message


def test_an_option_or_a_stored_scenario_may_lie_no_deeper():
    deep = ring = {}
    for _ in range(2000):
        deep = {"a": deep}
    ring["a"] = ring
    for value in (deep, ring):
        with pytest.raises(ScenarioError, match="at most 32 deep"):
            load("smallville", overrides={"readers.place": value})
        with pytest.raises(ScenarioError, match="at most 32 deep"):
            from_resolved({"title": value}, "x", 0)
        with pytest.raises(ScenarioError, match=r"mine.*at most 32 deep"):
            changed(load("smallville"), {("title",): value}, "mine")
    assert "at most 32 deep" in refused(2000 * "a." + "a=1")
    assert "expected text" in refused("title={a.a=1}")
    plain = f"{{{60_000 * 'a.'}a=1}}"
    assert load("smallville", overrides=[f"title={plain}"]).title == plain, "what lies too deep is plain text"


@pytest.mark.parametrize(("files", "fine"), [(29, True), (30, True), (31, False), (1500, False)])
def test_a_chain_of_extends_has_at_most_32_files(files, fine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for at in range(files):
        parent = f"f{at + 1}.toml" if at < files - 1 else "smallville"
        (tmp_path / f"f{at}.toml").write_text(f'extends = "{parent}"\ntitle = "{at}"\n')
    if fine:
        assert load("f0.toml").title == "0"
        return
    assert "extends: expected a chain of at most 32 files, found one more" in refused(file="f0.toml")


# Characters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (RED, r"\x1b[31m"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        (f"a{MIRROR}b\u200f\u2066", r"a\u202eb\u200f\u2066"),
        ("\x7f\x9b\x00\u2028", r"\x7f\x9b\x00\u2028"),
        ("\udcff", r"\udcff"),
        ("Z\u00fcrich 88\u00a0% \u6771\u4eac …", "Z\u00fcrich 88\u00a0% \u6771\u4eac …"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text, shown):
    assert printable(text) == shown
    assert spell(text) == f'"{shown}"'
    message = str(ScenarioError(text, text, text, text))
    assert message == f"{shown}: expected {shown}, found {shown}; {shown}"
    assert str(pickle.loads(pickle.dumps(ScenarioError(text, text, text, text)))) == message


def test_newlines_and_tabs_stay_where_they_are_wanted():
    assert printable("a\n\tb\x1b", kept="\n\t") == "a\n\tb\\x1b"


@pytest.mark.parametrize("odd", [RED, MIRROR, "\\u009b", "\\n"])
def test_odd_keys_and_values_reach_no_terminal(odd, written):
    escaped = odd.encode("unicode_escape").decode().replace("\\x1b", "\\u001b") if odd[0] != "\\" else odd
    for text in (f'[period]\n"{escaped}days" = 3', f'[travel]\nzipf = "{escaped}"', f'[owners."{escaped}"]\nkind = 1'):
        message = refused(file=written(text))
        assert message.startswith("x.toml:")
        assert printable(message, kept="\n") == message
    for override in (f"{odd}=3", f"title.{odd}=3", f'travel.zipf="{odd}"', f"travel.zipf={odd}"):
        assert printable(refused(override), kept="\n") == refused(override)


@pytest.mark.parametrize("text", ["\udcff", "a\x00b"])
@pytest.mark.parametrize("key", ["title", "readers.place.police.path"])
def test_text_that_no_file_could_hold_is_refused(key, text):
    with pytest.raises(ScenarioError, match=rf'^overrides\["{key}"\]: expected text in UTF-8 without zero bytes'):
        load("smallville", overrides={key: text})
    assert "without zero bytes" in refused(f"owners={{{chr(39)}{text}{chr(39)}={{kind='police'}}}}")


# Length


@pytest.mark.parametrize(
    "text",
    [
        200_000 * "k" + " = 1",
        f'"{200_000 * RED.replace(chr(27), "u")}" = 1',
        f"[period]\n{200_000 * 'k'} = 1",
        f'[travel]\nzipf = "{200_000 * "v"}"',
        f'[measure]\nattacker_roads = "{200_000 * "v"}"',
        "[measure]\nretention = [" + 20_000 * '"3m", ' + "]",
        f"[measure]\nretention = '{200_000 * 'v'}'",
        f"[measure]\nretention = ['{200_000 * '1'}m']",
        f'[owners."{200_000 * "o"}"]\nkind = "police"',
        f'[readers.place.police]\nowner = "{200_000 * "o"}"',
        f'[roads]\nsource = "{200_000 * "s"}"',
        f'extend = "{200_000 * "s"}"',
    ],
    ids=brief,
)
def test_names_and_values_of_any_length_are_shortened(text, written):
    for line in refused(file=written(text)).split("\n"):
        assert len(line) < 3 * MOST_SHOWN
        assert line.startswith("x.toml:") or line.endswith("faults")
        assert ": expected " in line or line.endswith("faults")


def test_both_ends_of_what_is_long_stay():
    text = shorten("a" + 10_000 * "-" + "z", 60)
    assert (len(text), text[0], text[-1], text.count("…")) == (60, "a", "z", 1)
    assert len(shorten(10_000 * RED, 60)) == 60
    assert shorten(shorten(10_000 * RED, 60), 60) == shorten(10_000 * RED, 60)
    assert shorten("short") == "short"


def test_of_very_many_known_names_some_are_listed():
    said = did_you_mean("?", [f"name{i}" for i in range(5000)])
    assert said.startswith("known: name0, name1, name10, ")
    assert said.endswith(", and 4,940 more")


def test_values_are_spelt_as_toml_writes_them():
    values = [True, 3, 0.5, 'a "b" \\', None, [1, "x", [2.5]], {}, {"a": 1}, 10**400]
    assert [spell(value) for value in values[:-1]] == [
        "true", "3", "0.5", '"a \\"b\\" \\\\"', "nothing", '[1, "x", [2.5]]', "an empty table", "a table",
    ]  # fmt: skip
    assert spell(values[-1]).startswith("0x")
    assert len(spell(list(range(10**6)))) == 60


# Many faults


def test_of_thousands_of_faults_twenty_are_told_and_the_rest_counted(written):
    message = refused(file=written("[period]\n" + "".join(f"k{i} = {i}\n" for i in range(5000))))
    *told, rest = message.split("\n")
    assert len(told) == MOST_FAULTS
    assert all(line.startswith("x.toml:") and "expected a key of this table" in line for line in told)
    assert rest == "and 4,980 more faults"


@pytest.mark.parametrize(("faults", "rest"), [(20, None), (21, "and 1 more fault"), (22, "and 2 more faults")])
def test_faults_are_counted_beyond_the_twentieth(faults, rest, written):
    lines = refused(file=written("[period]\n" + "".join(f"k{i} = {i}\n" for i in range(faults)))).split("\n")
    assert lines[MOST_FAULTS:] == ([] if rest is None else [rest])


def test_errors_keep_their_other_faults_when_they_travel(written):
    with pytest.raises(ScenarioError) as caught:
        load(written("[period]\n" + "".join(f"k{i} = {i}\n" for i in range(30))))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert len(caught.value.others) == 29


@pytest.mark.parametrize(
    "per", ['[readers.place.r{}]\nowner = "oo{}"', '[observers.r{}]\nsees = ["oo{}"]\npurpose = "x"']
)
def test_thousands_of_unknown_owners_beside_thousands_of_owners_take_no_time(per, written, monkeypatch):
    asked = []
    monkeypatch.setattr("simulate.scenario.schema.settings.did_you_mean", lambda *_: asked.append(1) or "")
    monkeypatch.setattr("simulate.scenario.schema.owners.did_you_mean", lambda *_: asked.append(1) or "")
    owners = "".join(f'[owners.o{i}]\nkind = "police"\n' for i in range(300))
    rule = '\nstrategy = "random"\ncount = 1\nspacing_m = 0\n' if "place" in per else "\n"
    message = refused(file=written(owners + "".join(per.format(i, i) + rule for i in range(300))))
    assert message.endswith("\nand 280 more faults")
    assert len(asked) == MOST_FAULTS
