"""Make the README's picture from a run: python docs/images/first_look.py RUN.

Three of the page's figures stand on the left, its map on the right.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import imread

import simulate as sim
from simulate.report import figures, maps
from simulate.report.facts import facts_of
from simulate.report.page import rows_of
from simulate.report.scores import asked_of

if TYPE_CHECKING:
    from simulate.report.facts import Facts
    from simulate.report.scores import Asked
    from simulate.risk.results import Results

DPI = 160
PICTURE = Path(__file__).with_name("first_look.png")
MEASURES = ("anchors", "unicity")
LADDER = ("1d", "7d", "21d", "forever")


def main(run: str) -> None:
    """Measure a run and draw the picture beside this file."""
    view = sim.view(sim.open_run(run), ladder=LADDER)
    results, facts = sim.measure(view, MEASURES), facts_of(view)
    shown = [one for one in asked_of(MEASURES, facts.asked, "headline") if one.score.name != "work_found"]
    story = sim.choose_story(view)
    left = _joined([_titled(facts, results, asked) for asked in shown], axis=0)
    whole = _joined([left, _pixels(maps.draw_map(view, story))], axis=1)
    high, wide = whole.shape[:2]
    sheet = Figure(figsize=(wide / DPI, high / DPI))
    sheet.figimage(whole)
    sheet.savefig(PICTURE, dpi=DPI, pil_kwargs={"optimize": True})


def _titled(facts: Facts, results: Results, asked: Asked) -> np.ndarray:
    """Draw one risk by retention under its title."""
    figure = figures.by_case(rows_of(facts, results, asked), asked.axis)
    title = asked.score.title
    figure.text(0.02, 1.02, title, fontsize=figures.TEXT, weight="bold", color=figures.INK, va="bottom")
    return _pixels(figure)


def _pixels(figure: Figure) -> np.ndarray:
    """Draw a figure with all that hangs over its edge; float[height, width, 4]."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI, bbox_inches="tight", pad_inches=0.15)
    file.seek(0)
    return imread(file)


def _joined(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Put drawings below (0) or beside (1) one another, in the middle of white paper."""
    across = max(part.shape[1 - axis] for part in parts)
    padded = []
    for part in parts:
        before, over = divmod(across - part.shape[1 - axis], 2)
        room = [(0, 0), (0, 0), (0, 0)]
        room[1 - axis] = (before, before + over)
        padded.append(np.pad(part, room, constant_values=1.0))
    return np.concatenate(padded, axis=axis)


if __name__ == "__main__":
    main(sys.argv[1])
