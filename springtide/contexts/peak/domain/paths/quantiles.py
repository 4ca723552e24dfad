"""Quantiles of products over the paths: each true for itself, and never to be added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.products import ProductPaths
from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contracts.peak.errors import QuantilesDoNotAdd


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductQuantiles:
    """`units`: float32 (products, shares, days), by rank. Adding products up is refused: ask the paths' totals."""

    skus: tuple[str, ...]
    shares: tuple[float, ...]
    units: NDArray[np.float32]

    def of(self, sku: str, share: float) -> NDArray[np.float32]:
        """Return a product's quantile on each day, (days,); raises KeyError for an unknown SKU or share."""
        if sku not in self.skus or share not in self.shares:
            raise KeyError((sku, share))
        values: NDArray[np.float32] = self.units[self.skus.index(sku), self.shares.index(share)]
        return values

    def total(self) -> NoReturn:
        """Refuse: P90 of a shop is far below the sum of its products' P90 (QuantilesDoNotAdd)."""
        add_quantiles(self)

    def __add__(self, other: object) -> NoReturn:
        add_quantiles(self, other)

    __radd__ = __add__


def add_quantiles(*quantiles: object) -> NoReturn:
    """Refuse to add quantiles up, always: raises QuantilesDoNotAdd, which says where the total is to be had."""
    asked = ", ".join(type(part).__name__ for part in quantiles)
    raise QuantilesDoNotAdd(
        "the sum of quantiles is no quantile of the sum; take the total of each path first (PathTotals, "
        f"quantile_of) and its rank then; asked for: {asked}"
    )


def product_quantiles(
    products: ProductPaths, shares: Sequence[float], skus: Sequence[str] | None = None
) -> ProductQuantiles:
    """Return the quantiles of all products, or those of `skus`, by rank over the paths; drawn block by block."""
    ranks = [rank_of(share, products.paths) for share in shares]
    names: list[str] = []
    parts: list[NDArray[np.float32]] = []
    for block in products.blocks(skus=skus):
        names += block.skus
        parts.append(np.partition(block.units, ranks, axis=1)[:, ranks])
    empty = np.zeros((0, len(ranks), products.season.days), dtype=np.float32)
    return ProductQuantiles(skus=tuple(names), shares=tuple(shares), units=np.concatenate([empty, *parts]))
