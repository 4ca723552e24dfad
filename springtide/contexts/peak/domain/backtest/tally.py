"""Sums of errors by what they are about and by week, from which every figure and its interval is made."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.draws import SHARES
from springtide.contexts.peak.domain.backtest.metrics import Interval, block_bootstrap, ratio

EVENT_KINDS = (None, False, True)


@dataclass(frozen=True, slots=True, order=True)
class About:
    """What an error is about: a level, a measure, a grain and the name of a method."""

    level: str
    measure: str
    grain: str
    method: str


@dataclass(kw_only=True)
class Tally:
    """Sums per block. A block is a target week (its first day and whether it touches an event), over all origins.

    `errors`: (absolute, signed, sold). `misses`: per share (covered, cells, pinball, sold, quantile less median).
    """

    errors: dict[About, dict[tuple[date, bool], NDArray[np.float64]]] = field(default_factory=dict)
    misses: dict[tuple[About, float], dict[tuple[date, bool], NDArray[np.float64]]] = field(default_factory=dict)

    def add(
        self, about: About, block: tuple[date, bool], actual: NDArray[np.floating], said: NDArray[np.floating]
    ) -> None:
        """Count one method's cells of one week."""
        off = np.asarray(said, dtype=np.float64) - actual
        sums = np.array([np.abs(off).sum(), off.sum(), actual.sum(dtype=np.float64)])
        blocks = self.errors.setdefault(about, defaultdict(lambda: np.zeros(3)))
        blocks[block] = blocks[block] + sums

    def add_quantiles(
        self, about: About, block: tuple[date, bool], actual: NDArray[np.floating], at: NDArray[np.float32]
    ) -> None:
        """Count the cells of one week against their quantiles, (shares, …) as in `SHARES`."""
        median = at[SHARES.index(0.5)]
        for share, quantile in zip(SHARES, at, strict=True):
            missed = actual.astype(np.float64) - quantile
            loss = np.maximum(share * missed, (share - 1.0) * missed).sum()
            sums = np.array(
                [(missed <= 0).sum(), missed.size, 2.0 * loss, actual.sum(dtype=np.float64), (quantile - median).sum()]
            )
            blocks = self.misses.setdefault((about, share), defaultdict(lambda: np.zeros(5)))
            blocks[block] = blocks[block] + sums

    def wape(self, about: About, *, event: bool | None, seed: int) -> Interval | None:
        """Return the WAPE of a method with its interval; None where nothing was counted."""
        sums = _of_kind(self.errors.get(about, {}), event=event)
        return block_bootstrap([(row[0], row[2]) for row in sums], seed=seed) if sums else None

    def bias(self, about: About, *, event: bool | None) -> float:
        """Return forecast less actual over what was sold."""
        return ratio(np.sum([row[[1, 2]] for row in _of_kind(self.errors[about], event=event)], axis=0))

    def difference(self, about: About, other: About, *, seed: int) -> Interval:
        """Return the WAPE of a method less another's, resampled together."""
        mine, theirs = self.errors[about], self.errors[other]
        pairs = [(float(mine[key][0] - theirs[key][0]), float(mine[key][2])) for key in sorted(set(mine) & set(theirs))]
        return block_bootstrap(pairs, seed=seed)

    def loss_difference(self, about: About, other: About, *, seed: int) -> Interval:
        """Return the pinball loss of a method less another's, the mean over all shares, resampled together."""
        blocks: dict[tuple[date, bool], NDArray[np.float64]] = {}
        for share in SHARES:
            mine, theirs = self.misses[about, share], self.misses[other, share]
            for key in set(mine) & set(theirs):
                less = np.array([mine[key][2] - theirs[key][2], mine[key][3]]) / len(SHARES)
                blocks[key] = blocks.get(key, np.zeros(2)) + less
        return block_bootstrap([(row[0], row[1]) for _, row in sorted(blocks.items())], seed=seed)

    def coverage(self, about: About, share: float, *, event: bool | None, seed: int) -> Interval | None:
        """Return the share of cells at or below a quantile, with its interval."""
        sums = _of_kind(self.misses.get((about, share), {}), event=event)
        return block_bootstrap([(row[0], row[1]) for row in sums], seed=seed) if sums else None

    def losses(self, about: About, share: float, *, event: bool | None) -> tuple[float, float, int]:
        """Return pinball loss and width over what was sold, and the number of cells."""
        sums = np.sum(_of_kind(self.misses[about, share], event=event), axis=0)
        return ratio(sums[[2, 3]]), ratio(sums[[4, 3]]), int(sums[1])


def _of_kind(
    blocks: Mapping[tuple[date, bool], NDArray[np.float64]], *, event: bool | None
) -> list[NDArray[np.float64]]:
    return [blocks[key] for key in sorted(blocks) if event is None or key[1] is event]
