"""What we assume before a shop has seen it: documented once, shown to the planner as levers, narrowed by evidence.

Discount       uplift = (1 - depth) ** -2.62; 2.62 is the mean price elasticity of the meta-analysis of Bijmolt, van
               Heerde and Pieters (2005), quoted from memory.
Marketing      uplift = (spend / usual spend) ** 0.12; 0.12 is the mean short-term advertising elasticity of the
               meta-analysis of Sethuraman, Tellis and Briesch (2011), quoted from memory.
Christmas      the fourth quarter of online retail is about 1.35 times the mean of the other three (US Census Bureau,
               quarterly retail e-commerce, not adjusted, 2009; from memory). The lever `gifts` multiplies the
               excess: 1 for general goods, 2 is our assumption for gifts. The ramp from early September, the plateau
               from four weeks before the day and the last posting days are assumptions of ours.

An event that moves demand by price alone (Black Friday) and has no discount and no spend has no uplift.
"""

import numpy as np
from numpy.typing import NDArray

PRICE_ELASTICITY = 2.62
MARKETING_ELASTICITY = 0.12
DEEPEST_DISCOUNT = 0.9
FOURTH_QUARTER_EXCESS = 0.35
GENERAL_GOODS = 1.0
CHRISTMAS_WEEKS = 1.0
"""The Christmas prior counts as much as so many weeks of the shop's own at the height of the season."""
FIRST_PEAK_SD = 0.25
"""Spread (log) of the season's total when no peak was seen: the prior says 1.7, half of it or twice it is possible."""
_RAMP_DAYS = np.array([-112.0, -28.0, -10.0, -2.0])
_RAMP = np.array([0.0, 1.0, 1.0, 0.0])
_QUARTER = np.arange(-85, 7)
_MEAN_OF_QUARTER = float(np.interp(_QUARTER, _RAMP_DAYS, _RAMP, left=0.0, right=0.0).mean())


def discount_uplift(
    depth: NDArray[np.floating] | float, usual: NDArray[np.floating] | float = 0.0
) -> NDArray[np.float64]:
    """Return by how much a price cut multiplies demand, against a `usual` cut that is in the figures already."""
    kept = np.clip(1.0 - np.asarray(depth, dtype=np.float64), 1.0 - DEEPEST_DISCOUNT, 1.0)
    kept_before = np.clip(1.0 - np.asarray(usual, dtype=np.float64), 1.0 - DEEPEST_DISCOUNT, 1.0)
    uplift: NDArray[np.float64] = (kept / kept_before) ** -PRICE_ELASTICITY
    return uplift


def marketing_uplift(spend: float, usual: float) -> float:
    """Return by how much spend multiplies demand against the usual spend; 1 where either is not known (0)."""
    return float((spend / usual) ** MARKETING_ELASTICITY) if spend > 0 and usual > 0 else 1.0


def christmas_shape(offsets: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the excess of demand by days from 25 December, as a share of its height: 0 before September, 1 at best."""
    shape: NDArray[np.float64] = np.interp(offsets, _RAMP_DAYS, _RAMP, left=0.0, right=0.0)
    return shape


def christmas_height(gifts: float = GENERAL_GOODS) -> float:
    """Return the excess at its height that gives the fourth quarter the documented excess."""
    return FOURTH_QUARTER_EXCESS * gifts / _MEAN_OF_QUARTER
