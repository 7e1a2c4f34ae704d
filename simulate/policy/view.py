"""A view: one run seen under some cases.

The `sight` is the knowledge of an attack; the `sieve` selects its rows. The truth travels beside
them, for scoring only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulate.checks import ScenarioError, did_you_mean
from simulate.durations import DAY_S, DAY_START_S, format_duration
from simulate.policy.case import Case, ladder_of
from simulate.policy.observers import default_observer, habit_of, look_back_of, nothing_to_see, sees_of
from simulate.policy.setting import Setting
from simulate.policy.sieve import MOST_CASES, Sieve
from simulate.policy.sight import CaseSight, Habits, Public, Sight
from simulate.policy.terms import FOREVER, UNSTATED, Terms, plain_terms
from simulate.policy.written import scenario_case
from simulate.travel.hotlists import hot_list
from simulate.world.routes import alternative_shares

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulate.rules import Retention
    from simulate.rules.fields import Policy
    from simulate.scenario import Scenario
    from simulate.sightings.deployment import Deployment
    from simulate.sightings.run import Run
    from simulate.sightings.store import Rows
    from simulate.travel.hotlists import HotList
    from simulate.travel.life import Lives
from simulate.world.build import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Ground truth of a run, for scoring only."""

    world: World
    lives: Lives
    seed: int
    deployment: Deployment
    scenario: Scenario
    hotlist: HotList
    """Entries of the holders' hot list, each with the times of its validity."""


