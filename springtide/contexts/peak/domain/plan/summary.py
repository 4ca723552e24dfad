"""The paths in a few numbers, for people and for the plan's header."""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contracts.peak.paths import PathsSummary
from springtide.contracts.peak.plan import PlanDay


def summary_of(joint: JointPaths) -> PathsSummary:
    """Return the bands of the season's totals and the ids of the paths that stand for P50, P90 and P99."""
    totals = joint.totals
    orders = totals.daily_orders.sum(axis=1)
    return PathsSummary(
        paths=totals.paths,
        seed=joint.seed,
        orders=band_of(orders),
        units=band_of(totals.units.sum(axis=1, dtype=np.float64)),
        lines=band_of(totals.lines.sum(axis=1, dtype=np.float64)),
        revenue_minor=band_of(totals.revenue_minor.sum(axis=1)),
        visits=band_of(totals.visits.sum(axis=(1, 2), dtype=np.float64)),
        busiest_hour_orders=band_of(totals.orders.max(axis=(1, 2)).astype(np.float64)),
        path_p50=totals.path_at(0.5),
        path_p90=totals.path_at(0.9),
        path_p99=totals.path_at(0.99),
        spread=float(orders.std() / orders.mean()) if orders.any() else 0.0,
        learned_on=joint.spread.learned_on,
        levers=joint.edits.levers,
        applied=joint.edits.applied,
        expired=joint.edits.expired,
    )


def days_of(joint: JointPaths) -> tuple[PlanDay, ...]:
    """Return the fan, day by day."""
    totals, forecast = joint.totals, joint.forecast
    named = [totals.daily_orders[totals.path_at(share)] for share in (0.5, 0.9, 0.99)]

    def column(values: NDArray[np.floating], day: int) -> NDArray[np.float64]:
        return values[:, day].astype(np.float64)

    return tuple(
        PlanDay(
            day=day,
            is_event=bool(forecast.event_days[index]),
            forecast_orders=float(forecast.orders[index]),
            orders=band_of(column(totals.daily_orders, index)),
            units=band_of(column(totals.units, index)),
            revenue_minor=band_of(column(totals.revenue_minor, index)),
            p50=float(named[0][index]),
            p90=float(named[1][index]),
            p99=float(named[2][index]),
        )
        for index, day in enumerate(forecast.season.dates)
    )
