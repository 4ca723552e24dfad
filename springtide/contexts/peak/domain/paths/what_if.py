"""The same paths with a lever or an override changed, in seconds: nothing is drawn that need not be."""

from dataclasses import replace

import numpy as np

from springtide.contexts.peak.domain.paths.edits import Edits, checked
from springtide.contexts.peak.domain.paths.joint import (
    JointPaths,
    drawn_products,
    expected,
    prices_of,
    ratio,
    totals_of,
)


def what_if(joint: JointPaths, edits: Edits) -> JointPaths:
    """Return the same futures under other edits; path ids, factors and seeds stay. Raises InvalidPeakInput.

    Product draws and orders are exactly those of a new plan with these edits. Units and revenue of the shop are the
    former ones times what the path's products are expected to sell now over what they were expected to sell before: a
    new plan would count them again, which differs by the luck of counting alone. Where nothing was expected before,
    they are what is expected now.
    """
    checked(edits, joint.forecast)
    products = drawn_products(
        joint.forecast,
        joint.spread,
        joint.products.factors,
        edits=edits,
        seed=joint.seed,
        workers=joint.products.workers,
    )
    prices = prices_of(joint.forecast)
    weights = np.stack([np.ones_like(prices), prices])
    before, after = expected(joint.products, weights), expected(products, weights)
    drawn = np.stack([joint.units, joint.revenue])
    units, revenue = np.where(before > 0, drawn * ratio(after, before), after)
    units = np.round(units)
    totals = totals_of(
        joint.forecast,
        products,
        edits=edits,
        units=units,
        revenue=revenue,
        peak_minute=joint.totals.peak_minute,
    )
    return replace(joint, edits=edits, totals=totals, products=products, units=units, revenue=revenue)
