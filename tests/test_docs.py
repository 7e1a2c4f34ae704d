"""What the documents show runs, what they point at is there, and what they say of commands is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import simulate.scenario
from simulate.cli.application import app

HOUSE = Path(__file__).parent.parent
DOCUMENTS = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])
README = (HOUSE / "README.md").read_text(encoding="utf-8")
LARGEST_PICTURE = 300_000


def blocks(language):
    """Return the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def commands():
    """Return every plateprint command that the README shows, each as its words."""
    inline = re.findall(r"`(?:\.venv/bin/)?plateprint ([^`]+)`", README)
    typed = re.findall(r"^plateprint (.+)$", "".join(blocks("")), flags=re.MULTILINE)
    return [shlex.split(command) for command in [*inline, *typed] if not command.startswith("COMMAND")]


def anchors(text):
    """Return the names by which a document's headings can be pointed at."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", ["README", "VISION", "ARCHITECTURE", "TESTING", "CHANGELOG", "CONTRIBUTING"])
def test_the_documents_are_there(name):
    assert HOUSE / f"{name}.md" in DOCUMENTS


def test_the_ten_lines_of_python_run(tmp_path):
    (code,) = blocks("python")
    assert len([line for line in code.splitlines() if line]) <= 10
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"home_found +250 m +\d+\.\d %", done.stdout)
    assert (tmp_path / "runs" / "first.html").stat().st_size > 10_000


def test_the_scenario_of_ones_own_loads(tmp_path):
    (text,) = blocks("toml")
    assert tomllib.loads(text)["extends"] == "smallville"
    (tmp_path / "twice.toml").write_text(text, encoding="utf-8")
    placed = simulate.scenario.load(tmp_path / "twice.toml").settings.readers.place["police"]
    assert placed.count == 2 * simulate.scenario.load("smallville").settings.readers.place["police"].count


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_are_real_and_so_are_their_options(words):
    app.parse_args(words, exit_on_error=False, print_error=False)


def test_every_command_is_in_the_readme():
    documented = {words[0] for words in commands()}
    assert {name for name in app if not name.startswith("-")} <= documented


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        at = path.parent / file if file else path
        assert at.exists(), target
        assert at.resolve().is_relative_to(HOUSE), target
        if heading:
            assert heading in anchors(at.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    """Names in code marks that begin with a folder of the house."""
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:simulate|tests|docs|notebooks|scenarios|bench|kernels|travel|world)/[\w./]*)`", text)
    for name in named:
        assert (HOUSE / name).exists() or (HOUSE / "simulate" / name).exists(), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_place_on_somebodys_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"(?:^|[\s`(\"'=])(?:/(?:home|work|root|tmp|Users)/|~/|[A-Z]:\\)\S*", text)


def test_the_picture_is_there_and_small():
    ((alt, target),) = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    assert len(alt) > 50  # says what it shows to those who cannot see it
    picture = HOUSE / target
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < LARGEST_PICTURE
