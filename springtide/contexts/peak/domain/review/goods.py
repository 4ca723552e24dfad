"""Products that sell beyond what was planned for them: what is left, when it is gone, and what more is wanted."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.review.actual import Sold
from springtide.contexts.peak.domain.review.weigh import weigh, weighted_band
from springtide.contracts.peak.plan import Plan, StockCount
from springtide.contracts.peak.review import GoodsWatch

_MOST_DRAWN = 60
_MOST_NAMED = 30


def beyond_plan(
    joint: JointPaths, sold: Sold, plan: Plan, counts: tuple[StockCount, ...] | None
) -> tuple[GoodsWatch, ...]:
    """Return the products above P90 of their own paths, those with the largest value beyond the plan first.

    Only those that sold most beyond their mean are drawn, so that a look takes a second and not a plan's time.
    """
    days = sold.whole_days
    if not days or not sold.has_goods:
        return ()
    so_far = sold.goods[:, :days].sum(axis=1)
    prices = np.array([product.price_minor for product in joint.forecast.products])
    above = (so_far - joint.products.means[:, :days].sum(axis=1, dtype=np.float64)) * prices
    first = [int(place) for place in np.argsort(-above, kind="stable")[:_MOST_DRAWN] if above[place] > 0]
    skus = [joint.products.skus[place] for place in first]
    sold_of = {joint.products.skus[place]: float(so_far[place]) for place in first}
    around = _Around(plan, {count.sku: count for count in counts or ()})
    found = (
        watch
        for block in joint.products.blocks(skus=skus)
        for sku, units in zip(block.skus, block.units.astype(np.float64), strict=True)
        for watch in around.watched(sku, units[:, :days], units[:, days:], sold_of[sku])
    )
    return tuple(found)[:_MOST_NAMED]


class _Around:
    """What the plan knows of a product besides its paths."""

    def __init__(self, plan: Plan, counts: Mapping[str, StockCount]) -> None:
        self._plan = plan
        self._counts = counts
        self._lines = {one.sku: one for one in plan.stock.lines} if plan.stock else {}
        self._exceptions = {one.sku: one for one in plan.stock.exceptions} if plan.stock else {}

    def watched(
        self, sku: str, before: NDArray[np.float64], later: NDArray[np.float64], so_far: float
    ) -> Iterator[GoodsWatch]:
        """Yield the product if it sold beyond its P90; draws of the days that are over and of those to come."""
        planned = before.sum(axis=1)
        if so_far <= band_of(planned).p90:
            return
        weighed = weigh(planned, later.sum(axis=1), so_far)
        rest = later * weighed.factors[:, None]
        season = weighted_band(so_far + rest.sum(axis=1), weighed)
        today = self._plan.first + timedelta(days=before.shape[1])
        left = _left(self._counts[sku], today, so_far) if sku in self._counts else None
        line, worst = self._lines.get(sku), self._exceptions.get(sku)
        yield GoodsWatch(
            sku=sku,
            sold=so_far,
            planned=band_of(planned),
            season=season,
            left=left,
            gone_on=None if left is None else _gone_on(rest, weighed.weights, left, today),
            wanted=0.0 if left is None else max(0.0, season.p90 - so_far - left),
            supplier=line.supplier if line else worst.supplier if worst else "",
            last_order=line.last_order if line else None,
        )


def _left(count: StockCount, today: date, so_far: float) -> float:
    """Return what has to be there: the count, what was announced until now, less what was sold; at least nothing."""
    return max(0.0, count.on_hand + sum(units for day, units in count.inbound if day < today) - so_far)


def _gone_on(rest: NDArray[np.float64], weights: NDArray[np.float64], left: float, first: date) -> date | None:
    """Return the first day on which half of the weighed paths have sold what is left."""
    gone = (np.cumsum(rest, axis=1) >= max(left, 1.0)) if left > 0 else np.ones_like(rest, dtype=np.bool_)
    share = weights @ gone
    reached = np.flatnonzero(share >= 0.5)  # noqa: PLR2004 - half
    return first + timedelta(days=int(reached[0])) if reached.size else None
