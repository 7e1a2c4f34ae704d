"""Say what is wrong with an input in one clear message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScenarioError(ValueError):
    """Bad input: names the place, what was expected, what was found, and the remedy."""

    def __init__(self, where: object, expected: str, found: object, remedy: str = "") -> None:
        self.where = str(where)
        self.expected = expected
        self.found = str(found)
        self.remedy = remedy
        message = f"{self.where}: expected {expected}, found {self.found}"
        super().__init__(f"{message}; {remedy}" if remedy else message)

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, str, str, str]]:
        return type(self), (self.where, self.expected, self.found, self.remedy)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the nearest known word, or list them all when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}" if names else "nothing is known by that name"
