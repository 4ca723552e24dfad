"""The same paths with a lever or an override changed, in seconds: nothing is drawn that need not be."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.edits import Edits, checked
from springtide.contexts.peak.domain.paths.joint import (
    JointPaths,
    Sums,
    drawn_products,
    expected,
    ratio,
    relative,
    totals_of,
    unit_prices,
    worth_of,
)


def what_if(joint: JointPaths, edits: Edits) -> JointPaths:
    """Return the same futures under other edits; path ids, factors and seeds stay. Raises InvalidPeakInput.

    Product draws and orders are exactly those of a new plan with these edits. Units and revenue of the shop are the
    former ones times what the path's products are expected to sell now over what they were expected to sell before: a
    new plan would count them again, which differs by the luck of counting alone. Where nothing was expected before,
    they are what is expected now.
    """
    checked(edits, joint.forecast)
    if edits == joint.edits:
        return joint
    products = drawn_products(
        joint.forecast,
        joint.spread,
        joint.products.factors,
        edits=edits,
        seed=joint.seed,
        workers=joint.products.workers,
    )
    now = products.means
    kinds = [now, now * unit_prices(joint.forecast), now * worth_of(joint.forecast)]
    goods, worth, money = expected(products, kinds, joint.levels)
    units = _moved(joint.sums.units, joint.expected_goods[0], goods)
    revenue = _moved(joint.sums.revenue, joint.expected_goods[1], worth)
    sums = Sums(units=np.round(units), revenue=revenue, demand=relative(joint.forecast, products, money))
    totals = totals_of(
        joint.forecast, sums, products.factors, edits=edits, seed=joint.seed, peak_minute=joint.totals.peak_minute
    )
    return replace(joint, edits=edits, totals=totals, products=products, sums=sums)


def _moved(drawn: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(before > 0, drawn * ratio(after, before), after)
