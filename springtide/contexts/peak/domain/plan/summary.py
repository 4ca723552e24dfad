"""The paths in a few numbers, for people and for the plan's header."""

import numpy as np

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contracts.peak.paths import PathsSummary


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
