"""How to cite: a valid Citation File Format 1.2.0 that agrees with the package and invents nothing."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

HOUSE = Path(__file__).parent.parent
REQUIRED = {"cff-version", "message", "title", "authors"}
"""Keys that the format's schema demands (doi:10.5281/zenodo.5171937)."""
OPTIONAL = {"type", "abstract", "version", "license", "keywords"}
"""Keys of the schema that are in use here; identifiers and dates are left out until there are some."""


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((HOUSE / "CITATION.cff").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def metadata():
    setup = ConfigParser()
    setup.read(HOUSE / "setup.cfg", encoding="utf-8")
    return setup["metadata"]


def test_it_has_what_the_format_demands_and_no_key_it_does_not_know(citation):
    assert REQUIRED <= set(citation) <= REQUIRED | OPTIONAL
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert all(isinstance(citation[key], str) and citation[key] for key in REQUIRED - {"authors"})
    assert all(isinstance(word, str) for word in citation["keywords"])


def test_authors_are_named_as_a_group(citation):
    assert citation["authors"] == [{"name": "Plateprint contributors"}]


def test_it_agrees_with_the_package(citation, metadata):
    assert citation["version"] == metadata["version"]
    assert citation["license"] == metadata["license"]
    assert citation["title"].lower().startswith(metadata["name"])


def test_no_identifier_is_invented(citation):
    assert "10." not in yaml.safe_dump(citation)
