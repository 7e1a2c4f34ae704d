"""The sharing network of a scenario: generated or read, its agencies placed in metros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.sharing_schema import GeneratedSharing
from simulate.world.agencies import generate
from simulate.world.metros import place, read_metros
from simulate.world.pairs import read_pairs
from simulate.world.sharing import describe, placed

if TYPE_CHECKING:
    from simulate.sharing_schema import PairsSharing
    from simulate.world.metros import Metros
    from simulate.world.sharing import SharingNetwork


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuiltNetwork:
    """A sharing network, where its agencies stand, and what to say of it."""

    shared: SharingNetwork
    metros: Metros | None
    """The table that `shared.metro` points into; None if the scenario gives none."""
    notes: tuple[str, ...]
    """Plain sentences: what the network is, what became of its file, how many agencies stand in metros."""


def build_network(settings: GeneratedSharing | PairsSharing, seed: int) -> BuiltNetwork:
    """Invent or read the network that a scenario's [sharing] asks for."""
    read: list[str] = []
    if isinstance(settings, GeneratedSharing):
        values = {key: value for key, value in settings if key not in {"source", "metros"}}
        shared = generate(**values, seed=seed)
    else:
        shared, report = read_pairs(_given(settings.path, "sharing.path", "a file of pairs of agencies"))
        read.append(report.describe())
    metros = None
    if settings.metros is not None:
        metros = read_metros(_given(settings.metros.path, "sharing.metros.path", "a table of metros"))
        shared = placed(shared, place(shared.uid, shared.state, metros, seed))
        read.append(f"{int((shared.metro >= 0).sum()):,} agencies stand in one of {metros.n} large metros.")
    return BuiltNetwork(shared=shared, metros=metros, notes=(describe(shared), *read))


def _given(path: str, key: str, what: str) -> str:
    """Return a path, refusing one that nobody has given."""
    if not path:
        raise ScenarioError(key, f"the path of {what}", "nothing", f"give it: --set {key}=FILE")
    return path
