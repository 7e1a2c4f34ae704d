"""Write docs/validation.md from what the checks found."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from checks import KINDS, OUTCOMES, RECALLED, TOPICS, Picture
from pictures import overview, to_png

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from checks import Finding, Missing, Record

OPENING = """\
# Validation

What the model says beside what has been published. Written by `make verify`; do not edit by hand.

**How to read it.** A figure is *input* if the model was given it, *fitted* if some setting was chosen to come near
it, and *held out* if nothing was tuned on it. Only held-out figures whose source was read are evidence. *Another
model* marks a figure of an alternative that was set up to fail. The range that is accepted stands in
`tests/verification/`, and a figure whose outcome changes fails the checks, for better or worse. Ranges for unicity by
four and five records, the law of resolution, matching and the three historical systems were fixed before the model was
measured. With first results in view were chosen: the ranges for movement and habits (the published figure give or take
15 to 30 %, or some points) and for sharing (give or take 20 %), and the mix of towns over which sets of home and work
are taken. Figures are single runs without intervals, and some hang together: all of Norfolk's, and of the national
scenarios', on where readers are assumed to stand. Whether homes and workplaces are found as often as the pages say has
been compared with nothing published: none was found that asks the same.

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
- **For large metropolitan areas.** Matching was measured in a city of 100,000 people; crowds are smaller there than
  in a metro, and joining two data sets is easier. Sets of home and work shrink as towns grow, since there are more
  places to work; a small town's must not be taken for a city's.
- **For long distances from a town.** Metros have freeways, commutes of an hour and towns beyond; invented towns have
  none of these, and their people go no farther than the edge. How far cars go and how far apart they are seen must not
  be read off a town. What happens beyond a metro's edge, or on a journey, is not told.
- **For people whose days are irregular.** Simulated households keep to some twenty places, one home and one
  workplace a worker. Shift work, two homes, borrowed and shared cars, deliveries, taxis and gig driving are absent.
  Habits too regular make a car easier to find and its past easier to guess than in life.
- **For many years.** Households move and change jobs, but a vehicle is never sold, scrapped or given another plate.
  Over five years a plate goes on meaning the same household, which it often does not in life.
- **For cars from elsewhere.** Visitors come by a crude law, on as many days as the scenario says, alike for all of a
  kind. Their number is an assumption, and crowds, different plates and ghosts on file hang on it.
- **For where readers stand.** Their placement is an assumption wherever no map was given: Norfolk's rates change
  several times over between readers anywhere and readers on the busiest roads.
- **For single visits of mobile units.** Whether a car stands in view is one coin for each vehicle and place, tossed
  once. Moving cars are met by a simple law, as they come and go within the scanned zone. How uneven patrols are was
  fitted to one city's totals. Shares of vehicles seen bear this; the path of a unit, or the order in which it reads,
  does not.
- **For wrong plates.** Which characters are confused is assumed, as is that one number in four is issued. A wrong
  state matters to hot lists alone.
- **For coarse grains of time and place.** In a metro the model follows the law measured on telephones, on average
  over grains; in small cities it finds more plates unique at fine grains and fewer at coarse ones. A claim
  that coarsening protects must not rest on a small city of this model.
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
    findings = [found for found in _ordered(record.findings.values()) if found.evidence]
    caption = (
        "The held-out figures whose source was read. The grey band is what is accepted: a round mark lies in it, a"
        " cross does not, a line is a range over assumptions. Beyond the band, distances are in its widths, shortened."
    )
    count = Counter(found.outcome for found in findings)
    says = f"Of {len(findings)} figures, {count['reproduced']} lie in the band and {count['missed']} beside it."
    return Picture(name="held_out", topic="", caption=caption, says=says, png=to_png(overview(findings)))


def _summary(record: Record) -> str:
    findings = _ordered(record.findings.values())
    evidence = Counter(found.outcome for found in findings if found.evidence)
    groups = {
        "**held out, source read**": [found for found in findings if found.evidence],
        "held out, recalled": [found for found in findings if found.kind == "held out" and not found.evidence],
        **{kind: [found for found in findings if found.kind == kind] for kind in reversed(KINDS) if kind != "held out"},
    }
    lines = [
        "## Summary\n",
        f"{len(findings)} published figures are set beside the model's, and {len(record.missing)} more are listed as"
        f" not modelled. Of the {evidence.total()} that are evidence, **{evidence['reproduced']} are reproduced,"
        f" {evidence['bracketed']} bracketed and {evidence['missed']} missed**.\n",
        *_counts("used as", groups),
        "",
        *_counts("topic", {TOPICS[t]: [found for found in findings if found.topic == t] for t in TOPICS}),
    ]
    missed = {
        title: [f"{found.what} ({found.said()}, published {found.published})" for found in findings
                if found.topic == topic and found.outcome == "missed"]
        for topic, title in TOPICS.items()
    }  # fmt: skip
    if any(missed.values()):
        lines += ["", "**Missed**, each with its reason further down:\n"]
        lines += [f"- *{title}.* {'; '.join(what)}." for title, what in missed.items() if what]
    return "\n".join(lines) + "\n"


def _counts(head: str, groups: Mapping[str, Sequence[Finding]]) -> list[str]:
    lines = [f"| {head} | reproduced | bracketed | missed | all |", "| --- | --- | --- | --- | --- |"]
    for name, findings in groups.items():
        count = Counter(found.outcome for found in findings)
        if findings:
            lines.append(f"| {name} | {' | '.join(str(count[o]) for o in OUTCOMES)} | {len(findings)} |")
    return lines


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
    reasons: dict[str, list[str]] = {}
    for found in findings:
        if found.why:
            reasons.setdefault(found.why.rstrip("."), []).append(found.what)
    notes = [f"- *{'; '.join(what)}*: {why}." for why, what in reasons.items()]
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
