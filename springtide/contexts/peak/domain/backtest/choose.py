"""Which methods pass: judged on origins that are then left alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.metrics import wape
from springtide.contexts.peak.domain.backtest.origins import Origin
from springtide.contexts.peak.domain.forecast.combine import OPEN_GATE, Gate, gate_of, mean_of, scaled_to
from springtide.contexts.peak.domain.forecast.members import BENCHMARK, MODELS
from springtide.contexts.peak.domain.forecast.top import BENCHMARK as TOP_BENCHMARK
from springtide.contexts.peak.domain.forecast.weeks import WEEK


def chosen_on(origins: Sequence[Origin]) -> Gate:
    """Return the gate that these origins give; the open gate without any.

    Totals are judged per week, each measure for itself, products on units per week; our own methods after they were
    scaled to the chosen total, as they will be used.
    """
    if not origins:
        return OPEN_GATE
    top: dict[str, dict[str, list[float]]] = {}
    for origin in origins:
        for measure, errors in _top_errors(origin).items():
            for name, error in errors.items():
                top.setdefault(measure, {}).setdefault(name, []).append(error)
    words = f"{len(origins)} origins from {origins[0].last} to {origins[-1].last}"
    whole = {measure: _everywhere(errors, len(origins)) for measure, errors in top.items()}
    judged = {measure: errors for measure, errors in whole.items() if TOP_BENCHMARK in errors}
    names = gate_of({BENCHMARK: [1.0]}, judged, learned_on=words).top_of("units")
    products: dict[str, list[float]] = {}
    for origin in origins:
        for name, error in product_errors(origin, mean_of(origin.answers.top["units"], names)).items():
            products.setdefault(name, []).append(error)
    return gate_of(_everywhere(products, len(origins)), judged, learned_on=words)


def _everywhere(errors: Mapping[str, list[float]], origins: int) -> dict[str, list[float]]:
    """Keep methods that answered at every origin: a mean over other weeks is no comparison."""
    return {name: values for name, values in errors.items() if len(values) == origins}


def _top_errors(origin: Origin) -> dict[str, dict[str, float]]:
    """Return the WAPE of totals per week by measure and method; a measure that sold nothing is not judged."""
    return {
        measure: {
            name: wape(weekly(actual), weekly(forecast)) for name, forecast in origin.answers.top[measure].items()
        }
        for measure, actual in origin.totals.items()
        if actual.any()
    }


def product_errors(origin: Origin, top: NDArray[np.float64]) -> dict[str, float]:
    """Return the WAPE of products per week, by method; NaN-free: an origin after which nothing sold gives 0."""
    actual = weekly(origin.actual.T)
    if not actual.any():
        return {BENCHMARK: 0.0}
    errors = {}
    for name, rates in origin.answers.products.items():
        daily = rates.daily(origin.answers.setting)
        used = scaled_to(daily.astype(np.float64), top) if name in MODELS else daily
        errors[name] = wape(actual, weekly(used.T))
    return errors


def weekly(daily: NDArray[np.floating]) -> NDArray[np.float64]:
    """Add up weeks from the first day on, (days, …) becomes (weeks, …); days after the last whole week are one more."""
    starts = np.arange(0, daily.shape[0], WEEK)
    summed: NDArray[np.float64] = np.add.reduceat(daily, starts, axis=0, dtype=np.float64)
    return summed
