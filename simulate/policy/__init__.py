"""What becomes of a read, and who sees what, under the rules of a case; and the rules themselves by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulate.rules import *  # noqa: F403

if not TYPE_CHECKING:
    from simulate.rules import __all__ as __all__
