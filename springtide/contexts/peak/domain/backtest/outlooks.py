"""The live outlook on the past: on every day of a judged horizon, what was said of the rest, and what the rest was."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.totals import PathTotals, quantile_of
from springtide.contexts.peak.domain.review.outlook import outlook_of
from springtide.contracts.peak.accuracy import OutlookCheck

LEAST_REST_DAYS = 7
_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """P10, P50 and P90 of orders still to come."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One day's look at the rest. `part`: third of the horizon, 1 to 3; `came`: orders of the rest, above 0."""

    part: int
    came: float
    said: Said
    planned: Said


def looks_at(totals: PathTotals, actual: NDArray[np.float64], *, drift_sd: float) -> Iterator[Look]:
    """Yield a look on each day after the first with a week still to come; `actual`: orders a day, (days,)."""
    daily, days = totals.daily_orders, totals.season.days
    for seen in range(1, days - LEAST_REST_DAYS + 1):
        rest, came = daily[:, seen:].sum(axis=1), float(actual[seen:].sum())
        if came <= 0 or not rest.all():
            continue
        outlook = outlook_of(daily, actual[:seen], per_day=1, drift_sd=drift_sd)
        yield Look(part=1 + _PARTS * seen // days, came=came, said=_said(rest * outlook.factors), planned=_said(rest))


def outlooks_of(looks: Sequence[Look]) -> Iterator[OutlookCheck]:
    """Yield how often they held: of all days, then by thirds of the horizon."""
    for part in range(_PARTS + 1):
        some = [look for look in looks if part in {0, look.part}]
        if some:
            yield _check(part, some)


def _said(rest: NDArray[np.float64]) -> Said:
    return Said(p10=quantile_of(rest, 0.1), p50=quantile_of(rest, 0.5), p90=quantile_of(rest, 0.9))


def _check(part: int, looks: Sequence[Look]) -> OutlookCheck:
    return OutlookCheck(
        part=part,
        outlooks=len(looks),
        within_80=_mean(look.said.p10 <= look.came <= look.said.p90 for look in looks),
        below=_mean(look.came < look.said.p10 for look in looks),
        above=_mean(look.came > look.said.p90 for look in looks),
        width=_mean(_width(look.said) for look in looks),
        off=_mean(_off(look.said, look.came) for look in looks),
        planned_within_80=_mean(look.planned.p10 <= look.came <= look.planned.p90 for look in looks),
        planned_width=_mean(_width(look.planned) for look in looks),
        planned_off=_mean(_off(look.planned, look.came) for look in looks),
    )


def _width(said: Said) -> float:
    return float(np.log(said.p90 / said.p10))


def _off(said: Said, came: float) -> float:
    return float(abs(np.log(came / said.p50)))


def _mean(values: Iterator[float] | Iterator[bool]) -> float:
    return float(np.mean(list(values)))
