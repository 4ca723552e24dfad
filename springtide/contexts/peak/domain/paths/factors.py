"""What a path's products have in common: how the season, the event, each day and each category turn out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Spread
from springtide.contexts.peak.domain.paths.streams import even_normals, lognormal, normals, stream


@dataclass(frozen=True, kw_only=True)
class Factors:
    """`common`: float32 (paths, days), the product of season, event and day: what orders, units and revenue share.

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
    day = lognormal(normals(stream(seed, "day"), paths * event_days.size), spread.day_sd)
    names = tuple(sorted(set(categories)))
    groups = [lognormal(normals(stream(seed, "group", name), paths), spread.group_sd) for name in names]
    shared = np.where(event_days, event[:, None], np.float32(1.0)) * season[:, None]
    days = event_days.size
    return Factors(
        common=(shared * day.reshape(paths, days)).astype(np.float32),
        basket=_layer("basket", spread.basket_sd, spread.basket_day_sd, seed=seed, paths=paths, days=days),
        price=_layer("price", spread.price_sd, spread.price_day_sd, seed=seed, paths=paths, days=days),
        names=names,
        groups=np.stack(groups),
    )


def _layer(name: str, season_sd: float, day_sd: float, *, seed: int, paths: int, days: int) -> NDArray[np.float32]:
    """Return a factor of its own for season and day, (paths, days); exactly 1 where nothing was learned."""
    season = lognormal(even_normals(stream(seed, name, "season"), paths), season_sd)
    day = lognormal(normals(stream(seed, name, "day"), paths * days), day_sd)
    return season[:, None] * day.reshape(paths, days)


def product_factor(sku: str, sd: float, *, seed: int, paths: int) -> NDArray[np.float32]:
    """Return a product's own factor on every path, (paths,): the same however many other products there are."""
    return lognormal(normals(stream(seed, "product", sku), paths), sd)
