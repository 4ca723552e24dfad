"""The whole horizon's total on the joint paths beside what came, and whether the paths spread it far enough."""

from collections.abc import Iterator, Sequence

import numpy as np

from springtide.contexts.peak.domain.backtest.draws import Drawn
from springtide.contexts.peak.domain.backtest.empirical import MEASURES
from springtide.contexts.peak.domain.backtest.origins import Origin
from springtide.contexts.peak.domain.forecast.windows import Window, days_seen, error
from springtide.contexts.peak.domain.paths.measures import total_of
from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contracts.peak.accuracy import SeasonCheck, SeasonSpread


def seasons_of(origin: Origin, drawn: Drawn) -> Iterator[SeasonSpread]:
    """Yield the horizon of one origin that has come, a measure each; one that the history does not have is left out."""
    for name, measure in MEASURES.items():
        totals = drawn.season[name]
        if origin.told < origin.season.days or not origin.totals[name].any() or not totals.all():
            continue
        yield SeasonSpread(
            origin=origin.last,
            measure=measure,
            days=origin.season.days,
            mean=float(totals.mean()),
            p10=quantile_of(totals, 0.1),
            p50=quantile_of(totals, 0.5),
            p90=quantile_of(totals, 0.9),
            p99=quantile_of(totals, 0.99),
            sd=float(np.log(totals).std()),
            actual=float(origin.totals[name].sum()),
        )


def checks_of(seasons: Sequence[SeasonSpread], windows: Sequence[Window]) -> Iterator[SeasonCheck]:
    """Yield the spread of each measure: drawn, as it came on judged origins, and as it was on those learned from."""
    for measure in MEASURES.values():
        mine = [season for season in seasons if season.measure == measure]
        if not mine:
            continue
        errors = [found for season in mine if (found := error(season.mean, season.actual)) is not None]
        yield SeasonCheck(
            measure=measure,
            origins=len(mine),
            independent=days_seen((season.origin, season.days) for season in mine) / max(s.days for s in mine),
            learned=_root_mean_square(_learned(windows, measure)),
            empirical=_root_mean_square(errors),
            bias=float(np.mean(errors)) if errors else None,
            drawn=float(np.mean([season.sd for season in mine])),
            within_p90=float(np.mean([season.actual <= season.p90 for season in mine])),
            within_80=float(np.mean([season.p10 <= season.actual <= season.p90 for season in mine])),
        )


def _learned(windows: Sequence[Window], measure: str) -> list[float]:
    totals = [total for window in windows if (total := total_of(window, measure)) is not None]
    errors = [error(float(total.expected.sum()), float(total.actual.sum())) for total in totals]
    return [found for found in errors if found is not None]


def _root_mean_square(errors: Sequence[float]) -> float | None:
    return float(np.sqrt(np.mean(np.square(errors)))) if errors else None
