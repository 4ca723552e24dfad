"""The forecast, every method alone and the joint draws, counted against what happened after one origin."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.choose import weekly
from springtide.contexts.peak.domain.backtest.draws import SHARES, Drawn
from springtide.contexts.peak.domain.backtest.empirical import (
    MEASURES,
    What,
    pairs_of,
    spread_around,
)
from springtide.contexts.peak.domain.backtest.origins import Origin
from springtide.contexts.peak.domain.backtest.tally import About, Tally
from springtide.contexts.peak.domain.forecast.combine import Gate, mean_of
from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.forecast.members import BENCHMARK
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.weeks import WEEK

FORECAST = "forecast"
MEDIAN = "forecast_p50"
"""The median of the joint draws: what absolute errors reward, while stock and totals need the mean."""


def judge(
    tally: Tally,
    origin: Origin,
    forecast: Forecast,
    *,
    gate: Gate,
    drawn: Drawn,
    errors: Mapping[str, Mapping[What, NDArray[np.float64]]],
) -> None:
    """Count one origin into the tally, the days that came; `errors`: of the moving averages on the fixed origins."""
    if not origin.told:
        return
    setting = origin.answers.setting
    said = {name: rates.daily(setting) for name, rates in origin.answers.products.items()}
    said[FORECAST] = forecast.units
    _products(tally, origin, "product", origin.actual, said)
    groups = groups_of(setting.demand.products)
    summed = {name: groups.sums(daily.T).T for name, daily in said.items()}
    _products(tally, origin, "category", groups.sums(origin.actual.T).T, summed)
    _totals(tally, origin, gate)
    came = pairs_of(origin, BENCHMARK)
    for (level, grain), quantiles in drawn.levels.items():
        measures = tuple(MEASURES.values()) if level == "total" else ("units",)
        for place, measure in enumerate(measures):
            what = (level, measure, grain)
            at = quantiles.at[:, place : place + 1] if level == "total" else quantiles.at
            actual = came[what].came
            at = at[:, :, : actual.shape[1]]
            _quantiles(tally, origin, About(*what, FORECAST), actual, at)
            _medians(tally, origin, what, actual, at[SHARES.index(0.5)])
    for method, of_method in errors.items():
        for what, pair in pairs_of(origin, method).items():
            at_shares = spread_around(of_method, what, pair.said)
            if at_shares is not None:
                _quantiles(tally, origin, About(*what, method), pair.came, at_shares)


def _products(
    tally: Tally, origin: Origin, level: str, actual: NDArray[np.floating], said: Mapping[str, NDArray[np.floating]]
) -> None:
    for name, daily in said.items():
        _count(tally, origin, (level, "units", name), actual, daily)


def _totals(tally: Tally, origin: Origin, gate: Gate) -> None:
    for name, measure in MEASURES.items():
        actual = origin.totals[name]
        if not actual.any():
            continue
        members = origin.answers.top[name]
        for method, daily in {**members, FORECAST: mean_of(members, gate.top_of(name))}.items():
            _count(tally, origin, ("total", measure, method), actual[None], daily[None])


def _count(
    tally: Tally, origin: Origin, what: tuple[str, str, str], actual: NDArray[np.floating], daily: NDArray[np.floating]
) -> None:
    """Count a method's days that came; cells of products of which nobody knows what came count nowhere."""
    level, measure, method = what
    actual, daily = actual[:, : origin.told], daily[:, : origin.told]
    if level == "product":
        actual, daily = (np.where(_known_cells(origin, "day"), values, 0) for values in (actual, daily))
    weeks = weekly(actual.T).T, weekly(daily.T).T
    for week, block in enumerate(_blocks(origin)):
        days = slice(week * WEEK, (week + 1) * WEEK)
        tally.add(About(level, measure, "week", method), block, weeks[0][:, week], weeks[1][:, week])
        tally.add(About(level, measure, "day", method), block, actual[:, days], daily[:, days])


def _quantiles(
    tally: Tally, origin: Origin, about: About, actual: NDArray[np.floating], at: NDArray[np.float32]
) -> None:
    """Count quantiles, (shares, keys, cells); products that had not sold by the origin are nobody's forecast."""
    counted: NDArray[np.bool_] = np.ones(actual.shape, dtype=np.bool_)
    if about.level == "product":
        counted = _known_cells(origin, about.grain).copy()
        counted[~origin.answers.setting.demand.units.any(axis=0)] = False
    for week, block in enumerate(_blocks(origin)):
        span = _span(about.grain, week)
        cells = counted[:, span]
        tally.add_quantiles(about, block, actual[:, span][cells], at[:, :, span][:, cells])


def _medians(
    tally: Tally, origin: Origin, what: What, actual: NDArray[np.floating], median: NDArray[np.float32]
) -> None:
    if what[0] == "product":
        actual, median = (np.where(_known_cells(origin, what[2]), values, 0) for values in (actual, median))
    for week, block in enumerate(_blocks(origin)):
        span = _span(what[2], week)
        tally.add(About(*what, MEDIAN), block, actual[:, span], median[:, span])


def _known_cells(origin: Origin, grain: str) -> NDArray[np.bool_]:
    """Return the days or weeks of products of which everything is known, (products, cells)."""
    known = origin.known[:, : origin.told]
    if grain == "day":
        return known
    whole: NDArray[np.bool_] = np.logical_and.reduceat(known, np.arange(0, origin.told, WEEK), axis=1)
    return whole


def _span(grain: str, week: int) -> slice:
    return slice(week, week + 1) if grain == "week" else slice(week * WEEK, (week + 1) * WEEK)


def _blocks(origin: Origin) -> list[tuple[date, bool]]:
    """Return each week that came as a block: its first day, and whether a window of an event touches it."""
    inside = origin.answers.setting.uplift.inside[origin.answers.setting.demand.days :]
    return [
        (origin.season.first + timedelta(days=start), bool(inside[start : start + WEEK].any()))
        for start in range(0, origin.told, WEEK)
    ]
