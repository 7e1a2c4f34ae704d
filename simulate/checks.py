"""Report faults of an input in one clear message, safe for a terminal with any content."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

MOST_SHOWN = 400
"""Characters of each part of a message; of longer parts, both ends are shown."""
MOST_NAME = 60
"""Characters of a name or a value within it."""
MOST_KNOWN = 60
"""Number of known names listed."""
MOST_FAULTS = 20
"""Number of faults listed one by one; the rest are counted."""
DEEPEST = 32
"""Greatest nesting of tables and lists; no input needs more than a handful."""
TOO_DEEP = (f"tables and lists at most {DEEPEST} deep", "more inside one another", "take some out")
"""Expectation, finding and remedy for deeper nesting."""


class ScenarioError(ValueError):
    """Bad input: names the place, what was expected, what was found, and the remedy.

    others : more faults of the same input, each on a line of its own.
    """

    def __init__(
        self, where: object, expected: str, found: object, remedy: str = "", others: Sequence[ScenarioError] = ()
    ) -> None:
        self.where = shorten(where)
        self.expected = shorten(expected)
        self.found = shorten(found)
        self.remedy = shorten(remedy)
        self.others = tuple(others)
        message = f"{self.where}: expected {self.expected}, found {self.found}"
        lines = [f"{message}; {self.remedy}" if remedy else message]
        lines += map(str, self.others[: MOST_FAULTS - 1])
        if more := len(self.others) - (MOST_FAULTS - 1):
            lines += [f"and {more:,} more {'fault' if more == 1 else 'faults'}"] if more > 0 else []
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, str, str, str, tuple[ScenarioError, ...]]]:
        return type(self), (self.where, self.expected, self.found, self.remedy, self.others)


def shorten(value: object, most: int = MOST_SHOWN) -> str:
    """Return a text without control characters, of at most `most` characters: its middle goes, both ends stay."""
    text = str(value)
    if len(text) > most:  # first, since the next step takes time in proportion to the length
        text = _ends(text, most)
    text = printable(text)
    return text if len(text) <= most else _ends(text, most)


def printable(text: str, kept: str = "") -> str:
    r"""Return a text with control and invisible characters as escapes such as \x1b; those in `kept` stay."""
    if text.isprintable():
        return text
    hidden = (c not in kept and (unicodedata.category(c)[0] == "C" or c in "\u2028\u2029") for c in text)
    return "".join(c.encode("unicode_escape").decode() if h else c for c, h in zip(text, hidden, strict=True))


def too_deep(value: object) -> tuple[str, ...]:
    """Return the keys to a value deeper than `DEEPEST`; if none, the value is safe for recursion."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), value)]
    while waiting:
        keys, inner = waiting.pop()
        if isinstance(inner, Mapping | list | tuple):
            if len(keys) > DEEPEST:
                return keys
            named = inner.items() if isinstance(inner, Mapping) else (("[]", item) for item in inner)
            waiting += [((*keys, str(key)), below) for key, below in named]
    return ()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint at the nearest known word, or at the known words if none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6) if len(word) <= MOST_SHOWN else []
    if near:
        return f"did you mean {shorten(near[0], MOST_NAME)!r}?"
    more = [f"and {len(names) - MOST_KNOWN:,} more"] if len(names) > MOST_KNOWN else []
    listed = ", ".join([*(shorten(name, MOST_NAME) for name in names[:MOST_KNOWN]), *more])
    return f"known: {listed}" if names else "nothing is known by that name"


def _ends(text: str, most: int) -> str:
    head = (most - 1) // 2
    return f"{text[:head]}…{text[head + 1 - most :]}"
