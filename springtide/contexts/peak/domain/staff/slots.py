"""The half hours of a season in which somebody may call or write: nothing is computed for the others."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.staff.opening import HALF_HOURS

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Slots:
    """`profile`: each half hour's share of its day, (days, 48). A slot is one with a share above 0, in their order."""

    profile: Floats

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Return where the slots stand among the half hours of the season, (slots,)."""
        return np.flatnonzero(self.profile)

    @cached_property
    def idle(self) -> NDArray[np.intp]:
        """Return how many half hours without contacts lie before each slot, (slots,)."""
        return np.diff(self.places, prepend=-1) - 1

    @cached_property
    def days(self) -> NDArray[np.intp]:
        """Return each slot's day of the season, (slots,)."""
        return self.places // HALF_HOURS

    def of_day(self, day: int) -> NDArray[np.intp]:
        """Return a day's slots."""
        return np.flatnonzero(self.days == day)

    def arrivals(self, contacts: Floats) -> NDArray[np.float32]:
        """Return contacts per slot, (paths, slots), from those per day, (paths, days). Paths lie next to each other."""
        shares = self.profile.ravel()[self.places].astype(np.float32)
        arrivals: NDArray[np.float32] = contacts.T.astype(np.float32)[self.days] * shares[:, None]
        return arrivals.T

    def grid(self, per_slot: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return (days, 48) from (slots,): nobody is needed in the other half hours."""
        whole = np.zeros(self.profile.size, dtype=np.int32)
        whole[self.places] = per_slot
        return whole.reshape(self.profile.shape)

    def by_day(self, per_slot: NDArray[np.floating]) -> Floats:
        """Return sums by day, (paths, days), from (paths, slots)."""
        sums = np.zeros((per_slot.shape[0], self.profile.shape[0]))
        edges = np.flatnonzero(np.diff(self.days, prepend=-1))
        if edges.size:
            sums[:, self.days[edges]] = np.add.reduceat(per_slot, edges, axis=1, dtype=np.float64)
        return sums
