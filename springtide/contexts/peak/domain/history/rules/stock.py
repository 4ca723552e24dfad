"""Stock-outs: what the file says, and what its silences say."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.history.rules.found import Found
from springtide.contracts.peak.history import HistoryRule

SURE = 1e-6
"""A product's silence is a suspected stock-out when its usual pace would produce one less often than this."""
PACE_DAYS = 56
"""Open days before a silence from which a product's pace is taken, at most."""
SHORTEST_SILENCE = 7
"""Open days; shorter silences are not judged."""
SELLING_DAYS = 12
"""A product's pace is known when it sold on this many of those days."""
CLUSTERED = 3.0
"""Sales come in clusters: a silence counts this many times less than it would if days were independent."""


def in_stock(
    selling: NDArray[np.bool_],
    flagged: NDArray[np.bool_],
    *,
    open_days: NDArray[np.bool_],
    first: date,
    skus: tuple[str, ...],
    found: Found,
) -> NDArray[np.bool_]:
    """Return where demand was not hidden, bool (days, products).

    `selling`: a product had a sale that day. `flagged`: the file says it was out of stock. Both bool (days, products).
    Silences are judged only for shops whose file has no flags, between two sales, over open days.
    """
    available = np.ones(selling.shape, dtype=np.bool_)
    for place in np.flatnonzero(flagged.any(axis=0)):
        for start, stop in _runs(flagged[:, place]):
            if _add(found, HistoryRule.STOCK_OUT, skus[place], first, (start, stop)):
                available[start:stop, place] = False
    if not flagged.any():
        for column, start, stop in _silences(selling, open_days):
            if _add(found, HistoryRule.STOCK_OUT_SUSPECTED, skus[column], first, (start, stop)):
                available[start:stop, column] = False
    return available


def _silences(selling: NDArray[np.bool_], open_days: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Yield product, first day and the day after the last of every silence that cannot well be chance."""
    calendar = np.flatnonzero(open_days)
    for place in range(int(selling.shape[1])):
        sold = np.flatnonzero(selling[calendar, place])
        gaps = np.diff(sold) - 1
        for index in np.flatnonzero(gaps >= SHORTEST_SILENCE):
            until = int(sold[index]) + 1
            before = selling[calendar[max(0, until - PACE_DAYS, int(sold[0])) : until], place]
            pace = (float(before.sum()) + 0.5) / (before.size + 1.0)
            unlikely = gaps[index] * -np.log1p(-pace) > -np.log(SURE) * CLUSTERED
            if unlikely and before.sum() >= SELLING_DAYS:
                yield place, int(calendar[until]), int(calendar[sold[index + 1] - 1]) + 1


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _add(found: Found, rule: HistoryRule, sku: str, first: date, run: tuple[int, int]) -> bool:
    begins, ends = (first + timedelta(days=day) for day in (run[0], run[1] - 1))
    return found.days(rule, sku, begins, ends, key=f"{rule}:{sku}:{begins}")
