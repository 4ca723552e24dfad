"""The forecast, every method alone and the joint draws, counted against what happened after one origin."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.choose import weekly
from springtide.contexts.peak.domain.backtest.draws import Drawn
from springtide.contexts.peak.domain.backtest.origins import Origin
from springtide.contexts.peak.domain.backtest.tally import About, Tally
from springtide.contexts.peak.domain.forecast.combine import Gate, mean_of
from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.weeks import WEEK

FORECAST = "forecast"
MEDIAN = "forecast_p50"
"""The median of the joint draws: what absolute errors reward, while stock and totals need the mean."""
MEASURES = {"units": "units", "orders": "orders", "revenue_minor": "revenue"}


def judge(tally: Tally, origin: Origin, forecast: Forecast, gate: Gate, drawn: Drawn) -> None:
    """Count one origin into the tally."""
    setting = origin.answers.setting
    said = {name: rates.daily(setting) for name, rates in origin.answers.products.items()}
    said[FORECAST] = forecast.units
    _products(tally, origin, "product", origin.actual, said)
    groups = groups_of(setting.demand.products)
    summed = {name: groups.sums(daily.T).T for name, daily in said.items()}
    _products(tally, origin, "category", groups.sums(origin.actual.T).T, summed)
    _totals(tally, origin, gate)
    actuals = {
        "product": (("units",), origin.actual[None]),
        "category": (("units",), groups.sums(origin.actual.T).T[None]),
        "total": (
            tuple(MEASURES.values()),
            np.stack([origin.totals[name] for name in MEASURES])[:, None],
        ),
    }
    for (level, grain), quantiles in drawn.levels.items():
        names, actual = actuals[level]
        at = quantiles.at[:, None] if level != "total" else quantiles.at[:, :, None]
        for place, measure in enumerate(names):
            _quantiles(tally, origin, (level, measure, grain), actual[place], at[:, place])


def _products(
    tally: Tally, origin: Origin, level: str, actual: NDArray[np.floating], said: dict[str, NDArray[np.floating]]
) -> None:
    for name, daily in said.items():
        _count(tally, origin, (level, "units", name), actual, daily)


def _totals(tally: Tally, origin: Origin, gate: Gate) -> None:
    for name, measure in MEASURES.items():
        actual = origin.totals[name]
        if not actual.any():
            continue
        members = origin.answers.top[name]
        for method, daily in {**members, FORECAST: mean_of(members, gate.top)}.items():
            _count(tally, origin, ("total", measure, method), actual[None], daily[None])


def _count(
    tally: Tally, origin: Origin, what: tuple[str, str, str], actual: NDArray[np.floating], daily: NDArray[np.floating]
) -> None:
    level, measure, method = what
    weeks = weekly(actual.T).T, weekly(daily.T).T
    for week, block in enumerate(_blocks(origin)):
        days = slice(week * WEEK, (week + 1) * WEEK)
        tally.add(About(level, measure, "week", method), block, weeks[0][:, week], weeks[1][:, week])
        tally.add(About(level, measure, "day", method), block, actual[:, days], daily[:, days])


def _quantiles(
    tally: Tally, origin: Origin, what: tuple[str, str, str], actual: NDArray[np.floating], at: NDArray[np.float32]
) -> None:
    """Count quantiles, (shares, keys, cells); products that had not sold by the origin are nobody's forecast."""
    level, measure, grain = what
    cells = weekly(actual.T).T if grain == "week" else actual
    known = slice(None)
    if level == "product":
        known = np.flatnonzero(origin.answers.setting.demand.units.any(axis=0))
    for week, block in enumerate(_blocks(origin)):
        span = slice(week, week + 1) if grain == "week" else slice(week * WEEK, (week + 1) * WEEK)
        about = About(level, measure, grain, FORECAST)
        tally.add_quantiles(about, block, cells[known][:, span], at[:, known][:, :, span])
        median = About(level, measure, grain, MEDIAN)
        tally.add(median, block, cells[:, span], at[2][:, span])


def _blocks(origin: Origin) -> list[tuple[date, bool]]:
    """Return each week ahead as a block: its first day, and whether a window of an event touches it."""
    inside = origin.answers.setting.uplift.inside[origin.answers.setting.demand.days :]
    return [
        (origin.season.first + timedelta(days=start), bool(inside[start : start + WEEK].any()))
        for start in range(0, origin.season.days, WEEK)
    ]
