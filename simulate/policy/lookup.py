"""Look-ups: the sightings on file of one plate, as the observer of a case sees them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.columns import arrow_table
from simulate.durations import DAY_S, DAY_START_S
from simulate.policy.redraw import of_plate, on_file_of
from simulate.policy.view import case_of

if TYPE_CHECKING:
    from simulate.columns import Table
    from simulate.policy.sight import Public
    from simulate.policy.view import View
    from simulate.sightings.store import Rows

SIGHTINGS = {
    "at": "timestamp[s]", "day": "int64", "hour": "double", "site": "int64", "owner": "string", "x_m": "double",
    "y_m": "double",
}  # fmt: skip
"""Name and Arrow type of each column of a car's sightings."""


def look_up(view: View, plate: int, case: str | None = None) -> Table:
    """Return the sightings on file of one plate, oldest first.

    Misreads of other cars as this plate are included, as they are on file. Times and places are as the
    case shows them. Under pseudonyms, only the holder of their register could make this table.

    Parameters
    ----------
    view
        A run under some cases.
    plate
        The plate's number, such as `sim.choose_story(view).number`.
    case
        Name of a case of the view; the last one reached if None.

    Returns
    -------
    pyarrow.Table
        One row a sighting. `at`: local time of the scenario, to the second; `day`: day of travel, 0 is the
        first, each from 04:00 to 04:00; `hour`: hours since 00:00 of that day, 4 to 28; `site`: number of
        the reader; `owner`: its owner; `x_m`, `y_m`: its position, metres east and north.

    Raises
    ------
    ScenarioError
        If the plate or the case does not exist.

    Examples
    --------
    >>> seen = sim.look_up(view, sim.choose_story(view).number)
    >>> seen.column_names
    ['at', 'day', 'hour', 'site', 'owner', 'x_m', 'y_m']
    >>> frame = seen.to_pandas()
    >>> bool(frame["at"].is_monotonic_increasing)
    True
    """
    public = view.sight.public
    c, _ = case_of(view, case)
    if not 0 <= plate < public.n_plates:
        raise ScenarioError(
            "plate", f"a number from 0 to {public.n_plates - 1}", plate, "take one of sim.choose_story(view)"
        )
    return table_of(public, of_plate(on_file_of(view, np.array([plate], np.int64), c), plate))


def table_of(public: Public, rows: Rows) -> Table:
    """Return reads of one plate as a table with the columns of `SIGHTINGS`."""
    second, site, sites = rows.time.astype(np.int64), rows.site.astype(np.int64), public.sites
    day = (second - DAY_START_S) // DAY_S
    midnight = np.datetime64(datetime.combine(public.start, datetime.min.time()), "s")
    owner = [public.owners.name[body] for body in sites.owner[site]]
    return arrow_table(SIGHTINGS, {
        "at": midnight + second.astype("timedelta64[s]"), "day": day, "hour": (second - day * DAY_S) / 3600,
        "site": site, "owner": owner, "x_m": sites.x_m[site], "y_m": sites.y_m[site],
    })  # fmt: skip
