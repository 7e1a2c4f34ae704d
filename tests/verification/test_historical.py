"""Three systems of the past, as reads of a run: Norfolk 2025, Oakland 2010 to 2014, a national network in 2014."""

from __future__ import annotations

import numpy as np
import pytest
from checks import NOT_WRITTEN
from cities import reads_per_plate, resident_plates
from pictures import BLUE, INK, panels, plain_numbers

import simulate as sim
from simulate.catalogue import catalogue

pytestmark = pytest.mark.verify

YEAR = 365
NORFOLK_DAYS = 28
"""Days of Norfolk that are drawn; all its figures are rates per day."""
PLAINTIFFS = {"Schmidt": 526 / 133, "Arrington": 849 / 133}
"""Reads per day of the two named plaintiffs, 19 February to 2 July 2025."""
NORFOLK = "Institute for Justice, Schmidt v. Norfolk, 2025"
ARS = "Farivar, Ars Technica 2015"
BETABOSTON = "BetaBoston, Musgrave 2014"
CLAIM = ("40 % of vehicles seen in a year", BETABOSTON)


@pytest.fixture
def run_of(record, tmp_path):
    """Draw a scenario of the catalogue, or list it as absent and skip."""

    def draw(name, published, source, **changes):
        if name not in {entry.name for entry in catalogue()}:
            why = "the scenario is not written yet"
            if f"reads.{name}" not in record.missing:
                record.miss(f"reads.{name}", what=f"scenario {name}", published=published, source=source, why=why)
            pytest.skip(f"{name}: {NOT_WRITTEN}")
        overrides = {key.replace("__", "."): value for key, value in changes.items()}
        return sim.run(sim.load(name, overrides=overrides), tmp_path / name)

    return draw


def test_norfolk(check, run_of, record):
    run = run_of("norfolk-2025", "526 and 849 reads of two drivers in 133 days", NORFOLK, period__days=NORFOLK_DAYS)
    days = run.scenario.settings.period.days
    per_day = reads_per_plate(run)[resident_plates(run)] / days
    check(
        "reads.norfolk-camera", what="Norfolk 2025: reads per camera and day",
        value=run.n_sightings / run.world.readers.n / days, published="about 8,000, from the vendor's national claim",
        source="derived from the vendor's 20 billion reads a month over 83,345 cameras", low=2000, high=9000,
        kind="held out", expected="reproduced",
    )  # fmt: skip
    check(
        "reads.norfolk-mean", what="Norfolk 2025: reads per resident vehicle and day", value=per_day.mean(),
        published="2.4 nationally", source="derived from the vendor's 20 billion reads a month", low=1, high=5,
        kind="held out", expected="reproduced",
    )  # fmt: skip
    for name, reads in PLAINTIFFS.items():
        check(
            f"reads.norfolk-{name.lower()}", what=f"Norfolk 2025: residents read less often than plaintiff {name}",
            value=(per_day < reads).mean(), published=f"{reads:.2f} reads a day; a litigant, no mean",
            source=NORFOLK, low=0.5, high=0.995, kind="held out", expected="reproduced", unit="%",
        )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    axes.hist(per_day, bins=np.linspace(0, max(12.0, np.quantile(per_day, 0.999)), 60), color=BLUE)
    for name, reads in PLAINTIFFS.items():
        axes.axvline(reads, color=INK, linestyle="--", linewidth=1)
        axes.text(reads, 0.95 * axes.get_ylim()[1], f" {name}", fontsize=8)
    axes.set(xlabel="reads per day", ylabel="resident vehicles")
    record.picture(
        "norfolk", figure, topic="reads", says="Most residents are read a few times a day; both plaintiffs lie within.",
        caption="Norfolk 2025: reads a day of resident vehicles in the model, and of the two plaintiffs (dashed).",
    )  # fmt: skip


def test_oakland(check, run_of, record):
    run = run_of("oakland-2014", "1.1 million plates in 4.6 million reads by 33 units", ARS)
    counts = reads_per_plate(run)
    seen = counts[counts > 0]
    rows = (
        ("reads", "Oakland 2014: reads in 41 months, millions", run.n_sightings / 1e6, "4.6", 4.1, 5.1, "input", ""),
        ("plates", "Oakland 2014: different plates, ghosts included, millions", len(seen) / 1e6, "1.1", 0.825, 1.375,
         "fitted", ""),
        ("per-plate", "Oakland 2014: reads per plate seen", seen.mean(), "4.2", 3.3, 5.6, "fitted", ""),
        ("twice", "Oakland 2014: plates seen at most twice", (seen <= 2).mean(), "at least half, to be expected", 0.5,
         1.0, "held out", "%"),
    )  # fmt: skip
    for name, what, value, published, low, high, kind, unit in rows:
        source = ARS if name in {"reads", "plates"} else "derived from Farivar, Ars Technica 2015"
        check(
            f"reads.oakland-{name}", what=what, value=value, published=published, source=source, low=low, high=high,
            kind=kind, expected="reproduced", unit=unit,
        )  # fmt: skip
    figure, (axes,) = panels(high=3.0)
    times = np.arange(1, 41)
    axes.loglog(times, [100 * (seen >= k).mean() for k in times], "o-", color=BLUE, markersize=4)
    axes.set(xlabel="reads", ylabel="% of plates with at least so many")
    plain_numbers(axes.xaxis, axes.yaxis)
    record.picture(
        "oakland", figure, topic="reads", says="Most plates are seen once or twice, a few very often.",
        caption="Oakland 2014: how often the model's plates are seen in 41 months.",
    )  # fmt: skip


def seen_in_a_year(run):
    """Return the share of residents' vehicles read within a year, and the mean reads of those."""
    counts = reads_per_plate(run, days=YEAR)[resident_plates(run)]
    return (counts > 0).mean(), counts[counts > 0].mean()


def test_a_national_network(check, run_of):
    run = run_of("drn-2014", *CLAIM)
    seen, scans = seen_in_a_year(run)
    check(
        "reads.drn-seen", what="commercial network 2014: vehicles seen in a year", value=seen,
        published="40 %, the vendor's claim", source=BETABOSTON, low=0.30, high=0.55, kind="held out",
        expected="reproduced", unit="%",
    )  # fmt: skip
    check(
        "reads.drn-scans", what="commercial network 2014: scans per vehicle seen in a year", value=scans,
        published="about 8", source="derived from BetaBoston 2014", low=6, high=12, kind="held out",
        expected="reproduced",
    )  # fmt: skip


def test_an_even_network_would_see_almost_everyone(check, run_of):
    """The check above must be able to fail: the same scans spread evenly."""
    fleets = sim.load("drn-2014").settings.readers.mobile if "drn-2014" in {e.name for e in catalogue()} else {}
    even = {f"readers__mobile__{name}__unevenness": 100.0 for name in fleets}
    run = run_of("drn-2014", *CLAIM, **even)
    check(
        "reads.drn-even", what="commercial network 2014, were it even: vehicles seen in a year",
        value=seen_in_a_year(run)[0], published="far above the 40 % claimed", source=BETABOSTON, low=0.55, high=1.0,
        kind="held out", expected="reproduced", unit="%",
        why="the same number of scans spread evenly over zones does not fit, so the check above can fail",
    )  # fmt: skip
