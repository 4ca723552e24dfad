"""From demand on every path to what an order would be for.

Without an order, M(t) units are lost up to and including period t: the largest excess of demand over stock and receipts
so far, never below 0. Between the arrival a of an order and the arrival n of the next one, M(n-1) - M(a-1) units are
lost that an order could have sold: that is the need of a path. What an order of q units changes follows exactly:
min(q, need) units more are sold and (q - need)+ are left over, receipts within the window and all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Stock that nobody orders for. `lost`: M(t), (products, paths, periods). `free`: demand less receipts up to t."""

    on_hand: Units
    lost: Units
    free: Units

    def lost_before(self, period: NDArray[np.int64]) -> Units:
        """Return the units lost before the first moment of a period of each path, (products, paths)."""
        last = np.clip(period, 0, self.lost.shape[2]) - 1
        found = np.take_along_axis(self.lost, np.maximum(last, 0)[None, :, None], axis=2)[:, :, 0]
        return np.where(last >= 0, found, np.float32(0))

    def need(self, arrives: NDArray[np.int64], until: NDArray[np.int64]) -> Units:
        """Return what is lost from period `arrives` to before `until` of each path, (products, paths)."""
        return self.lost_before(np.maximum(arrives, until)) - self.lost_before(arrives)

    def first_out(self) -> NDArray[np.int64]:
        """Return the first period in which a unit is lost, (products, paths); the number of periods where none is."""
        first: NDArray[np.int64] = np.count_nonzero(self.lost <= 0, axis=2)
        return first

    def volume(self, per_unit: Units) -> NDArray[np.float64]:
        """Return the volume in stock at the end of each period over all products, (paths, periods)."""
        products, paths, periods = self.lost.shape
        moved = per_unit @ self.lost.reshape(products, paths * periods)
        moved -= per_unit @ self.free.reshape(products, paths * periods)
        return moved.reshape(paths, periods).astype(np.float64) + float(per_unit @ self.on_hand)


def walk(demand: Units, *, on_hand: Units, receipts: Units | None = None) -> Walk:
    """Walk through `demand`, (products, paths, periods), with stock (products,) and `receipts` (products, periods).

    What is received in a period can be sold in it; demand that meets an empty shelf is lost.
    """
    free = np.cumsum(demand, axis=2, dtype=np.float32)
    lost = np.empty_like(free)
    if receipts is not None:
        free -= np.cumsum(receipts, axis=1, dtype=np.float32)[:, None, :]
    np.subtract(free, on_hand[:, None, None], out=lost)
    if receipts is not None:
        with_receipts = np.flatnonzero(receipts.any(axis=1))
        lost[with_receipts] = np.maximum.accumulate(lost[with_receipts], axis=2)
    np.maximum(lost, 0, out=lost)
    return Walk(on_hand=on_hand, lost=lost, free=free)
