"""The record of a session of checks, the runs they share, and the page that is written at its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks import Record
from cities import City, draw_city

import simulate as sim

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
RECORD = pytest.StashKey()
LEFT_OUT = pytest.StashKey()


def pytest_collection_modifyitems(session, items):
    """Note which checks this session means to run; runs before any are deselected."""
    session.stash[RECORD] = Record()
    session.stash[LEFT_OUT] = _partial(session.config, items)


def pytest_runtest_logreport(report):
    """Note a check that was skipped, for the page would lack it."""
    if report.skipped and HERE.name in report.nodeid:
        SKIPPED.append(report.nodeid)


SKIPPED: list[str] = []


def pytest_sessionfinish(session, exitstatus):
    """Write the page if every check ran and passed; say why if not."""
    record = session.stash.get(RECORD, Record())
    if not record.findings:
        return
    reason = session.stash[LEFT_OUT] or (exitstatus and "a check failed") or (SKIPPED and f"{SKIPPED[0]} was skipped")
    if reason:
        print(f"\ndocs/validation.md left as it was: {reason}")
        return
    from page import write

    write(record, DOCS / "validation.md", DOCS / "images" / "validation")
    print("\nwrote docs/validation.md")


def _partial(config, items):
    """Say why not every check will run, or return nothing."""
    if config.option.keyword or config.option.lf or "::" in " ".join(config.args):
        return "only some checks were asked for"
    if config.option.markexpr not in {"", "verify"}:
        return f"only those marked {config.option.markexpr}"
    if hasattr(config, "workerinput"):
        return "checks were spread over processes"
    absent = {file.name for file in HERE.glob("test_*.py")} - {item.path.name for item in items}
    return f"{min(absent)} was not asked for" if absent else ""


@pytest.fixture(scope="session")
def record(request):
    """Return what keeps the findings of this session."""
    return request.session.stash[RECORD]


@pytest.fixture(scope="session")
def check(record):
    """Return the function that keeps a finding and asserts its outcome."""
    return record.check


@pytest.fixture(scope="session")
def city(tmp_path_factory) -> City:
    """Draw a city of 100,000 people under a dense network of fixed readers, with its full crowd."""
    return draw_city(tmp_path_factory.mktemp("city"), days=28)


@pytest.fixture(scope="session")
def norfolk(tmp_path_factory):
    """Draw four weeks of Norfolk 2025; all its figures are rates per day."""
    return sim.run(sim.load("norfolk-2025", overrides={"period.days": 28}), tmp_path_factory.mktemp("norfolk") / "run")


@pytest.fixture(scope="session")
def oakland(tmp_path_factory):
    """Draw the 41 months of Oakland 2014."""
    return sim.run(sim.load("oakland-2014"), tmp_path_factory.mktemp("oakland") / "run")
