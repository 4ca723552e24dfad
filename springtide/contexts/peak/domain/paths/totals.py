"""The totals of every path: what warehouse, support, payments, servers and budget read."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season


@dataclass(frozen=True, kw_only=True)
class PathTotals:
    """One row per path; path ids are the same in every array and in `ProductPaths`.

    `orders`: float32 (paths, days, 24), orders placed in an hour of the shop's clock.
    `visits`: float32 (paths, days, 24). `lines`, `units`: float32 (paths, days).
    `revenue_minor`: float64 (paths, days), gross of what is ordered.
    `peak_minute`: how many times the average minute of its hour the busiest minute of that hour is.
    """

    season: Season
    orders: NDArray[np.float32]
    visits: NDArray[np.float32]
    lines: NDArray[np.float32]
    units: NDArray[np.float32]
    revenue_minor: NDArray[np.float64]
    peak_minute: float

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return int(self.orders.shape[0])

    @cached_property
    def daily_orders(self) -> NDArray[np.float64]:
        """Return orders per path and day, (paths, days)."""
        daily: NDArray[np.float64] = self.orders.sum(axis=2, dtype=np.float64)
        return daily

    @cached_property
    def ranked(self) -> NDArray[np.intp]:
        """Return path ids from the smallest season to the largest, by orders; equal seasons keep the order of ids."""
        return np.argsort(self.daily_orders.sum(axis=1), kind="stable")

    def path_at(self, share: float) -> int:
        """Return the path at this rank of the season's total: 0.5 names P50, 0.9 P90, 0.99 P99."""
        return int(self.ranked[rank_of(share, self.paths)])


def rank_of(share: float, paths: int) -> int:
    """Return the 0-based rank of a share: the smallest rank at which at least `share` of the paths are covered."""
    if not 0 < share <= 1:
        message = f"a share lies above 0 and up to 1, not {share}"
        raise ValueError(message)
    return max(0, int(np.ceil(share * paths - 1e-9)) - 1)


def quantile_of(per_path: NDArray[np.floating], share: float) -> float:
    """Return the value of one number per path, (paths,), at this share, by rank: a value that some path really has."""
    return float(np.sort(per_path, kind="stable")[rank_of(share, int(per_path.shape[0]))])
