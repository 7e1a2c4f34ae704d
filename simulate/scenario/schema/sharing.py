"""Tables of the sharing network of agencies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from simulate.scenario.schema.parts import Above0, Fault, Share, Table, Text, refuse

METROS_MEAN = "the large metros, in which agencies stand; those of roads.path in a national scenario that names none"
FEWEST_PER_PARTNER = 4
"""Agencies for each partner of the mean agency: with fewer, the distribution of partners is truncated too early."""


class MetroTable(Table):
    """Large metros, in which agencies stand."""

    path: str = Field(
        description="CSV file with the columns metro, state, population, lat and lon; empty until you give it"
    )


class GeneratedSharing(Table):
    """A network that is invented."""

    source: Literal["generated"] = Field(description="'generated': invent agencies and whom each gives access")
    agencies: int = Field(ge=2, le=20_000, description="number of local and state agencies, at most 20,000")
    mean_partners: Above0 = Field(description="number of others that an agency gives access, on average")
    median_partners: Above0 = Field(
        description="number of others that half of the agencies give access or more, at most the mean; low is uneven"
    )
    within_state: Share = Field(description="share of pairs of agencies that lie within one state, from 0 to 1")
    federal_agencies: int = Field(ge=0, le=100, description="number of federal agencies, which are given access")
    federal_access: Share = Field(description="share of the other agencies that give a federal one access, from 0 to 1")
    metros: MetroTable | None = Field(default=None, description=METROS_MEAN)

    @model_validator(mode="after")
    def _fits(self) -> GeneratedSharing:
        faults = []
        if self.median_partners > self.mean_partners:
            expected = f"at most mean_partners ({self.mean_partners:g})"
            remedy = "a few agencies share with very many, which lifts the mean above the median"
            faults.append(Fault(("median_partners",), expected, f"{self.median_partners:g}", remedy))
        if self.mean_partners * FEWEST_PER_PARTNER > self.agencies:
            most = self.agencies / FEWEST_PER_PARTNER
            expected = f"at most a quarter of the number of agencies ({most:g})"
            remedy = "lower mean_partners or raise agencies: those who share with most would run out of others"
            faults.append(Fault(("mean_partners",), expected, f"{self.mean_partners:g}", remedy))
        refuse(faults)
        return self


class PairsSharing(Table):
    """A network read from a file."""

    source: Literal["pairs"] = Field(description="'pairs': read from a file who gives access to whom")
    path: str = Field(
        description="CSV file with the columns src_agency, who gives access, and external_agency, who is given it;"
        " empty until you give it"
    )
    credit: Text | None = Field(default=None, description="whom to name wherever the network is shown")
    metros: MetroTable | None = Field(default=None, description=METROS_MEAN)


Sharing = Annotated[GeneratedSharing | PairsSharing, Field(discriminator="source")]
