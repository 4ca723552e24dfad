"""Methods become one forecast: the plain mean of those that beat the benchmark before, scaled to the shop's total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.members import BENCHMARK, MODELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a back-test said of the methods. `products`: names that are averaged; never empty. `top`: the same for each
    of the shop's totals that were judged, by measure; a method that foretells orders need not foretell units.

    `value_added`: of each method (level, measure, name), the share by which its error was below the benchmark's; a
    method that added none is shown with it and weighs 0.
    """

    products: tuple[str, ...]
    top: Mapping[str, tuple[str, ...]]
    value_added: Mapping[tuple[str, str, str], float]
    learned_on: str

    def top_of(self, measure: str) -> tuple[str, ...]:
        """Return the methods of a total; one that was not judged follows orders, and without any the usual ones."""
        return self.top.get(measure) or self.top.get(ORDERS) or USUAL_TOP


ORDERS = "orders"
SUM_OF_PRODUCTS = "products"
"""A total of units as the sum of what is said of products: it knows which of them come and go."""
TOP_MODELS = ("moving_average_index_4", "ets", "theta", "mstl", "year_ago_growth", SUM_OF_PRODUCTS)
_MUCH_BETTER = 1.0 / 3.0
USUAL_TOP = (BENCHMARK, "ets", "theta")
"""Totals without a back-test: the benchmark with two models that are known to do well nearly everywhere."""
OPEN_GATE = Gate(products=(*MODELS, BENCHMARK), top={}, value_added={}, learned_on="no back-test yet")
"""For a history too short to be tested on."""


Errors = Mapping[str, Sequence[float]]
"""Errors per origin, by method."""


def gate_of(products: Errors, top: Mapping[str, Errors], *, learned_on: str) -> Gate:
    """Return the gate for errors of products and, by measure, of totals; the benchmark has to be among all of them.

    A method passes whose mean error is below the benchmark's. For totals the benchmark stays in the mean unless those
    that passed are better by a third: a shop has one total, a few overlapping windows of it choose badly, and a mean
    with the benchmark loses little by a bad choice. For products it is averaged only where none passes: alone it then
    is the forecast.
    """
    of_products = _all_added(products)
    of_top = {measure: _all_added(errors) for measure, errors in top.items()}
    added = {("product", "units", name): share for name, share in of_products.items()}
    added |= {("total", measure, name): share for measure, shares in of_top.items() for name, share in shares.items()}
    return Gate(
        products=_passed(MODELS, of_products) or (BENCHMARK,),
        top={measure: _of_total(shares) for measure, shares in of_top.items()},
        value_added=added,
        learned_on=learned_on,
    )


def _of_total(shares: Mapping[str, float]) -> tuple[str, ...]:
    passed = _passed(TOP_MODELS, shares)
    if passed and float(np.mean([shares[name] for name in passed])) > _MUCH_BETTER:
        return passed
    return (BENCHMARK, *passed)


def _all_added(errors: Errors) -> dict[str, float]:
    return {name: _added(of_method, errors[BENCHMARK]) for name, of_method in errors.items()}


def _added(errors: Sequence[float], benchmark: Sequence[float]) -> float:
    base = float(np.mean(benchmark)) if len(benchmark) else 0.0
    return 1.0 - float(np.mean(errors)) / base if base > 0 else 0.0


def _passed(models: Sequence[str], added: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(name for name in models if added.get(name, 0.0) > 0.0)


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