class Source(Protocol):
    """Source of rows, shard by shard: a store, or the draw itself."""

    @property
    def n_shards(self) -> int:
        """Return the number of shards."""

    def comes_from(self, lives: Lives, deployment: Deployment) -> bool:
        """Return whether the rows are drawn from these lives and this watch."""

    def blocks(self, shard: int, groups: NDArray[np.int64]) -> Iterator[Rows]:
        """Yield the rows of a shard, sorted by plate, time and site; raise ScenarioError on altered ones.

        groups : int64[g], groups of plates redrawn and compared beside a random sample.
        """

    def span(self, shard: int) -> tuple[int, int]:
        """Return the half-open range of groups of plates of a shard."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """A run under up to 64 cases."""

    sight: Sight
    sieve: Sieve
    source: Source
    truth: Truth

    @property
    def cases(self) -> tuple[CaseSight, ...]:
        """Return the cases in the order of their bits."""
        return self.sight.cases

    def describe(self) -> str:
        """Return a sentence for each distinct observer, date and set of visible sites."""
        return "; ".join(dict.fromkeys(case.describe(self.sight.public) for case in self.cases))


def view_of(
    run: Run,
    *,
    observer: str | None = None,
    policies: Sequence[Policy] = (),
    ladder: Sequence[str | Retention] | None = None,
    cases: Sequence[Case | str] | None = None,
    on: date | str | None = None,
) -> View:
    """Open a view of a run under some cases.

    Parameters
    ----------
    run
        A complete run.
    observer
        A name from the scenario's observers, or an owner, seeing its own readers; in a nation
        also one of the bodies of an owner. The first observer in alphabetical order if None.
    policies
        Rules in force, in any order; one case.
    ladder
        Durations, such as "21d", or retention rules to compare: one case each, beside `policies`.
    cases
        Cases in place of all these: objects of `sim.Case`, or names from the scenario.
    on
        Query date of cases without one; the day after the last simulated one if None.

    Examples
    --------
    >>> run = sim.run(town, folder / "town")
    >>> view = sim.view(run, policies=[sim.policy.HitOnly()], ladder=["7d", "forever"])
    >>> [case.name for case in view.cases]
    ['7 days', 'for ever']
    """
    requested = cases_of(run.scenario, observer, policies, ladder, cases)
    setting = setting_of(run)
    terms, seen = zip(*(_terms_and_sight(run, setting, case, on) for case in requested), strict=True)
    sieve = Sieve(setting=setting, terms=terms, now_s=tuple(case.now_s for case in seen))
    sight = Sight(public=_public(run), cases=seen, asked=run.scenario.settings.measure)
    truth = Truth(
        world=run.world, lives=run.lives, seed=run.scenario.seed, deployment=run.deployment, scenario=run.scenario,
        hotlist=setting.hotlist,
    )  # fmt: skip
    return View(sight=sight, sieve=sieve, source=run.source, truth=truth)


def case_of(view: View, name: str | None) -> tuple[int, CaseSight]:
    """Return the number and the sight of a case; without a name the last case reached, else the last one.

    Raise ScenarioError on an unknown name.
    """
    if name is None:
        reached = [c for c, case in enumerate(view.cases) if case.reached]
        c = reached[-1] if reached else len(view.cases) - 1
        return c, view.cases[c]
    names = [case.name for case in view.cases]
    if name not in names:
        raise ScenarioError("case", f"a case of the view ({', '.join(names)})", repr(name), did_you_mean(name, names))
    c = names.index(name)
    return c, view.cases[c]


def alone(view: View, c: int) -> View:
    """Return a view of case number c alone."""
    sieve = replace(view.sieve, terms=(view.sieve.terms[c],), now_s=(view.sieve.now_s[c],))
    return replace(view, sight=replace(view.sight, cases=(view.cases[c],)), sieve=sieve)


def setting_of(run: Run) -> Setting:
    """Return the setting of the rules of a run."""
    period = run.scenario.settings.period
    return Setting(
        sites=run.deployment.sites, owners=run.world.owners, zones=run.world.zones, plates=run.lives.plates,
        n_vehicles=run.n_vehicles, start=period.start, days=period.days, seed=run.scenario.seed,
        hotlist=hot_list(run.scenario, run.lives),
    )  # fmt: skip


def cases_of(
    scenario: Scenario,
    observer: str | None,
    policies: Sequence[Policy],
    ladder: Sequence[str | Retention] | None,
    cases: Sequence[Case | str] | None,
) -> list[Case]:
    """Return the cases requested, each name once; raise ScenarioError on none, duplicates or too many."""
    if cases is not None and (observer or policies or ladder):
        raise ScenarioError("cases", "cases alone", "an observer, policies or a ladder too", "say these in the cases")
    if cases is None:
        requested = ladder_of(ladder, observer=observer, policies=tuple(policies))
    else:
        requested = [case if isinstance(case, Case) else scenario_case(scenario, case) for case in cases]
    names = [case.name for case in requested]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise ScenarioError("cases", "a name of its own for each case", repr(duplicate), "rename one of them")
    if not 0 < len(requested) <= MOST_CASES:
        raise ScenarioError("cases", f"1 to {MOST_CASES} cases", len(requested), "compare fewer at a time")
    return requested


def _terms_and_sight(run: Run, setting: Setting, case: Case, on: date | str | None) -> tuple[Terms, CaseSight]:
    """Return the terms of one case, amended by its rules, and its sight."""
    settings = run.scenario.settings
    name = case.observer if case.observer is not None else default_observer(settings)
    sees, purpose = sees_of(settings, name, setting.owners.bodies)
    reach = np.any([setting.owners.of(holder) for holder in sees], axis=0)
    if not reach[setting.sites.owner].any():
        raise nothing_to_see(f"observers.{name}", sees)
    terms = plain_terms(setting, reach)
    rules = (*case.policies, *look_back_of(settings, name))
    for rule in rules:
        terms = rule.amend(terms, setting)
    start, days = settings.period.start, settings.period.days
    now_s = now_of(on, start, days) if case.on is None else now_of(case.on, start, days, f"case {case.name}: on")
    resolved = Case(name=case.name, observer=name, on=case.on, policies=rules)
    return terms, seen_case(resolved, terms, setting, observer=name, purpose=purpose, habit=habit_of(settings, name),
                            now_s=now_s)  # fmt: skip


def seen_case(
    case: Case, terms: Terms, setting: Setting, *, observer: str, purpose: str, habit: str, now_s: int
) -> CaseSight:
    """Return the sight of a case from its amended terms."""
    limits = limits_of(terms)
    back = FOREVER if terms.look_back_s == UNSTATED else terms.look_back_s
    return CaseSight(
        name=case.name,
        observer=observer,
        purpose=purpose,
        habit=habit,
        visible=terms.reach[setting.sites.owner] & terms.collects & terms.hours.any(axis=1),
        now_s=now_s,
        oldest_s=max(now_s - min(max(limits, default=0), back), 0),
        reached=all(limit <= now_s - DAY_START_S for limit in limits if limit < FOREVER),
        rules=tuple(rule.describe() for rule in case.policies),
        retention=format_duration(None if limits[0] == FOREVER else limits[0]) if len(limits) == 1 else "",
        time_grain_s=max(terms.time_grain_s, 0),
        place_grain_m=max(terms.place_grain_m, 0.0),
        pseudonym_s=max(terms.pseudonym_s, 0),
    )


def limits_of(terms: Terms) -> list[int]:
    """Return the distinct age limits of reads stored by the holders in reach, in seconds, shortest first."""
    miss = np.where((terms.keep_miss_s == UNSTATED) | ~terms.deletes, FOREVER, terms.keep_miss_s)
    hit = np.where((terms.keep_hit_s == UNSTATED) | ~terms.deletes, miss, terms.keep_hit_s)
    by_outcome = [miss[terms.reach & terms.stores_misses], hit[terms.reach & terms.subscribes]]
    return [int(limit) for limit in np.unique(np.concatenate(by_outcome))]


def _public(run: Run) -> Public:
    """Return public knowledge, and the generator's route choice if the scenario grants it."""
    settings, graph, routes = run.scenario.settings, run.world.graph, run.world.routes
    granted = settings.measure.attacker_roads == "generator"
    habits = Habits(
        shares=alternative_shares(settings.travel.route_shares),
        used=routes.used,
        row=routes.row,
        part=run.world.metro_of_hub,
    )
    return Public(
        roads=run.world.roads,
        graph=graph if granted else replace(graph, cost=graph.cost[:1]),  # drivers' preferences are not public
        hub_node=routes.hub_node,
        zones=run.world.zones,
        sites=run.deployment.sites,
        owners=run.world.owners,
        n_plates=run.lives.plates.n,
        n_vehicles=run.n_vehicles,
        start=settings.period.start,
        roads_known=settings.measure.attacker_roads,
        habits=habits if granted else None,
    )


def now_of(on: date | str | None, start: date, days: int, where: str = "on") -> int:
    """Return 04:00 of a query date, in seconds from the first midnight; where : source of the date, for errors."""
    last = start + timedelta(days=days)
    if isinstance(on, str):
        try:
            on = date.fromisoformat(on)
        except ValueError:
            raise ScenarioError(where, "a date as YYYY-MM-DD", repr(on), f"for example {last}") from None
    day = last if on is None else on
    if not start < day <= last:
        remedy = "the observer can only look while the scenario lasts, from its second day on"
        raise ScenarioError(where, f"a date from {start + timedelta(days=1)} to {last}", day, remedy)
    return (day - start).days * DAY_S + DAY_START_S
