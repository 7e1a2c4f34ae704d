"""TOML cut into statements: as the parser reads them, in time that grows with the text alone."""

from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulate.checks import ScenarioError
from simulate.scenario.statements import parse, statements


def slow_statements(text):
    """Cut TOML by asking the parser after every line whether a statement is whole."""
    found, statement, first = [], "", 1
    for line, row in enumerate(text.split("\n"), 1):
        first = first if statement else line
        statement += f"{row}\n"
        parsed = read(statement)
        if parsed is not None:
            if parsed:
                found.append((first, parsed, slow_comment(statement, parsed)))
            statement = ""
    return found


def slow_comment(statement, parsed):
    """Return the comment of a statement's last line: what follows the first # that takes no meaning away."""
    for at in range(statement.rstrip("\n").rfind("\n") + 1, len(statement)):
        if statement[at] == "#" and read(statement[:at]) == parsed:
            return statement[at + 1 :].strip()
    return ""


def read(text):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


PLAIN = st.text("ab#'[]{}=,. \u00e9", max_size=6)
LONG = st.lists(
    st.sampled_from(["a", "#", "\n", "[", "]", "'", '\\"', "\\\\", '"', '""', "= 1\n", " # b\n"]), max_size=8
)
STRINGS = st.one_of(
    PLAIN.map(lambda text: f'"{text}"'),
    PLAIN.map(lambda text: f'"{text}\\"\\\\"'),
    PLAIN.map(lambda text: "'" + text.replace("'", "") + "'"),
    LONG.map(lambda parts: '"""' + "".join(parts) + '"""'),
    LONG.map(lambda parts: "'''" + "".join(parts).replace("'", "") + "'''"),
)
SCALARS = STRINGS | st.sampled_from(["1", "-0.5", "1e3", "true", "2025-03-03", "07:32:00", "inf"])
NEXT = st.sampled_from([", ", ",\n  ", ", # c, ] \n", " ,\n\n"])


@st.composite
def values(draw, depth=0):
    """Draw a value as TOML writes it: comments and ends of line wherever a list may have them."""
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth < 3 else "scalar"
    if kind == "scalar":
        return draw(SCALARS)
    inside = draw(st.lists(values(depth + 1), max_size=3))
    if kind == "table":
        return "{" + ", ".join(f"k{i} = {one}" for i, one in enumerate(inside)) + "}"
    return "[" + draw(st.sampled_from(["", "\n", " # b ]\n"])) + "".join(one + draw(NEXT) for one in inside) + "]"


@st.composite
def files(draw):
    """Draw a file of headers, keys, comments and blank lines."""
    rows = []
    for at in range(draw(st.integers(0, 5))):
        rows.append(draw(st.sampled_from(["", "# alone [", f"[t{at}.'a.#b'] ", f"[[u{at}]]#c", "\t"])))
        key = draw(st.sampled_from([f"k{at}", f"k{at} . b", f'"k{at}#"', f"'k{at}'.\"=\""]))
        rows.append(f"{key} = {draw(values())}{draw(st.sampled_from(['', ' # source', '#', ' # # twice']))}")
    return "\n".join(rows) + draw(st.sampled_from(["", "\n"]))


@given(files())
def test_statements_are_those_that_the_parser_finds_line_by_line(text):
    if read(text) is not None:
        assert [(line, read(said), comment) for line, said, comment in statements(text)] == slow_statements(text)


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("more", [1, 2])
def test_quotes_at_the_end_of_a_text_of_several_lines_are_part_of_it(quote, more):
    text = f"a = {3 * quote}\nx{(3 + more) * quote} # {quote}c{quote} [\nb = 1\n"
    assert [(line, comment) for line, _, comment in statements(text)] == [(1, f"{quote}c{quote} ["), (3, "")]
    assert read(text) == {"a": f"x{more * quote}", "b": 1}


@given(st.text("ab\"'#[]{}=.,\n\\ 1", max_size=60))
def test_of_what_is_no_toml_some_statements_or_other_are_cut(text):
    assert sum(len(one.text) for one in statements(text)) <= len(text) + 1


@pytest.mark.parametrize(
    "text",
    [
        'title = "' + 100_000 * "#" + '" # c\n',
        "list = [\n" + 20_000 * '"#", # c\n' + "]\n",
        20_000 * "# c\n",
        'long = """' + 50_000 * '\\""#\n' + '"""\n',
        200_000 * "k" + " = 1\n",
        "".join(f"k{i} = {i} # c\n" for i in range(20_000)),
        100_000 * '"',
        100_000 * "'",
        "k = " + 100_000 * '"""a',
    ],
    ids=["hashes", "list", "comments", "text", "key", "keys", "quotes", "apostrophes", "openings"],
)
def test_time_grows_with_the_length_of_the_text(text):
    begun = time.process_time()
    for _ in statements(text):
        pass
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("text", ["\n" + 33 * "a." + "b = 1", "\nx = " + 33 * "[", "\n[" + 33 * "'a' . " + "b]"])
def test_what_lies_too_deep_is_refused_before_the_parser_sees_it(text):
    with pytest.raises(ScenarioError, match=r"^file:2: expected tables and lists at most 32 deep, found more inside"):
        list(statements(text, "file"))


def test_dots_of_numbers_and_brackets_side_by_side_are_not_deep():
    assert len(list(statements("x = [" + 200 * "0.5, [1.5], {a.b = 2.5}, " + "]\n"))) == 1


@pytest.mark.parametrize("number", [5000 * "9", "-" + 5000 * "9", "+1" + 5000 * "_0", 5000 * "1"])
def test_a_whole_number_too_long_for_the_parser_stays_far_beyond_64_bits(number):
    text, tables = parse(f'a = 1\nb = [2, {number}]\nc = "{4000 * "7"}"\n')
    assert tables["a"] == 1
    assert abs(tables["b"][1]) > 2**64
    assert read(text) == tables


def test_a_long_number_beside_a_fault_of_syntax_is_still_no_toml():
    with pytest.raises(tomllib.TOMLDecodeError):
        parse(f"a = {5000 * '9'}\nb\n")
