"""Which path are we on.

What was sold so far weighs every path: one that had sold as much by now counts, one far off does not. The season's
expectation is the weighted set, so warehouse, desk and servers read the same paths as before, only with other weights.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.common import Band, Department, Phrase
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.review import FanHour, LiveView, Trigger

_HOURS = 24
_RECENT_HOURS = 3
_MOST_SHOWN = 240
_CLOSE = 0.05  # log distance that weighs a path by a third: what an hour's chance moves a season's sum


def live_view(totals: PathTotals, actual: NDArray[np.float64]) -> LiveView:
    """Return where the season stands; `actual`: orders of each finished hour from its first, (hours seen,).

    Raises InvalidPeakInput for hours beyond the season, or that are no counts.
    """
    _refuse_nonsense(actual, totals)
    hourly = totals.orders.reshape(totals.paths, -1).astype(np.float64)
    sums = np.cumsum(hourly, axis=1)
    sold = np.cumsum(actual)
    season = sums[:, -1]
    seen = int(actual.size)
    weights = _weights(sums[:, seen - 1], float(sold[-1])) if seen else np.full(totals.paths, 1.0 / totals.paths)
    expected = _weighted(season, weights, float(sold[-1]) if seen else 0.0, sums[:, seen - 1] if seen else None)
    return LiveView(
        hours_seen=seen,
        rank=float((sums[:, seen - 1] < sold[-1]).mean()) if seen else 0.5,
        like=_like(sums[:, seen - 1], float(sold[-1])) if seen else "P50",
        planned_season=band_of(season),
        expected_season=expected,
        fan=tuple(_fan(totals, sums, sold)),
        triggers=tuple(_triggers(hourly, actual, season, expected)),
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


def _weights(planned: NDArray[np.float64], sold: float) -> NDArray[np.float64]:
    """Return what each path counts for: a normal kernel on the log of what was sold; the nearest always counts."""
    distance = np.abs(np.log1p(planned) - np.log1p(sold))
    weights = np.exp(-0.5 * ((distance - distance.min()) / _CLOSE) ** 2)
    scaled: NDArray[np.float64] = weights / weights.sum()
    return scaled


def _weighted(
    season: NDArray[np.float64], weights: NDArray[np.float64], sold: float, planned: NDArray[np.float64] | None
) -> Band:
    """Return the season's orders as they look now: what is sold, and what each path has still to come."""
    rest = season - planned if planned is not None else season
    outlook = sold + rest
    order = np.argsort(outlook, kind="stable")
    reached = np.cumsum(weights[order])

    def at(share: float) -> float:
        return float(outlook[order[min(int(np.searchsorted(reached, share - 1e-12)), outlook.size - 1)]])

    return Band(mean=float(outlook @ weights), p10=at(0.10), p50=at(0.50), p90=at(0.90), p99=at(0.99))


def _like(planned: NDArray[np.float64], sold: float) -> str:
    band = band_of(planned)
    named = {"P10": band.p10, "P50": band.p50, "P90": band.p90, "P99": band.p99}
    return min(named, key=lambda name: abs(named[name] - sold))


def _fan(totals: PathTotals, sums: NDArray[np.float64], sold: NDArray[np.float64]) -> Iterator[FanHour]:
    """Yield the fan at no more hours than a chart needs; the last hour seen is one of them."""
    hours = sums.shape[1]
    start = datetime.combine(totals.season.first, time.min)
    every = max(1, -(-hours // _MOST_SHOWN))
    shown = sorted({*range(every - 1, hours, every), hours - 1, *([sold.size - 1] if sold.size else [])})
    for hour in shown:
        yield FanHour(
            at=start + timedelta(hours=hour + 1),
            planned=band_of(sums[:, hour]),
            actual=float(sold[hour]) if hour < sold.size else None,
        )


def _triggers(
    hourly: NDArray[np.float64],
    actual: NDArray[np.float64],
    season: NDArray[np.float64],
    expected: Band,
) -> Iterator[Trigger]:
    planned = band_of(season)
    recent = actual[-_RECENT_HOURS:]
    window = slice(actual.size - recent.size, actual.size)
    by_now = band_of(hourly[:, window].sum(axis=1)) if recent.size else None
    rate = float(recent.sum())
    ratio = rate / by_now.p50 if by_now and by_now.p50 else 0.0
    values: dict[str, str | int | float] = {"times": round(ratio, 2)}
    full = recent.size == _RECENT_HOURS and by_now is not None
    season_values: dict[str, str | int | float] = {"orders": round(expected.p50), "planned": round(planned.p50)}
    high, stress = full and rate > (by_now.p90 if by_now else 0), full and rate > (by_now.p99 if by_now else 0)
    low = full and rate < (by_now.p10 if by_now else 0)
    above, below = expected.p50 > planned.p90, expected.p50 < planned.p10
    for name, fired, department, said in (
        ("rate_above_p90", high, Department.IT, values),
        ("rate_above_p99", stress, Department.OWNER, values),
        ("rate_below_p10", low, Department.MARKETING, values),
        ("season_above_p90", above, Department.WAREHOUSE, season_values),
        ("season_above_p90_support", above, Department.SUPPORT, season_values),
        ("season_below_p10", below, Department.FINANCE, season_values),
    ):
        yield Trigger(
            id=name,
            fired=bool(fired),
            department=department,
            when=Phrase(key=f"live.when.{name}", values=said),
            action=Phrase(key=f"live.do.{name}", values=said),
        )
