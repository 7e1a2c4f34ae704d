"""Holdings: sightings on file by collecting owner, as a table of a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from simulate.report import words
from simulate.report.layout import table_of

if TYPE_CHECKING:
    from simulate.policy.sight import CaseSight
    from simulate.report.facts import Facts
    from simulate.risk.results import Results

COLUMNS = ("Kind of owner", "State", "Agencies", "Readers, gates and scanned zones", "Sightings", "Share")


def lay_out_stock(facts: Facts, results: Results) -> str:
    """Build the table of sightings on file by kind of owner and state; "" if a single owner collected them all."""
    case = facts.headline
    if case is None or len(results.where(case=case.name, measure="stock", score="sightings_on_file")) < 2:
        return ""
    rows, total = _rows(results, case)
    columns = [i for i in range(len(COLUMNS)) if any(row[i] for row in rows)]
    table = table_of([COLUMNS[i] for i in columns], [[row[i] for i in columns] for row in rows], kind="numbers")
    return (
        f"<h3>Who collected it</h3><p>{escape(words.stock_of(facts, case))}</p>"
        f'<div class="wide">{table}</div>'
        f"<p>{escape(words.stock_of_all(facts, total))}</p>"
    )


def _rows(results: Results, case: CaseSight) -> tuple[list[list[str]], float]:
    """Return one row per holding and one total row, and the total number of sightings."""
    stock = results.where(case=case.name, measure="stock")
    counts = {(row.score, row.detail): row.value or 0.0 for row in stock}
    names = stock.where(score="sightings_on_file").names("detail")
    total = sum(counts["sightings_on_file", name] for name in names)
    rows = []
    for name in names:
        kind, _, state = name.partition(", ")
        sightings, agencies = counts["sightings_on_file", name], counts["agencies", name]
        rows.append([
            kind.capitalize(), state, f"{agencies:,.0f}" if agencies else "", f"{counts['readers_in_use', name]:,.0f}",
            f"{sightings:,.0f}", f"{100 * sightings / max(total, 1):.1f} %",
        ])  # fmt: skip
    sites = sum(counts["readers_in_use", name] for name in names)
    rows.append(["All", "", "", f"{sites:,.0f}", f"{total:,.0f}", ""])
    return rows, total
