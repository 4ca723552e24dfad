"""The draws of every product, made again from factors and seeds whenever somebody asks."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.counts import SLICES, gamma_table, poisson_at, rounded_dispersion
from springtide.contexts.peak.domain.paths.factors import Factors, product_factor
from springtide.contexts.peak.domain.paths.products import BLOCK, ProductBlock
from springtide.contexts.peak.domain.paths.streams import stream, tails
from springtide.contexts.peak.domain.season import Season

CHUNK_CELLS = 20_000
"""Path-days drawn together: their arrays stay in a core's cache. No number depends on it."""
WORKERS = 2
_WHOLE_WORDS = 4
"""Paths are drawn in multiples of this, so that a chunk ends with a word of random bits, whatever the days."""


@dataclass(frozen=True, kw_only=True)
class DrawnPaths:
    """Implements ProductPaths. The same seed and SKU give the same draws however blocks are cut, on any thread.

    `means`: float32 (products, days), after levers and overrides. `product_sd`, `dispersion`: float32 (products,).
    """

    season: Season
    skus: tuple[str, ...]
    categories: tuple[str, ...]
    means: NDArray[np.float32]
    product_sd: NDArray[np.float32]
    dispersion: NDArray[np.float32]
    factors: Factors
    seed: int
    workers: int = WORKERS
    _group_of: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look up where each category's factor stands."""
        object.__setattr__(self, "_group_of", {name: index for index, name in enumerate(self.factors.names)})

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return self.factors.paths

    def blocks(self, size: int = BLOCK, skus: Sequence[str] | None = None) -> Iterator[ProductBlock]:
        """Yield the products, or those of `skus`, in blocks; raises KeyError for an unknown SKU."""
        wanted = self._places(skus)
        with ThreadPoolExecutor(self.workers) as pool:
            for start in range(0, len(wanted), size):
                part = wanted[start : start + size]
                units = np.empty((len(part), self.paths, self.season.days), dtype=np.float32)
                list(pool.map(self.draw, part, units))
                yield ProductBlock(skus=tuple(self.skus[place] for place in part), units=units)

    def levels(self, places: Sequence[int]) -> NDArray[np.float32]:
        """Return the factors of group and product, (products, paths): a product's mean is this x common x means."""
        levels = np.empty((len(places), self.paths), dtype=np.float32)
        for row, place in enumerate(places):
            own = product_factor(self.skus[place], float(self.product_sd[place]), seed=self.seed, paths=self.paths)
            levels[row] = own * self.factors.groups[self._group_of[self.categories[place]]]
        return levels

    def draw(self, place: int, units: NDArray[np.float32]) -> None:
        """Fill `units`, (paths, days), with the draws of the product at this place."""
        sku, days = self.skus[place], self.season.days
        mixing, counting = stream(self.seed, "mixing", sku), stream(self.seed, "units", sku)
        gamma = gamma_table(rounded_dispersion(float(self.dispersion[place])))
        level = self.levels([place])[0]
        rows = max(_WHOLE_WORDS, CHUNK_CELLS // days // _WHOLE_WORDS * _WHOLE_WORDS)
        for start in range(0, self.paths, rows):
            end = min(start + rows, self.paths)
            mean = self.factors.of_units[start:end] * self.means[place]
            mean *= level[start:end, None]
            flat = mean.ravel()
            flat *= gamma.take(_slices(mixing, flat.size), mode="clip")
            units[start:end] = poisson_at(flat, tails(counting, flat.size)).reshape(end - start, days)

    def each(self, places: Sequence[int], use: Callable[[int, NDArray[np.float32]], None]) -> None:
        """Draw one product after the other into the same memory and show each to `use`; for one thread."""
        units = np.empty((self.paths, self.season.days), dtype=np.float32)
        for place in places:
            self.draw(place, units)
            use(place, units)

    def _places(self, skus: Sequence[str] | None) -> list[int]:
        if skus is None:
            return list(range(len(self.skus)))
        index = {sku: place for place, sku in enumerate(self.skus)}
        return [index[sku] for sku in skus]


def _slices(bits: np.random.Philox, count: int) -> NDArray[np.intp]:
    """Return `count` places in a gamma table, from 16 bits each."""
    words = bits.random_raw(-(-count // _WHOLE_WORDS))
    return (words.view(np.uint16)[:count] & np.uint16(SLICES - 1)).astype(np.intp)
