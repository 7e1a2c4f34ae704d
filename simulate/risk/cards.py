"""Attacker cards: the assumptions of an attack, stated beside every result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackerCard:
    """Knowledge and question of an attacker; printed with every rate."""

    question: str
    knows: str
    roads: str
    """Road model: none, public roads, or the generator's own."""
    targets: str
    counts_as_success: str
    baseline: str

    def describe(self) -> str:
        """Return the card in a few sentences."""
        return (
            f"{self.question} The attacker knows {self.knows}; of the roads, {self.roads}. Targets: {self.targets}. "
            f"Success: {self.counts_as_success}. Baseline: {self.baseline}."
        )
