"""What an order of q units is worth: sales saved, less what it costs to keep and to be left with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = np.array([1 / 4, 1 / 2, 3 / 4, 7 / 8, 1, 9 / 8, 5 / 4, 3 / 2, 2, 3])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """Money per unit, each (products,): `shortage` of a sale lost, `holding` per unit and period in stock (or one

    row per checkpoint, (checkpoints, products)), `leftover` of a unit that the last checkpoint still finds in stock.
    """

    shortage: NDArray[np.float64]
    holding: NDArray[np.float64]
    leftover: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Units that would be sold of an order by each checkpoint if no other came: (checkpoints, products, paths).

    `periods`: how many periods each checkpoint stands for, (checkpoints,) or (checkpoints, paths). `window_end`: the
    checkpoint that ends the window in which only this order can help; what is lost later is the next one's to prevent.
    """

    units: NDArray[np.float32]
    periods: NDArray[np.float64]
    window_end: int = -1

    @property
    def window(self) -> NDArray[np.float32]:
        """Return what the window needs, (products, paths)."""
        window: NDArray[np.float32] = self.units[self.window_end]
        return window


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """`levels`: units, whole packs, not falling, (products, steps). `benefit`: expected money saved by ordering them.

    `best`: the level that saves most, (products,). Benefit is concave in the level.
    """

    levels: NDArray[np.int64]
    benefit: NDArray[np.float64]
    best: NDArray[np.int64]


def benefit_of(quantity: NDArray[np.int64], needs: Needs, costs: UnitCosts) -> NDArray[np.float64]:
    """Return what ordering these units saves over ordering nothing, mean over the paths, (products,)."""
    order = quantity.astype(np.float32)[:, None]
    value: NDArray[np.float64] = costs.shortage * np.minimum(order, needs.window).mean(axis=1, dtype=np.float64)
    if costs.leftover.any():
        value -= costs.leftover * np.maximum(order - needs.units[-1], 0).mean(axis=1, dtype=np.float64)
    holding = np.broadcast_to(costs.holding, (len(needs.units), len(quantity)))
    for units, periods, per_period in zip(needs.units, needs.periods, holding, strict=True):
        if periods.any():
            value -= per_period * (np.maximum(order - units, 0) * periods).mean(axis=1, dtype=np.float64)
    return value


def curves_of(needs: Needs, costs: UnitCosts, pack: NDArray[np.int64]) -> Curves:
    """Return what every product's orders are worth at the levels an optimiser chooses between."""
    best = best_quantity(needs, costs, pack)
    packs = np.rint(np.maximum(best // pack, 1)[:, None] * _STEPS).astype(np.int64)
    packs[:, 0] = np.maximum(packs[:, 0], 1)
    packs = np.maximum.accumulate(packs, axis=1)
    levels = packs * pack[:, None]
    benefit = np.stack([benefit_of(level, needs, costs) for level in levels.T], axis=1)
    return Curves(levels=levels, benefit=benefit, best=best)


def best_quantity(needs: Needs, costs: UnitCosts, pack: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the best units in whole packs: the last pack that still saves something, found by halving (concave)."""
    low = np.zeros(len(pack), dtype=np.int64)
    high = np.ceil(needs.window.max(axis=1) / pack).astype(np.int64)
    while (low < high).any():
        middle = (low + high + 1) // 2
        gain = benefit_of(middle * pack, needs, costs) - benefit_of((middle - 1) * pack, needs, costs)
        low, high = np.where(gain > 0, middle, low), np.where(gain > 0, high, middle - 1)
        high = np.maximum(low, high)
    return low * pack
