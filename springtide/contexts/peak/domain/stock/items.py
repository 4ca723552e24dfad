"""Products one by one: what is asked for and what is left, week by week over their own paths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contexts.peak.domain.stock.needs import Walk

WEEK_DAYS = 7
_SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Per product and week: `demand`, `stock` at P10, P50 and P90, (products, weeks, 3), and `lost`, mean so far."""

    demand: NDArray[np.int64]
    stock: NDArray[np.int64]
    lost: NDArray[np.int64]


def weekly_of(units: NDArray[np.float32], walked: Walk) -> Weekly:
    """Return the weeks of a block of products, units (products, paths, days); the last week may be shorter."""
    days = units.shape[2]
    starts = np.arange(0, days, WEEK_DAYS)
    ends = np.minimum(starts + WEEK_DAYS, days) - 1
    lost = walked.lost[:, :, ends]
    return Weekly(
        demand=_ranked(np.add.reduceat(units, starts, axis=2)),
        stock=_ranked(walked.on_hand[:, None, None] - walked.free[:, :, ends] + lost),
        lost=np.rint(lost.mean(axis=1, dtype=np.float64)).astype(np.int64),
    )


def _ranked(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the ranks of each product and week over the paths, from (products, paths, weeks)."""
    places = [rank_of(share, values.shape[1]) for share in _SHARES]
    moved = np.ascontiguousarray(values.transpose(0, 2, 1))
    moved.partition(places, axis=2)
    return np.rint(moved[:, :, places]).astype(np.int64)


def joined_weeks(parts: list[Weekly]) -> Weekly:
    """Put parts after one another."""
    return Weekly(
        demand=np.concatenate([part.demand for part in parts]),
        stock=np.concatenate([part.stock for part in parts]),
        lost=np.concatenate([part.lost for part in parts]),
    )
