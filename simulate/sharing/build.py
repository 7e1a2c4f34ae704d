"""The sharing network of a scenario: generated or read, its agencies placed in metros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulate.checks import ScenarioError
from simulate.scenario.metros import read_metros
from simulate.scenario.schema.settings import NationRoads
from simulate.scenario.schema.sharing import GeneratedSharing
from simulate.sharing.agencies import generate
from simulate.sharing.metros import in_arrays, place_agencies
from simulate.sharing.network import describe, placed
from simulate.sharing.pairs import read_pairs
from simulate.sharing.states import CODES

if TYPE_CHECKING:
    from simulate.scenario.schema.parts import Table
    from simulate.scenario.schema.sharing import PairsSharing
    from simulate.sharing.metros import Metros
    from simulate.sharing.network import SharingNetwork


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuiltNetwork:
    """A sharing network with its metros and descriptions."""

    shared: SharingNetwork
    metros: Metros | None
    """The table indexed by `shared.metro`; None if the scenario gives none."""
    origin: str
    """Source of agencies and links, in a sentence."""
    notes: tuple[str, ...]
    """Plain sentences on the network, the lines of its file and the agencies in metros."""
    credits: tuple[str, ...]
    """Credits to show with the network."""


def build_network(sharing: GeneratedSharing | PairsSharing, roads: Table, seed: int) -> BuiltNetwork:
    """Generate or read the network of a scenario's [sharing].

    roads : its [roads]. Agencies are placed in the metros of a national scenario unless [sharing.metros] names others.
    """
    notes: list[str] = []
    credit_lines: tuple[str, ...] = ()
    if isinstance(sharing, GeneratedSharing):
        values = {key: value for key, value in sharing if key not in {"source", "metros"}}
        shared, origin = generate(**values, seed=seed), "Agencies and links are invented, as many as the scenario says."
    else:
        shared, report = read_pairs(_given(sharing.path, "sharing.path", "a file of pairs of agencies"))
        origin = "Agencies and links are those of a file."
        notes.append(report.describe())
        if sharing.credit is not None:
            credit_lines = (f"Sharing network: {sharing.credit}",)
    metros = _metros(sharing, roads)
    if metros is not None:
        shared = placed(shared, place_agencies(shared.uid, shared.state, metros, seed))
        notes.append(f"{int((shared.metro >= 0).sum()):,} agencies stand in one of {metros.n} large metros.")
    return BuiltNetwork(
        shared=shared, metros=metros, origin=origin, notes=(describe(shared), *notes), credits=credit_lines
    )


def _metros(sharing: GeneratedSharing | PairsSharing, roads: Table) -> Metros | None:
    """Read the metros of agencies: the network's own table, or else the nation's, if its path is given."""
    if sharing.metros is not None:
        path = _given(sharing.metros.path, "sharing.metros.path", "a table of metros")
        return in_arrays(read_metros(path), path)
    if not isinstance(roads, NationRoads) or not roads.path:
        return None
    metros = read_metros(roads.path)
    abroad = any(metro.state not in CODES for metro in metros)
    return None if abroad else in_arrays(metros, roads.path)  # agencies are in the United States


def _given(path: str, key: str, description: str) -> str:
    """Return a path; raise ScenarioError if it is empty."""
    if not path:
        raise ScenarioError(key, f"the path of {description}", "nothing", f'give it: overrides=["{key}=FILE"]')
    return path
