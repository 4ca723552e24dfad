"""What a path's products have in common: how the season, the event, each day and each category turn out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.result import Spread
from springtide.contexts.peak.domain.paths.streams import even_normals, lognormal, normals, stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """`common`: float32 (paths, days), the product of season, event and day. `groups`: float32 (groups, paths).

    `names`: the categories in the order of `groups`.
    """

    common: NDArray[np.float32]
    names: tuple[str, ...]
    groups: NDArray[np.float32]

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return int(self.common.shape[0])


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
    return Factors(
        common=(shared * day.reshape(paths, event_days.size)).astype(np.float32), names=names, groups=np.stack(groups)
    )


def product_factor(sku: str, sd: float, *, seed: int, paths: int) -> NDArray[np.float32]:
    """Return a product's own factor on every path, (paths,): the same however many other products there are."""
    return lognormal(normals(stream(seed, "product", sku), paths), sd)
