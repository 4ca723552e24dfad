"""Whether what came lay where the paths said: shares within P10 to P90, and into which tenth each day fell."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contracts.peak.review import Within

TENTHS = 10


def within(
    level: str, ranked: NDArray[np.floating], actual: NDArray[np.floating], event_days: NDArray[np.bool_]
) -> Iterator[Within]:
    """Yield the shares, event days apart; `ranked`: sorted over paths, (paths, things, days)."""
    paths = ranked.shape[0]
    low, high = ranked[rank_of(0.1, paths)], ranked[rank_of(0.9, paths)]
    inside = (low <= actual) & (actual <= high)
    for event in (False, True):
        days = event_days if event else ~event_days
        if days.any():
            found = inside[:, days]
            yield Within(level=level, event=event, found=float(found.mean()), points=found.size)


def together(parts: list[Within]) -> Iterator[Within]:
    """Yield the shares of all parts of a level as one; counts add up."""
    for event in (False, True):
        some = [part for part in parts if part.event is event]
        points = sum(part.points for part in some)
        if points:
            found = sum(part.found * part.points for part in some) / points
            yield Within(level=some[0].level, event=event, found=found, points=points)


def tenths(planned: NDArray[np.float64], actual: NDArray[np.float64]) -> tuple[int, ...]:
    """Return how many days fell into each tenth of the paths, lowest first; ties count half. (paths, days), (days,)."""
    below = (planned < actual).mean(axis=0) + 0.5 * (planned == actual).mean(axis=0)
    places = np.minimum((below * TENTHS).astype(int), TENTHS - 1)
    return tuple(int(count) for count in np.bincount(places, minlength=TENTHS))
