"""What a path's products have in common: how the season, the event, each day and each category turn out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Spread
from springtide.contexts.peak.domain.paths.streams import even_normals, lognormal, normals, stream

_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Factors:
    """`common`: float32 (paths, days), of season, event, week and day together: what orders, units and revenue share.

    `basket`: of units and revenue beyond orders, `price`: of revenue beyond units, float32 (paths, days) each.
    `groups`: float32 (groups, paths). `names`: the categories in the order of `groups`.
    """

    common: NDArray[np.float32]
    basket: NDArray[np.float32]
    price: NDArray[np.float32]
    names: tuple[str, ...]
    groups: NDArray[np.float32]

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return int(self.common.shape[0])

    @cached_property
    def of_units(self) -> NDArray[np.float32]:
        """Return what moves the units of every product, (paths, days)."""
        return self.common * self.basket


def draw_factors(
    spread: Spread, *, seed: int, paths: int, event_days: NDArray[np.bool_], categories: Sequence[str]
) -> Factors:
    """Draw the factors of every path; those of the season and the event are spread evenly over their distribution."""
    season = lognormal(even_normals(stream(seed, "season"), paths), spread.common_sd)
    event = lognormal(even_normals(stream(seed, "event"), paths), spread.event_sd)
    days = event_days.size
    day = lognormal(normals(stream(seed, "day"), paths * days), spread.day_sd).reshape(paths, days)
    day = day * _weeks(stream(seed, "week"), spread.week_sd, paths=paths, days=days)
    names = tuple(sorted(set(categories)))
    groups = [lognormal(normals(stream(seed, "group", name), paths), spread.group_sd) for name in names]
    shared = np.where(event_days, event[:, None], np.float32(1.0)) * season[:, None]
    baskets = (spread.basket_sd, spread.basket_week_sd, spread.basket_day_sd)
    prices = (spread.price_sd, spread.price_week_sd, spread.price_day_sd)
    return Factors(
        common=(shared * day).astype(np.float32),
        basket=_layer("basket", baskets, seed=seed, paths=paths, days=days),
        price=_layer("price", prices, seed=seed, paths=paths, days=days),
        names=names,
        groups=np.stack(groups),
    )


def _layer(name: str, sds: tuple[float, float, float], *, seed: int, paths: int, days: int) -> NDArray[np.float32]:
    """Return a factor of its own for season, week and day, (paths, days); exactly 1 where nothing was learned."""
    of_season, of_week, of_day = sds
    season = lognormal(even_normals(stream(seed, name, "season"), paths), of_season)
    day = lognormal(normals(stream(seed, name, "day"), paths * days), of_day)
    week = _weeks(stream(seed, name, "week"), of_week, paths=paths, days=days)
    return season[:, None] * day.reshape(paths, days) * week


def _weeks(bits: np.random.Philox, sd: float, *, paths: int, days: int) -> NDArray[np.float32]:
    """Return a factor for each week from the season's first day on, (paths, days)."""
    weeks = -(-days // _WEEK)
    return np.repeat(lognormal(normals(bits, paths * weeks), sd).reshape(paths, weeks), _WEEK, axis=1)[:, :days]


def product_factor(sku: str, sd: float, *, seed: int, paths: int) -> NDArray[np.float32]:
    """Return a product's own factor on every path, (paths,): the same however many other products there are."""
    return lognormal(normals(stream(seed, "product", sku), paths), sd)
