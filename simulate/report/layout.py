"""Layout: what every page shares: how it is saved, its lists, attacker cards and settings."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulate.files import check_target, write_text
from simulate.scenario import SET
from simulate.scenario.catalogue import FILES, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from simulate.risk.cards import AttackerCard

NOTICE = "Everything here is synthetic: every person, plate and sighting is invented."
CARD_WORDS = (
    ("knows", "Knows"),
    ("roads", "Knows of the roads"),
    ("targets", "Targets"),
    ("counts_as_success", "Success"),
    ("baseline", "Without sightings"),
)


def save(path: str | Path, make: Callable[[], str]) -> Path:
    """Make a page and write it whole or not at all, once its folder is known to be there; returns its path."""
    target = Path(path)
    check_target(target, "path")
    write_text(target, make())
    return target


def template(name: str) -> str:
    """Return a file of this room."""
    return (files("simulate.report") / name).read_text(encoding="utf-8")


def lay_out_card(shown: AttackerCard) -> str:
    """Lay out what one attack assumes."""
    lines = "".join(f"<div><dt>{title}</dt><dd>{escape(getattr(shown, key))}</dd></div>" for key, title in CARD_WORDS)
    return f"<h3>{escape(shown.question)}</h3><dl>{lines}</dl>"


def items(lines: Iterable[str]) -> str:
    """Lay out lines as the items of a list."""
    return "".join(f"<li>{escape(line)}</li>" for line in lines)


def list_values(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write every value that is drawn or measured with as text; of a file only the last name, for pages travel."""
    return [
        (".".join(keys), _plain(Path(value).name if keys[-1] in FILES else value))
        for keys, value in leaves(settings)
        if keys not in {("title",), ("summary",)} and keys[0] != "assumptions"
    ]


def _plain(value: object) -> str:
    """Write a value as people do; a list within a list, as the two ends of a shift, keeps together."""
    if isinstance(value, list | tuple):
        return ", ".join(
            "-".join(map(_plain, item)) if isinstance(item, list | tuple) else _plain(item) for item in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def changes(settings: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """Say which values options changed for a run, and which files they gave; "" if none."""
    changed = [(key, value) for key, value in list_values(settings) if sources.get(key, "").startswith(SET)]
    named = {key for key, _ in changed if key.rpartition(".")[2] in FILES}
    files = dict.fromkeys(value for key, value in changed if key in named)
    told = []
    for key, value in changed:
        if key not in named:
            of = sources[key].removeprefix(SET).removeprefix("; ")
            told.append(f"{key} = {value} ({of})" if of else f"{key} = {value}")
    said = (f"{'; '.join(told)}." if told else "", f"Files: {', '.join(files)}." if files else "")
    return " ".join(filter(None, said))


def table_of(heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """Lay out a table whose first column names its rows; kind : its class, "numbers" where nothing is to be broken."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    named = f' class="{kind}"' if kind else ""
    return f"<table{named}><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
