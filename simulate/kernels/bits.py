"""Count of set bits, and position of the lowest, of a 64-bit word in one instruction."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types

ONE, BYTE, ALL = np.uint64(1), np.uint64(255), np.uint64(0xFFFFFFFFFFFFFFFF)
intrinsic: Any = extending.intrinsic
"""Numba supplies the typing context itself, contrary to its annotations."""


@intrinsic
def ones(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    """Count the set bits; uint64 -> uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def highest(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    """Return the position of the highest set bit, 2^64 - 1 if none; uint64 -> uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        empty = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))
        return builder.sub(ir.Constant(ir.IntType(64), 63), empty)

    return types.uint64(types.uint64), generate


@intrinsic
def lowest(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    """Return the position of the lowest set bit, 64 if none; uint64 -> uint64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate
