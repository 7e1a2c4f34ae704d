"""TOML split into its statements in one pass, and parsed at any size without failure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from simulate.checks import DEEPEST, TOO_DEEP, ScenarioError

_TOKEN = re.compile(
    r"""
    (?P<text> \"{3}(?:[^"\\]++|\\.|"(?!""))*+\"{3,5} | '{3}.*?'{3,5} | "(?:[^"\\\n]++|\\.)*+" | '[^'\n]*+' )
    | (?P<comment> \#[^\n]*+ )
    | (?P<end> \n )
    | (?P<open> [\[{] )
    | (?P<close> [\]}] )
    | (?P<dot> \. )
    | (?P<between> [=,] )
    | (?P<word> [^\s"'\#\[\]{}.=,]++ | ["'] )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENS = {"open": 1, "close": -1}
_OF_A_KEY = ("word", "text")
_LONG_NUMBER = re.compile(r"(?<![\w.])([+-]?[0-9](?:_?[0-9]){39})[0-9_]{1000,}")


class Statement(NamedTuple):
    """A header or a key with its value."""

    line: int
    """Number of its first line."""
    text: str
    comment: str
    """Text after the # of its last line."""


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """Parse TOML; a whole number too long for Python is cut to 40 digits, still far beyond 64 bits.

    Returns the text as parsed and its tables. Raises TOMLDecodeError on invalid TOML.
    """
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:
        text = _LONG_NUMBER.sub(r"\1", text)
        return text, tomllib.loads(text)


def statements(text: str, where: str = "") -> Iterator[Statement]:
    """Split TOML into its statements, in time linear in the length of the text.

    Invalid TOML yields arbitrary statements: its fault is the parser's to report.

    Raises
    ------
    ScenarioError
        If lists or dotted keys are nested deeper than `DEEPEST`: the parser's time would grow with
        the square of the depth. where : the file, for the error.
    """
    start, first, comment = -1, 1, ""
    for kind, token, line, depth in _tokens(f"{text}\n", where):
        if kind == "comment":
            comment = token[0][1:].strip()
        elif kind != "end":
            start, first = (token.start(), line) if start < 0 else (start, first)
        else:
            if start >= 0 and depth == 0:
                yield Statement(first, text[start : token.end()], comment)
                start = -1
            comment = ""


def _tokens(text: str, where: str) -> Iterator[tuple[str, re.Match[str], int, int]]:
    """Yield each token: its kind, its match, its line, and the number of brackets open after it."""
    line, depth, dots = 1, 0, 0
    for token in _TOKEN.finditer(text):
        kind = str(token.lastgroup)
        depth = max(depth + _OPENS.get(kind, 0), 0)
        dots = dots + 1 if kind == "dot" else dots if kind in _OF_A_KEY else 0
        if max(depth, dots) > DEEPEST:
            raise ScenarioError(f"{where}:{line}", *TOO_DEEP)
        yield kind, token, line, depth
        line += token[0].count("\n")
