"""Compilation of leaves.

A leaf allocates nothing, so it is compiled without reference counting (`_nrt=False`):
counting for every array read out of a named tuple made the draw nearly three times
slower. Threads belong to the callers, hence `nogil` and no `prange`.
"""

from __future__ import annotations

from typing import Any

from numba import njit

_LEAF: Any = {"cache": True, "_nrt": False}

leaf = njit(nogil=True, **_LEAF)
inlined = njit(inline="always", **_LEAF)
folded = njit(nogil=True, forceinline=True, **_LEAF)
"""A leaf folded into its caller: tables of many arrays are too costly to pass on every call."""
driver = njit(nogil=True, cache=True)
"""A kernel with its own scratch arrays, calling leaves."""
