"""What comes back of the money for the orders of now, and what the next thousand would bring: a buyer's questions."""

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.stock.season import StockResult
from springtide.contracts.peak.stock import Returns, Tranche

_SHARES = (0.25, 0.5, 0.75, 0.9, 1.0)

Floats = NDArray[np.float64]


def returns_of(result: StockResult) -> Returns:
    """Follow the orders' units to the season's end on every path, as if nobody ordered again."""
    articles, quantity = result.articles, result.purchase.quantity
    sold = np.minimum(quantity.astype(np.float32)[:, None], result.weighed.sold)
    back = articles.unit_cost @ sold
    need = result.weighed.need.mean(axis=1, dtype=np.float64)
    return Returns(
        saved_minor=round(float((need - result.lost_after) @ articles.margin)),
        sold=band_of(back),
        left=band_of(float(quantity @ articles.unit_cost) - back),
        margin=band_of(articles.margin @ sold),
        tranches=_tranches(result),
    )


def _tranches(result: StockResult) -> tuple[Tranche, ...]:
    """Return what the best part of the purchase is worth at shares of its money, best worth per money first."""
    curves, quantity = result.weighed.curves, result.purchase.quantity[:, None]
    zero = np.zeros((len(quantity), 1))
    levels = np.concatenate([zero, curves.levels], axis=1)
    stretch = np.diff(levels, axis=1)
    taken = np.clip(quantity - levels[:, :-1], 0, stretch)
    gain = np.diff(np.concatenate([zero, curves.benefit], axis=1), axis=1)
    worth = np.divide(gain * taken, stretch, out=np.zeros_like(gain), where=stretch > 0)
    spend = taken * result.articles.unit_cost[:, None]
    used = spend > 0
    order = np.argsort(-(worth[used] / spend[used]), kind="stable")
    spent = np.concatenate([[0.0], np.cumsum(spend[used][order])])
    brought = np.concatenate([[0.0], np.cumsum(worth[used][order])])
    return tuple(
        Tranche(spend_minor=round(money), worth_minor=round(float(np.interp(money, spent, brought))))
        for money in (share * float(spent[-1]) for share in _SHARES)
        if spent[-1] > 0
    )
