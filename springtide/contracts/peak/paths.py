"""What planners change about the demand of a season, and what the joint paths say in a few numbers."""

from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Band

USUAL_DRIFT_SD = 0.05
"""By how much the level of a forecast walks, per root of a week on the log scale, where no back-test says it.

Ours: over nine weeks such a walk makes half of the variance that totals of nine weeks have shown (0.136 squared, the
prior of a season's spread), so that half is off from the first day and half comes on the way.
"""


class Scope(StrEnum):
    """What an override is about: the whole shop, a category, or one SKU."""

    ALL = "all"
    CATEGORY = "category"
    SKU = "sku"


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody knows better: demand times `multiplier` from `first` to `last`, both included; None is the season's end.

    `key`: the category or SKU, "" for the whole shop. `expires_on`: the last day on which plans still apply it.
    Every step of a plan derives from the changed paths; the path ids stay what they were.
    """

    id: str
    multiplier: float
    scope: Scope = Scope.ALL
    key: str = ""
    first: date | None = None
    last: date | None = None
    reason: str
    author: str
    expires_on: date


class Levers(msgspec.Struct, frozen=True, kw_only=True):
    """What a planner turns, as factors on the forecast; 1 leaves it as it is.

    `size`: the size of the shop on all days. `marketing`: visits on event days, and with them demand. `discount`:
    demand on event days at the same number of visits (what a deeper discount does to conversion). `conversion`: the
    share of visits that buy on event days, for any other reason; it multiplies with `discount`.
    """

    size: float = 1.0
    marketing: float = 1.0
    discount: float = 1.0
    conversion: float = 1.0


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How wrong forecasts were, apart from any forecast: what a back-test writes and a plan reads.

    Standard deviations on the log scale: of the season's total, of event windows, of weeks, of days, of categories. By
    class of volume, parted by `volumes` (units a day): `product_sd` of products' own factors, `dispersion` of daily
    counts. What all the others do to the season's total is taken out of `common_sd` when paths are drawn.
    Season, week and day are those of orders; `basket_…`: what units are off beyond orders, `price_…`: revenue beyond
    units.
    `drift_sd`: by how much the level walks while a season lasts, per root of a week; a part of `common_sd`, and used
    only to look ahead from the middle of a season.
    """

    common_sd: float
    event_sd: float
    day_sd: float
    group_sd: float
    volumes: tuple[float, ...]
    product_sd: tuple[float, ...]
    dispersion: tuple[float, ...]
    learned_on: str
    basket_sd: float = 0.0
    basket_day_sd: float = 0.0
    price_sd: float = 0.0
    price_day_sd: float = 0.0
    week_sd: float = 0.0
    basket_week_sd: float = 0.0
    price_week_sd: float = 0.0
    drift_sd: float = USUAL_DRIFT_SD

    def __post_init__(self) -> None:
        """Refuse classes that do not fit together."""
        if not len(self.product_sd) == len(self.dispersion) == len(self.volumes) + 1:
            message = "there is one product_sd and one dispersion for each class, one class more than volumes"
            raise ValueError(message)
        baskets = (self.basket_sd, self.basket_week_sd, self.basket_day_sd)
        prices = (self.price_sd, self.price_week_sd, self.price_day_sd)
        shared = (self.common_sd, self.event_sd, self.week_sd, self.day_sd, self.group_sd, self.drift_sd)
        sds = (*shared, *baskets, *prices, *self.product_sd)
        if min(sds) < 0 or min(self.dispersion) <= 0:
            message = "standard deviations are not negative, dispersions lie above 0"
            raise ValueError(message)


class PathsSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The season on the paths. Bands are of totals, by rank of the paths; they are never added up from products.

    `path_p50`, `path_p90`, `path_p99`: the ids of the paths at these ranks of the season's orders, the same in every
    step. `busiest_hour_orders`: of a path, the orders of its busiest hour. `spread`: standard deviation of the
    season's orders over their mean. `learned_on`: what the spread was learned on. `applied`, `expired`: overrides.
    """

    paths: int
    seed: int
    orders: Band
    units: Band
    lines: Band
    revenue_minor: Band
    visits: Band
    busiest_hour_orders: Band
    path_p50: int
    path_p90: int
    path_p99: int
    spread: float
    learned_on: str
    levers: Levers
    applied: tuple[Override, ...] = ()
    expired: tuple[Override, ...] = ()
