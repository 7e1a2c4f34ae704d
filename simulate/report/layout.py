"""Layout shared by all pages: saving, lists, attacker cards and settings."""

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
    """Make a page and write it whole or not at all, after a check of its folder; return its path."""
    target = Path(path)
    check_target(target, "path")
    write_text(target, make())
    return target


def template(name: str) -> str:
    """Return a template file of this package."""
    return (files("simulate.report") / name).read_text(encoding="utf-8")


def lay_out_card(shown: AttackerCard) -> str:
    """Build the list of one attack's assumptions."""
    lines = "".join(f"<div><dt>{title}</dt><dd>{escape(getattr(shown, key))}</dd></div>" for key, title in CARD_WORDS)
    return f"<h3>{escape(shown.question)}</h3><dl>{lines}</dl>"


def items(lines: Iterable[str]) -> str:
    """Build list items from lines."""
    return "".join(f"<li>{escape(line)}</li>" for line in lines)


def list_values(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return every value drawn or measured with, as text; only the file name of a path, since pages are passed on."""
    return [
        (".".join(keys), _plain(Path(value).name if keys[-1] in FILES else value))
        for keys, value in leaves(settings)
        if keys not in {("title",), ("summary",)} and keys[0] != "assumptions"
    ]


def _plain(value: object) -> str:
    """Format a value for people; a nested list, such as the two ends of a shift, is joined by a hyphen."""
    if isinstance(value, list | tuple):
        return ", ".join(
            "-".join(map(_plain, item)) if isinstance(item, list | tuple) else _plain(item) for item in value
        )
    return f"{value:g}" if isinstance(value, float) else str(value)


def changes(settings: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """Describe the values changed by options, and their files; "" if none."""
    changed = [(key, value) for key, value in list_values(settings) if sources.get(key, "").startswith(SET)]
    from_files = {key for key, _ in changed if key.rpartition(".")[2] in FILES}
    files = dict.fromkeys(value for key, value in changed if key in from_files)
    texts = []
    for key, value in changed:
        if key not in from_files:
            of = sources[key].removeprefix(SET).removeprefix("; ")
            texts.append(f"{key} = {value} ({of})" if of else f"{key} = {value}")
    sentences = (f"{'; '.join(texts)}." if texts else "", f"Files: {', '.join(files)}." if files else "")
    return " ".join(filter(None, sentences))


def table_of(heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """Build a table with row names in its first column; kind : its class, "numbers" to prevent line breaks."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    class_attribute = f' class="{kind}"' if kind else ""
    return f"<table{class_attribute}><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
