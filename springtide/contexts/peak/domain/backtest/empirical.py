"""Moving averages with a spread of their own: how far they were off on the origins that everything is fixed on.

Totals and categories by the ratio of what was sold to what was expected; products by their error over the root of what
was expected, pooled over all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.choose import weekly
from springtide.contexts.peak.domain.backtest.draws import SHARES
from springtide.contexts.peak.domain.backtest.origins import Origin
from springtide.contexts.peak.domain.forecast.groups import groups_of
from springtide.contexts.peak.domain.forecast.members import BENCHMARK

PLAIN = "moving_average"
"""The average of 13 weeks without any index: all that a shop has before its first peak."""
SPREAD = {BENCHMARK: BENCHMARK, PLAIN: "moving_average_13"}
"""Methods that are given a spread, by their name among totals, with their name among products."""
MEASURES = {"units": "units", "orders": "orders", "revenue_minor": "revenue"}
What = tuple[str, str, str]
"""Level, measure, grain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What was said and what came, (keys, cells) each."""

    said: NDArray[np.float64]
    came: NDArray[np.float64]


def pairs_of(origin: Origin, method: str) -> dict[What, Pair]:
    """Return a method of `SPREAD` beside what happened on the days that came, for every level, measure and grain."""
    setting, told = origin.answers.setting, origin.told
    groups = groups_of(setting.demand.products)
    daily = origin.answers.products[SPREAD[method]].daily(setting)[:, :told]
    actual = origin.actual[:, :told]
    pairs: dict[tuple[str, str], tuple[NDArray[np.floating], NDArray[np.floating]]] = {
        ("product", "units"): (daily, actual),
        ("category", "units"): (groups.sums(daily.T).T, groups.sums(actual.T).T),
    }
    for name, measure in MEASURES.items():
        members = origin.answers.top[name]
        pairs["total", measure] = (
            members.get(method, members[BENCHMARK])[None, :told],
            origin.totals[name][None, :told],
        )
    found: dict[What, Pair] = {}
    for (level, measure), (said, came) in pairs.items():
        found[level, measure, "day"] = Pair(said=said.astype(np.float64), came=came.astype(np.float64))
        found[level, measure, "week"] = Pair(said=weekly(said.T).T, came=weekly(came.T).T)
    return found


def errors_of(origins: Sequence[Origin]) -> dict[str, dict[What, NDArray[np.float64]]]:
    """Return the quantiles of each method's errors at `SHARES`; nothing without origins."""
    return {method: _errors(origins, method) for method in SPREAD}


def _errors(origins: Sequence[Origin], method: str) -> dict[What, NDArray[np.float64]]:
    errors: dict[What, list[NDArray[np.float64]]] = {}
    for origin in origins:
        for what, pair in pairs_of(origin, method).items():
            known = pair.said > 0
            said, came = pair.said[known], pair.came[known]
            errors.setdefault(what, []).append((came - said) / np.sqrt(said) if what[0] == "product" else came / said)
    pooled = {what: np.concatenate(parts) for what, parts in errors.items()}
    return {what: np.quantile(values, SHARES) for what, values in pooled.items() if values.size}


def spread_around(
    errors: Mapping[What, NDArray[np.float64]], what: What, said: NDArray[np.float64]
) -> NDArray[np.float32] | None:
    """Return a method's quantiles, float32 (shares, keys, cells); None where no error is known."""
    if what not in errors:
        return None
    at = errors[what][:, None, None]
    spread = said + np.sqrt(said) * at if what[0] == "product" else said * at
    quantiles: NDArray[np.float32] = np.maximum(spread, 0.0).astype(np.float32)
    return quantiles
