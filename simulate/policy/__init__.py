"""Effect of rules on reads and on access, case by case; re-exports the rules of `simulate.rules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.rules import *  # noqa: F403

if not TYPE_CHECKING:
    from simulate.rules import __all__ as __all__
