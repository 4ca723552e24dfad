"""Each product on every path: regenerated from factors and seeds block by block, never all in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season

BLOCK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductBlock:
    """Some products on every path. `units`: float32 (products, paths, days), whole numbers; products as in `skus`."""

    skus: tuple[str, ...]
    units: NDArray[np.float32]


class ProductPaths(Protocol):
    """The marginals of the joint paths. The same SKU gives the same draws however the blocks are cut."""

    @property
    def season(self) -> Season:
        """Return the days the draws are of."""
        ...

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        ...

    @property
    def skus(self) -> tuple[str, ...]:
        """Return every SKU, in the order of the blocks."""
        ...

    def blocks(self, size: int = BLOCK, skus: Sequence[str] | None = None) -> Iterator[ProductBlock]:
        """Yield all products, or those of `skus` in their order; raises KeyError for an unknown SKU."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoredPaths:
    """Draws held in memory: for small sets, for tests and for draws that come from elsewhere."""

    season: Season
    skus: tuple[str, ...]
    units: NDArray[np.float32]

    @property
    def paths(self) -> int:
        """Return how many paths there are."""
        return int(self.units.shape[1])

    def blocks(self, size: int = BLOCK, skus: Sequence[str] | None = None) -> Iterator[ProductBlock]:
        """Yield the products, or those of `skus`, in blocks; raises KeyError for an unknown SKU."""
        places = {sku: index for index, sku in enumerate(self.skus)}
        wanted = list(self.skus if skus is None else skus)
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            yield ProductBlock(skus=tuple(part), units=self.units[[places[sku] for sku in part]])
