"""Methods become one forecast: the plain mean of those that beat the benchmark before, scaled to the shop's total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.members import BENCHMARK, MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a back-test said of the methods. `products`, `top`: names that are averaged; never empty.

    `value_added`: of each method (level, name), the share by which its error was below the benchmark's; a method that
    added none is shown with it and weighs 0.
    """

    products: tuple[str, ...]
    top: tuple[str, ...]
    value_added: Mapping[tuple[str, str], float]
    learned_on: str


TOP_MODELS = ("moving_average_index_4", "ets", "theta", "mstl", "year_ago_growth")
OPEN_GATE = Gate(
    products=(*MODELS, BENCHMARK), top=(BENCHMARK, "ets", "theta"), value_added={}, learned_on="no back-test yet"
)
"""For a history too short to be tested on."""


def gate_of(products: Mapping[str, Sequence[float]], top: Mapping[str, Sequence[float]], *, learned_on: str) -> Gate:
    """Return the gate for errors per origin, by method and level; the benchmark has to be among both.

    A method passes whose mean error is below the benchmark's. For totals the benchmark stays in the mean: a shop has
    one total, a few overlapping windows of it choose badly, and a mean with the benchmark loses little by a bad choice.
    For products it is averaged only where none passes: alone it then is the forecast.
    """
    added = {
        **{("product", name): _added(errors, products[BENCHMARK]) for name, errors in products.items()},
        **{("total", name): _added(errors, top[BENCHMARK]) for name, errors in top.items()},
    }
    return Gate(
        products=_passed(MODELS, "product", added),
        top=(BENCHMARK, *(name for name in _passed(TOP_MODELS, "total", added) if name != BENCHMARK)),
        value_added=added,
        learned_on=learned_on,
    )


def _added(errors: Sequence[float], benchmark: Sequence[float]) -> float:
    base = float(np.mean(benchmark)) if len(benchmark) else 0.0
    return 1.0 - float(np.mean(errors)) / base if base > 0 else 0.0


def _passed(models: Sequence[str], level: str, added: Mapping[tuple[str, str], float]) -> tuple[str, ...]:
    return tuple(name for name in models if added.get((level, name), 0.0) > 0.0) or (BENCHMARK,)


def mean_of(members: Mapping[str, NDArray[np.floating]], names: Sequence[str]) -> NDArray[np.float64]:
    """Return the plain mean of the named members that are there; the benchmark where none is."""
    chosen = [members[name] for name in names if name in members] or [members[BENCHMARK]]
    mean: NDArray[np.float64] = np.mean(chosen, axis=0, dtype=np.float64)
    return mean


def scaled_to(units: NDArray[np.float64], top: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return products whose sums are the shop's: (products, days) scaled day by day to (days,).

    Where products say nothing on a day on which the shop sells, the day's units follow their shares of the season.
    """
    sums = units.sum(axis=0)
    shares = units.sum(axis=1)
    total = shares.sum()
    even = np.full_like(shares, 1.0 / max(1, shares.size))
    shares = shares / total if total > 0 else even
    factor = np.divide(top, sums, out=np.zeros_like(top), where=sums > 0)
    scaled: NDArray[np.float32] = np.where(sums > 0, units * factor, shares[:, None] * top).astype(np.float32)
    return scaled
