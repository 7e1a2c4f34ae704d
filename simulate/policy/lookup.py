"""Look-ups: what is on file about one plate, as whoever may look gets it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from simulate.checks import ScenarioError
from simulate.columns import arrow_table
from simulate.durations import DAY_S, DAY_START_S

if TYPE_CHECKING:
    from simulate.columns import Table
    from simulate.policy.view import View

SIGHTINGS = {
    "at": "timestamp[s]", "day": "int64", "hour": "double", "site": "int64", "owner": "string", "x_m": "double",
    "y_m": "double",
}  # fmt: skip
"""Name and Arrow type of each column of a car's sightings."""


def look_up(view: View, plate: int) -> Table:
    """Look up one plate: a table of its sightings, oldest first.

    A view without the truth (`view.blind()`) will do. Reads of other cars that were mistaken for this
    plate are among them, as they are on file.

    Parameters
    ----------
    view
        What the observer sees; of several retention rules the longest counts.
    plate
        The plate's number, such as `sim.choose_story(view).number`.

    Returns
    -------
    pyarrow.Table
        One row a sighting. `at`: local time of the scenario, to the second; `day`: day of travel, 0 is the
        first, each from 04:00 to 04:00; `hour`: hours since 00:00 of that day, 4 to 28; `site`: number of
        the reader; `owner`: whose it is; `x_m`, `y_m`: where it stands, metres east and north.

    Raises
    ------
    ScenarioError
        If there is no such plate.

    Examples
    --------
    >>> seen = sim.look_up(view, sim.choose_story(view).number)
    >>> seen.column_names
    ['at', 'day', 'hour', 'site', 'owner', 'x_m', 'y_m']
    >>> frame = seen.to_pandas()
    >>> bool(frame["at"].is_monotonic_increasing)
    True
    """
    if not 0 <= plate < view.public.n_plates:
        raise ScenarioError(
            "plate", f"a number from 0 to {view.public.n_plates - 1}", plate, "take one of sim.choose_story(view)"
        )
    rows, sites = view.rows_of(np.array([plate], np.int64)), view.public.sites
    second, site = rows.time.astype(np.int64), rows.site.astype(np.int64)
    day = (second - DAY_START_S) // DAY_S
    midnight = np.datetime64(datetime.combine(view.start, datetime.min.time()), "s")
    owner = [view.public.owners.name[body] for body in sites.owner[site]]
    return arrow_table(SIGHTINGS, {
        "at": midnight + second.astype("timedelta64[s]"), "day": day, "hour": (second - day * DAY_S) / 3600,
        "site": site, "owner": owner, "x_m": sites.x_m[site], "y_m": sites.y_m[site],
    })  # fmt: skip
