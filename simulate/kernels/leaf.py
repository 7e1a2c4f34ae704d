"""How leaves are compiled.

A leaf allocates nothing, so it is compiled without reference counting (`_nrt=False`):
reading an array out of a named tuple otherwise counts up and down, which made the draw
nearly three times slower. Threads belong to the callers, hence `nogil` and no `prange`.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_LEAF: Any = {"cache": True, "_nrt": False}

leaf = njit(nogil=True, **_LEAF)
inlined = njit(inline="always", **_LEAF)
folded = njit(nogil=True, forceinline=True, **_LEAF)
"""A leaf that the compiler folds into its caller: tables of many arrays are too dear to hand over on every call."""
driver = njit(nogil=True, cache=True)
"""A kernel that makes its own scratch arrays and calls leaves."""
