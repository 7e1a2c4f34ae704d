"""Say what is wrong with an input in one clear message, fit for a terminal whatever the input holds."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

MOST_SHOWN = 400
"""Characters of each part of a message; of what is longer, both ends are shown."""
MOST_NAME = 60
"""Characters of a name or a value within it."""
MOST_KNOWN = 60
"""Known names that are listed."""
MOST_FAULTS = 20
"""Faults that are told one by one; the rest are counted."""
DEEPEST = 32
"""Tables and lists that may lie inside one another; no input needs more than a handful."""
TOO_DEEP = (f"tables and lists at most {DEEPEST} deep", "more inside one another", "take some out")
"""What is expected, found and to be done where there are more."""


class ScenarioError(ValueError):
    """Bad input: names the place, what was expected, what was found, and the remedy.

    others : more faults of the same input, each told on a line of its own.
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
    """Return a text without control characters and no longer than `most`: its middle goes, both ends stay."""
    text = str(value)
    if len(text) > most:  # before it is made printable, which takes time in proportion
        text = _ends(text, most)
    text = printable(text)
    return text if len(text) <= most else _ends(text, most)


def printable(text: str, kept: str = "") -> str:
    r"""Show what a terminal would obey, or what would not be seen, as an escape such as \x1b; `kept` stays."""
    if text.isprintable():
        return text
    hidden = (c not in kept and (unicodedata.category(c)[0] == "C" or c in "\u2028\u2029") for c in text)
    return "".join(c.encode("unicode_escape").decode() if h else c for c, h in zip(text, hidden, strict=True))


def too_deep(value: object) -> tuple[str, ...]:
    """Return the keys that lead deeper than `DEEPEST`; none where nothing does: the value may be walked recursively."""
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
    """Suggest the nearest known word, or list them all when none is near."""
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
