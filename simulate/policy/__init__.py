"""What may stay and be seen: one small rule a file."""

from __future__ import annotations

from simulate.policy.retention import Retention

__all__ = ["Retention"]
