"""Forecasts of the past beside what happened: all that a spread is learned from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A total of the shop beside what came, float64 (days,) each."""

    expected: NDArray[np.float64]
    actual: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One origin of a back-test: what was expected of each product and day, and what was sold.

    `groups`: the category of each product. `expected`, `actual`: float32 (products, days). `usable`: bool (products,
    days), False where the shop was closed or a stock-out hid demand. `event_days`: bool (days,), inside event windows.
    `orders`, `revenue`: the shop's, None where only units are known; `prices`: (products,), needed with `revenue`.
    """

    first: date
    skus: tuple[str, ...]
    groups: tuple[str, ...]
    expected: NDArray[np.float32]
    actual: NDArray[np.float32]
    usable: NDArray[np.bool_]
    event_days: NDArray[np.bool_]
    orders: Total | None = None
    revenue: Total | None = None
    prices: NDArray[np.float64] | None = None

    @property
    def days(self) -> int:
        """Return how many days the window has."""
        return int(self.expected.shape[1])

    def sums(self, days: NDArray[np.bool_] | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return per product what was expected and sold on usable days, (products,) each; `days` narrows them."""
        used = self.usable if days is None else self.usable & days
        return (
            np.where(used, self.expected, 0).sum(axis=1, dtype=np.float64),
            np.where(used, self.actual, 0).sum(axis=1, dtype=np.float64),
        )


def independent(windows: Sequence[Window]) -> float:
    """Return how many windows' worth of days there are: overlapping windows say the same thing twice."""
    longest = max((window.days for window in windows), default=1)
    return days_seen((window.first, window.days) for window in windows) / longest


def days_seen(spans: Iterable[tuple[date, int]]) -> int:
    """Return how many different days these spans (first day, days) cover."""
    return len({first + timedelta(days=day) for first, days in spans for day in range(days)})


def error(expected: float, sold: float) -> float | None:
    """Return the log of sold over expected; None where there is nothing to compare."""
    return float(np.log(sold / expected)) if expected > 0 and sold > 0 else None
