"""Products that are learned from together: by category, and within it by price."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.demand import Product

BANDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """`names`: the categories. `of`: (products,), each product's category. `band`: (products,), 0 cheap to 2 dear."""

    names: tuple[str, ...]
    of: NDArray[np.intp]
    band: NDArray[np.intp]

    @property
    def count(self) -> int:
        """Return how many categories there are."""
        return len(self.names)

    def sums(self, daily: NDArray[np.floating]) -> NDArray[np.float64]:
        """Add up products by category: (days, products) becomes (days, categories)."""
        order = np.argsort(self.of, kind="stable")
        starts = np.searchsorted(self.of[order], np.arange(self.count))
        summed: NDArray[np.float64] = np.add.reduceat(daily[:, order], starts, axis=1, dtype=np.float64)
        return summed


def groups_of(products: Sequence[Product]) -> Groups:
    """Return the categories and price bands of products; a band holds a third of its category's products."""
    names, of = np.unique(np.array([product.category for product in products]), return_inverse=True)
    prices = np.array([product.price_minor for product in products])
    band = np.zeros(len(products), dtype=np.intp)
    for group in range(names.size):
        members = np.flatnonzero(of == group)
        ranks = np.argsort(np.argsort(prices[members], kind="stable"), kind="stable")
        band[members] = ranks * BANDS // max(1, members.size)
    return Groups(names=tuple(names.tolist()), of=of, band=band)
