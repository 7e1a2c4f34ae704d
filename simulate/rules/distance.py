"""Distance: no collection near protected places."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from simulate.rules.fields import Category, Number, check_fields

if TYPE_CHECKING:
    from simulate.policy.setting import Setting
    from simulate.policy.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Nothing is collected near some places.

    These are the centres of zones with places of the categories. A fixed reader has its own position;
    a gate, and a scan by a mobile unit, lie in the centre of their zone.

    Examples
    --------
    >>> Distance(metres=150).describe()
    'Nothing is collected within 150 m of a clinic, worship or school.'
    """

    kind: ClassVar[str] = "distance"
    metres: Annotated[
        float,
        Number("a number of metres of at least 0", 0),
        Field(description="distance within which nothing is collected, in metres"),
    ]
    categories: Annotated[
        tuple[Category, ...], Field(min_length=1, description="what people come to these places for")
    ] = ("clinic", "worship", "school")

    def __post_init__(self) -> None:
        check_fields(self)

    def amend(self, terms: Terms, setting: Setting) -> Terms:
        """Return the terms with the sites too near switched off."""
        return replace(terms, collects=terms.collects & (setting.metres_from(self.categories) > self.metres))

    def describe(self) -> str:
        """Return one sentence on the effect of the rule."""
        *first, last = self.categories
        places = f"{', '.join(first)} or {last}" if first else last
        return f"Nothing is collected within {self.metres:g} m of a {places}."
