"""Write docs/validation.md from what the checks found."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from checks import KINDS, OUTCOMES, RECALLED, TOPICS, Picture
from pictures import overview, to_png

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from checks import Finding, Missing, Record

OPENING = """\
# Validation

What the model says beside what has been published. Written by `make verify`; do not edit by hand.

**How to read it.** A figure is *input* if the model was given it, *fitted* if some setting was chosen to come near
it, and *held out* if nothing was tuned on it. Only held-out figures are evidence. The range that is accepted was
written down in `tests/verification/` beside the figure, and a figure that leaves it fails the checks.

- **Reproduced**: the model's number lies in the accepted range.
- **Bracketed**: over the assumptions that were varied, the model's numbers overlap it.
- **Missed**: they do not. Every miss has its reason beside it, and says in which direction to distrust the model.
- **Not modelled**: there is no number to compare.

"Recalled, unchecked" in the place of a source means that the figure is common knowledge of the field which nobody
has read again in the original for this project: a guide, and no evidence.
"""
CLOSING = """\
## Where this model must not be trusted

The misses above are the first part of the answer. The rest follows from what the model is.

- **For any real person, plate or place.** Everything is invented. A share of vehicles is a statement about a
  modelled city under stated assumptions, never about somebody.
- **For large metropolitan areas.** The cities drawn here have at most 200,000 people. Trips are shorter than in
  a metropolitan area, workplaces fewer, crowds smaller. Where more people share a place and hour, a few known points
  single out fewer of them; where an area has more workplaces, more pairs of home and work are unique. These two
  errors point in opposite directions.
- **For people whose days are irregular.** Simulated households keep to some twenty places, one home and one
  workplace a worker. Shift work, two homes, borrowed and shared cars, deliveries, taxis and gig driving are absent.
  Habits too regular make a car easier to find and its past easier to guess than in life.
- **For coarse grains of time and place.** Where a point is known only to half a day or to a square kilometre, the
  model finds far fewer plates unique than the laws measured on telephones would. A claim that coarsening protects
  must not rest on this model alone.
- **For how likely two data sets are to be joined.** In a small crowd whose records share one set of trips, joining is
  too easy. Trust the order of the rules that are compared, not the level.
- **For hit rates, alarms, arrests, crimes solved, or chilling effects.** A hit rate says how long a hot list is.
  The rest is no part of the model.
- **For anything said here to be *input* or *fitted*.** That the model agrees there shows only that it was told so.
- **For an upper bound.** Every risk is what one stated attack achieves. Someone cleverer, or with other data, finds
  more. See [limits.md](limits.md).
"""


def write(record: Record, page: Path, folder: Path) -> None:
    """Write the page and its pictures; each file whole or not at all, and no picture left over."""
    pictures = {"held_out": _overview(record), **record.pictures}
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        _replace(folder / f"{name}.png", picture.png)
    for file in folder.glob("*.png"):
        if file.stem not in pictures:
            file.unlink()
    prefix = folder.relative_to(page.parent).as_posix()
    _replace(page, text(record, pictures, prefix).encode())


def text(record: Record, pictures: dict[str, Picture], folder: str) -> str:
    """Return the page; folder is where its pictures lie, seen from it."""
    parts = [OPENING, _summary(record)]
    for name, picture in pictures.items():
        if name not in record.pictures:
            parts.append(_shown(picture, folder))
    for topic, title in TOPICS.items():
        parts += _section(record, topic, title, folder)
    parts.append(CLOSING)
    return "\n".join(parts)


def _overview(record: Record) -> Picture:
    findings = [found for found in _ordered(record.findings.values()) if found.kind == "held out"]
    caption = (
        "Every held-out figure. The grey band is what is accepted: a round mark lies in it, a cross does not, a line"
        " is a range over assumptions. Distances beyond the band are in widths of the band, shortened far out."
    )
    says = ", ".join(f"{found.what}: {found.outcome}" for found in findings)
    return Picture(name="held_out", topic="", caption=caption, says=says, png=to_png(overview(findings)))


def _summary(record: Record) -> str:
    findings = list(record.findings.values())
    count = Counter((found.kind, found.outcome) for found in findings)
    evidence = [count["held out", outcome] for outcome in OUTCOMES]
    lines = [
        "## Summary\n",
        f"{len(findings)} published figures are set beside the model's, and {len(record.missing)} more are listed as"
        f" not modelled. Of the {sum(evidence)} held-out ones, which alone are evidence, **{evidence[0]} are"
        f" reproduced, {evidence[1]} bracketed and {evidence[2]} missed**.\n",
        "| | reproduced | bracketed | missed | all |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in reversed(KINDS):
        row = [count[kind, outcome] for outcome in OUTCOMES]
        lines.append(f"| {kind} | {' | '.join(map(str, row))} | {sum(row)} |")
    missed = [found for found in _ordered(findings) if found.outcome == "missed"]
    if missed:
        lines += ["", "**The misses**, each explained in its section:\n"]
        lines += [f"- {found.what}: {found.said()}, published {found.published} ({found.kind})" for found in missed]
    return "\n".join(lines) + "\n"


def _section(record: Record, topic: str, title: str, folder: str) -> list[str]:
    findings = [found for found in _ordered(record.findings.values()) if found.topic == topic]
    missing = sorted((row for row in record.missing.values() if row.topic == topic), key=lambda row: row.name)
    if not findings and not missing:
        return []
    parts = [f"## {title}\n"]
    if findings:
        parts.append(_table(findings))
    parts += [_shown(picture, folder) for picture in record.pictures.values() if picture.topic == topic]
    if missing:
        parts.append(_absent(missing))
    return parts


def _table(findings: Sequence[Finding]) -> str:
    lines = ["| figure | model | published | accepted | used as | outcome |", "| --- | --- | --- | --- | --- | --- |"]
    for found in findings:
        outcome = f"**{found.outcome}**" if found.outcome == "missed" else found.outcome
        published = f"{found.published} ({_source(found.source)})"
        cells = (found.what, found.said(), published, found.accepted(), found.kind, outcome)
        lines.append(f"| {' | '.join(cells)} |")
    notes = [f"- *{found.what[0].upper()}{found.what[1:]}*: {found.why}" for found in findings if found.why]
    return "\n".join([*lines, "", *notes]) + "\n"


def _absent(missing: Iterable[Missing]) -> str:
    lines = ["Not modelled:\n", "| figure | published | why there is no number |", "| --- | --- | --- |"]
    lines += [f"| {row.what} | {row.published} ({_source(row.source)}) | {row.why} |" for row in missing]
    return "\n".join(lines) + "\n"


def _shown(picture: Picture, folder: str) -> str:
    return f"![{picture.says}]({folder}/{picture.name}.png)\n\n*{picture.caption}*\n"


def _source(source: str | None) -> str:
    return RECALLED if source is None else source


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Order by section, held-out figures first, then by name: the same on every run."""
    topics = list(TOPICS)
    return sorted(findings, key=lambda f: (topics.index(f.topic), -KINDS.index(f.kind), f.name))


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all; leave it alone if nothing changes."""
    if file.exists() and file.read_bytes() == content:
        return
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(file)
