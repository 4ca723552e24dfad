"""Which path are we on.

What was sold so far moves every path (`outlook`). The season's expectation is the moved set, so warehouse, desk and
servers read the same paths as before, only with another rest.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.review.agreed import Standing, triggers_of
from springtide.contexts.peak.domain.review.outlook import outlook_of
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import USUAL_DRIFT_SD
from springtide.contracts.peak.plan import Plan, PlanTerms
from springtide.contracts.peak.review import FanHour, LiveView, Quiet

_HOURS = 24
_MOST_SHOWN = 240
_QUIET_EXPECTED = 10.0  # orders that every path has in hours without one: by chance once in 20,000 times


def live_view(
    totals: PathTotals, actual: NDArray[np.float64], *, plan: Plan | None = None, terms: PlanTerms | None = None
) -> LiveView:
    """Return where the season stands; `actual`: orders of each finished hour from its first, (hours seen,).

    `plan` and `terms`: what was agreed, with whom; without them triggers name departments only. Raises InvalidPeakInput
    for hours beyond the season, or that are no counts.
    """
    _refuse_nonsense(actual, totals)
    hourly = totals.orders.reshape(totals.paths, -1).astype(np.float64)
    sums = np.cumsum(hourly, axis=1)
    seen, season = int(actual.size), sums[:, -1]
    by_now = sums[:, seen - 1] if seen else np.zeros(totals.paths)
    sold = float(actual.sum())
    drift_sd = terms.calibration.drift_sd if terms else USUAL_DRIFT_SD
    outlook = outlook_of(hourly, actual, per_day=_HOURS, drift_sd=drift_sd)
    rest = (season - by_now) * outlook.factors
    standing = Standing(totals=totals, hourly=hourly, actual=actual, outlook=outlook)
    expected = band_of(sold + rest)
    return LiveView(
        hours_seen=seen,
        rank=float((by_now < sold).mean()) if seen else 0.5,
        like=_like(by_now, sold) if seen else "P50",
        planned_season=band_of(season),
        expected_season=expected,
        fan=tuple(_fan(totals, sums, np.cumsum(actual))),
        triggers=tuple(triggers_of(standing, expected, plan, terms)),
        rest=band_of(rest),
        drift_sd=drift_sd,
        beyond=bool(seen) and not float(by_now.min()) <= sold <= float(by_now.max()),
        quiet=tuple(_quiet(totals, hourly, actual)),
    )


def _refuse_nonsense(actual: NDArray[np.float64], totals: PathTotals) -> None:
    hours = totals.season.days * _HOURS
    if actual.size > hours:
        message = f"{actual.size} hours were sold in, the season has {hours}"
        raise InvalidPeakInput.of([Mistake(where="actual", rule="beyond_the_season", message=message)])
    wrong = np.flatnonzero(~(np.isfinite(actual) & (actual >= 0)))
    if wrong.size:
        raise InvalidPeakInput.of(
            Mistake(where="actual", row=int(row) + 1, rule="no_count", message=f"{actual[row]} is no number of orders")
            for row in wrong
        )


def _like(planned: NDArray[np.float64], sold: float) -> str:
    band = band_of(planned)
    named = {"P10": band.p10, "P50": band.p50, "P90": band.p90, "P99": band.p99}
    return min(named, key=lambda name: abs(named[name] - sold))


def _fan(totals: PathTotals, sums: NDArray[np.float64], sold: NDArray[np.float64]) -> Iterator[FanHour]:
    """Yield the fan at no more hours than a chart needs; the last hour seen is one of them."""
    hours = sums.shape[1]
    start = _start(totals)
    every = max(1, -(-hours // _MOST_SHOWN))
    shown = sorted({*range(every - 1, hours, every), hours - 1, *([sold.size - 1] if sold.size else [])})
    for hour in shown:
        yield FanHour(
            at=start + timedelta(hours=hour + 1),
            planned=band_of(sums[:, hour]),
            actual=float(sold[hour]) if hour < sold.size else None,
        )


def _quiet(totals: PathTotals, hourly: NDArray[np.float64], actual: NDArray[np.float64]) -> Iterator[Quiet]:
    """Yield runs of hours without an order in which even the lowest paths sold something."""
    start, begun = _start(totals), None
    for hour, orders in enumerate([*actual.tolist(), 1.0]):
        if orders == 0 and begun is None:
            begun = hour
        elif orders > 0 and begun is not None:
            came = hourly[:, begun:hour].sum(axis=1)
            if float(came.min()) > 0 and float(np.median(came)) >= _QUIET_EXPECTED:
                first, last = start + timedelta(hours=begun), start + timedelta(hours=hour)
                yield Quiet(first=first, last=last, expected=float(np.median(came)))
            begun = None


def _start(totals: PathTotals) -> datetime:
    return datetime.combine(totals.season.first, time.min)
