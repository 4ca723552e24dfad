"""After the peak: errors by step, calibration, what overrides were worth, and the priors of the next plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.paths.products import ProductPaths
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.review import Coverage, OverrideValue, Priors, Review, StepReview

_NOMINAL = (0.1, 0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a step on every path, (paths,), and what came. Costs: of a unit too much, and of one too little."""

    step: str
    figure: str
    planned: NDArray[np.float64]
    actual: float
    over_minor: float = 0.0
    under_minor: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """An override with the daily means it made and those it replaced, and what came, each (days,)."""

    id: str
    author: str
    reason: str
    with_it: NDArray[np.float64]
    without_it: NDArray[np.float64]
    actual: NDArray[np.float64]


def review(
    totals: PathTotals,
    actual: NDArray[np.float64],
    *,
    event_days: NDArray[np.bool_],
    figures: Sequence[Figure],
    overrides: Sequence[Overridden],
    before: Priors,
    products: tuple[ProductPaths, NDArray[np.float64]] | None = None,
) -> Review:
    """Return the review of a whole season.

    `actual`: orders a day, (days,). `products`: with the units sold of each, (products, days). Raises
    InvalidPeakInput when what came does not fit the season.
    """
    days = totals.season.days
    if actual.shape != (days,) or event_days.shape != (days,):
        message = f"{actual.size} days came, the plan has {days}"
        raise InvalidPeakInput.of([Mistake(where="actual", rule="other_days", message=message)])
    planned = totals.daily_orders
    middle = np.median(planned, axis=0)
    coverage = [*_coverage("total", np.sort(planned, axis=0)[:, None, :], actual[None, :], event_days)]
    if products is not None:
        coverage += list(_of_products(*products, event_days))
    return Review(
        first=totals.season.first,
        last=totals.season.last,
        steps=tuple(_step(figure) for figure in figures),
        coverage=tuple(coverage),
        bias=_ratio(float(actual.sum() - middle.sum()), float(middle.sum())),
        overrides=tuple(_override(one) for one in overrides),
        before=before,
        after=updated(before, totals, actual, event_days),
    )


def updated(before: Priors, totals: PathTotals, actual: NDArray[np.float64], event_days: NDArray[np.bool_]) -> Priors:
    """Return the next priors: what was believed counts as `seen` seasons, this one as one more (conjugate means)."""
    planned = totals.daily_orders.sum(axis=1)
    error = np.log(max(float(actual.sum()), 1.0) / max(float(np.median(planned)), 1.0))
    seen = before.seen
    sd = float(np.sqrt((seen * before.common_sd**2 + error**2) / (seen + 1)))
    uplift = before.event_uplift
    if event_days.any() and not event_days.all():
        usual = float(actual[~event_days].mean())
        if usual > 0:
            found = float(actual[event_days].mean()) / usual
            uplift = float(np.exp((seen * np.log(before.event_uplift) + np.log(max(found, 1e-9))) / (seen + 1)))
    return Priors(event_uplift=uplift, common_sd=sd, seen=seen + 1)


def _step(figure: Figure) -> StepReview:
    band = band_of(figure.planned)
    difference = figure.actual - band.p50
    cost = -difference * figure.over_minor if difference < 0 else difference * figure.under_minor
    return StepReview(
        step=figure.step,
        figure=figure.figure,
        planned=band,
        actual=figure.actual,
        error=_ratio(difference, band.p50),
        within=band.p10 <= figure.actual <= band.p90,
        cost_minor=round(cost),
    )


def _coverage(
    level: str, ranked: NDArray[np.floating], actual: NDArray[np.floating], event_days: NDArray[np.bool_]
) -> Iterator[Coverage]:
    """Yield shares at or below each rank; `ranked`: sorted over paths, (paths, things, days)."""
    paths = ranked.shape[0]
    for event in (False, True):
        days = event_days if event else ~event_days
        if not days.any():
            continue
        for nominal in _NOMINAL:
            rank = max(0, int(np.ceil(nominal * paths - 1e-9)) - 1)
            below = actual[:, days] <= ranked[rank][:, days]
            yield Coverage(level=level, event=event, nominal=nominal, found=float(below.mean()), points=below.size)


def _of_products(
    products: ProductPaths, units: NDArray[np.float64], event_days: NDArray[np.bool_]
) -> Iterator[Coverage]:
    """Yield coverage over all products, block by block: counts add up, quantiles never do."""
    found: dict[tuple[bool, float], tuple[float, int]] = {}
    start = 0
    for block in products.blocks():
        ranked = np.sort(block.units, axis=1).transpose(1, 0, 2)
        actual = units[start : start + len(block.skus)]
        ranked = ranked[:, :, : actual.shape[1]]
        start += len(block.skus)
        for one in _coverage("product", ranked, actual, event_days):
            below, points = found.get((one.event, one.nominal), (0.0, 0))
            found[one.event, one.nominal] = (below + one.found * one.points, points + one.points)
    for (event, nominal), (below, points) in found.items():
        yield Coverage(level="product", event=event, nominal=nominal, found=below / points, points=points)


def _override(one: Overridden) -> OverrideValue:
    sold = float(one.actual.sum())
    with_it = _ratio(float(np.abs(one.actual - one.with_it).sum()), sold)
    without_it = _ratio(float(np.abs(one.actual - one.without_it).sum()), sold)
    return OverrideValue(
        id=one.id,
        author=one.author,
        reason=one.reason,
        with_it=with_it,
        without_it=without_it,
        helped=with_it < without_it,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
