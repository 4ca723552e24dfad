"""What was counted becomes the report: scores by method, coverage, comparisons with the best baseline."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from springtide.contexts.peak.domain.backtest.empirical import MEASURES, SPREAD
from springtide.contexts.peak.domain.backtest.judge import FORECAST, MEDIAN
from springtide.contexts.peak.domain.backtest.metrics import Interval
from springtide.contexts.peak.domain.backtest.tally import EVENT_KINDS, About, Tally
from springtide.contexts.peak.domain.forecast.combine import Gate
from springtide.contexts.peak.domain.forecast.members import BASELINES
from springtide.contracts.peak.accuracy import Comparison, MethodScore, QuantileScore, ValueAdded

NAMES = {measure: name for name, measure in MEASURES.items()}
"""What totals are called among forecasts, by measure."""
TOP_BASELINES = ("naive", "seasonal_naive_7", "seasonal_naive_364", "moving_average", "moving_average_index")


def value_added_of(gate: Gate) -> Iterator[ValueAdded]:
    """Yield every method that was weighed, with what it added to the benchmark."""
    for (level, name, method), share in sorted(gate.value_added.items()):
        members = gate.products if level == "product" else gate.top_of(name)
        measure = MEASURES[name]
        yield ValueAdded(level=level, measure=measure, method=method, share=share, is_in=method in members)


def methods_of(tally: Tally, gate: Gate, seed: int) -> Iterator[MethodScore]:
    """Yield the score of every method at every level, weeks of events apart."""
    for about in sorted(tally.errors):
        for event in EVENT_KINDS:
            wape = tally.wape(about, event=event, seed=seed)
            if wape is None or (event is not None and about.method not in {FORECAST, MEDIAN, *BASELINES}):
                continue
            yield MethodScore(
                level=about.level,
                measure=about.measure,
                grain=about.grain,
                method=about.method,
                event_weeks=event,
                wape=_number(wape.value),
                low=_number(wape.low),
                high=_number(wape.high),
                bias=_number(tally.bias(about, event=event)),
                weight=_weight(about, gate),
                value_added=gate.value_added.get((about.level, NAMES[about.measure], about.method)),
            )


def _weight(about: About, gate: Gate) -> float:
    names = gate.top_of(NAMES[about.measure]) if about.level == "total" else gate.products
    return 1.0 / len(names) if about.method in names else 0.0


def quantiles_of(tally: Tally, seed: int) -> Iterator[QuantileScore]:
    """Yield coverage, width and loss of every quantile that was counted."""
    for about, share in sorted(tally.misses):
        for event in EVENT_KINDS:
            covered = tally.coverage(about, share, event=event, seed=seed)
            if covered is None:
                continue
            pinball, width, cells = tally.losses(about, share, event=event)
            yield QuantileScore(
                level=about.level,
                measure=about.measure,
                grain=about.grain,
                method=about.method,
                share=share,
                event_weeks=event,
                coverage=_number(covered.value),
                low=_number(covered.low),
                high=_number(covered.high),
                pinball=_number(pinball),
                width=_number(width),
                cells=cells,
            )


def comparisons_of(tally: Tally, seed: int) -> Iterator[Comparison]:
    """Compare with the baseline that turned out best, which nobody knew before: the hardest comparison."""
    for about in sorted(of for of in tally.errors if of.method in {FORECAST, MEDIAN}):
        names = TOP_BASELINES if about.level == "total" else BASELINES
        there = [replace(about, method=name) for name in names if replace(about, method=name) in tally.errors]
        scored = [
            (found.value, of)
            for of in there
            if (found := tally.wape(of, event=None, seed=seed)) is not None and np.isfinite(found.value)
        ]
        if not scored:
            continue
        best = min(scored)[1]
        less = tally.difference(about, best, seed=seed)
        yield _comparison(about, "wape" if about.method == FORECAST else "wape of the median", best.method, less)
    for about in sorted({of for of, _ in tally.misses if of.method == FORECAST}):
        for other in (replace(about, method=method) for method in SPREAD):
            if any(of == other for of, _ in tally.misses):
                less = tally.loss_difference(about, other, seed=seed)
                yield _comparison(about, "pinball", other.method, less)


def _comparison(about: About, figure: str, baseline: str, less: Interval) -> Comparison:
    return Comparison(
        level=about.level,
        measure=about.measure,
        grain=about.grain,
        figure=figure,
        baseline=baseline,
        difference=_number(less.value),
        low=_number(less.low),
        high=_number(less.high),
    )


def _number(value: float) -> float | None:
    """Return the figure; None for one that is none, because JSON has no NaN."""
    return float(value) if np.isfinite(value) else None
