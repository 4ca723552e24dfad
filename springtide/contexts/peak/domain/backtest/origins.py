"""Origins of a back-test: what was asked then, and what happened after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.cut import before
from springtide.contexts.peak.domain.forecast.make import DEFAULT_SEED, Answers, answers_of
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.weeks import WEEK
from springtide.contexts.peak.domain.forecast.windows import Total, Window
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.calendar import EventCalendar

Tell = Callable[[str], None]
_LEAST_DAYS = 8 * WEEK
_LEARNED_ON = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The last known day, the answers of then, and the days after it as they came.

    `actual`: float32 (products, days). `usable`: bool (products, days), False where closed or out of stock.
    `known`: bool (products, days), False where nobody knows what came. `told`: how many days, in whole weeks, are
    judged: the others are still to come.
    `totals`: float64 (days,) by name: units, orders, revenue_minor.
    """

    last: date
    season: Season
    answers: Answers
    actual: NDArray[np.float32]
    usable: NDArray[np.bool_]
    known: NDArray[np.bool_]
    told: int
    totals: dict[str, NDArray[np.float64]]

    def window(self, forecast: Forecast) -> Window:
        """Return a forecast of these days beside what happened, for the calibration of the paths."""
        demand = self.answers.setting.demand
        return Window(
            first=self.season.first,
            skus=tuple(product.sku for product in demand.products),
            groups=tuple(product.category for product in demand.products),
            expected=forecast.units,
            actual=self.actual,
            usable=self.usable,
            event_days=self.answers.setting.uplift.inside[demand.days :],
            orders=Total(expected=forecast.orders, actual=self.totals["orders"]),
            revenue=Total(expected=forecast.revenue_minor, actual=self.totals["revenue_minor"]),
            prices=np.array([product.price_minor for product in demand.products]),
        )


def rolling(first: date, last: date, *, every_days: int = 2 * WEEK) -> tuple[date, ...]:
    """Return origins from `first` to at most `last`."""
    count = (last - first).days // every_days + 1
    return tuple(first + timedelta(days=every_days * number) for number in range(max(0, count)))


def origins_before(demand: Demand, last: date, *, horizon_days: int) -> tuple[date, ...]:
    """Return up to six earlier origins, a fortnight apart, to learn from before `last`: none for a short history.

    The latest has its whole horizon before `last` where the history allows, and eight weeks of history itself.
    """
    known = (last - demand.first).days + 1
    ahead = min(-(-horizon_days // WEEK), (known - _LEAST_DAYS) // WEEK) * WEEK
    if ahead < WEEK:
        return ()
    places = [
        ahead + 2 * WEEK * number for number in range(_LEARNED_ON) if known - ahead - 2 * WEEK * number >= _LEAST_DAYS
    ]
    return tuple(last - timedelta(days=place) for place in reversed(places))


def horizon_of(demand: Demand, last: date, wanted: int) -> int:
    """Return how many days after an origin can be judged: whole weeks where a week can, else the days there are."""
    there = min(wanted, (demand.last - last).days)
    return there if there < WEEK or there == wanted else there // WEEK * WEEK


def told_of(last: date, days: int, until: date) -> int:
    """Return how many of the days after an origin can be judged by what came up to `until`: all, or whole weeks."""
    there = max(0, min(days, (until - last).days))
    return there if there == days else there // WEEK * WEEK


def ask(
    demand: Demand,
    origins: Sequence[date],
    *,
    horizon_days: int,
    calendar: EventCalendar,
    known: NDArray[np.bool_] | None = None,
    told_until: date | None = None,
    seed: int = DEFAULT_SEED,
    engine: str | None = None,
    tell: Tell = lambda _words: None,
) -> list[Origin]:
    """Ask all methods at every origin, with nothing known after it; raises InvalidPeakInput.

    `known`: bool (days, products) of the history, None: all of it. `told_until`: the last day that has come.
    """
    asked = []
    for number, last in enumerate(origins, start=1):
        past = before(demand, last)
        days = horizon_of(demand, last, horizon_days)
        answers = answers_of(past, last + timedelta(days=days), calendar, seed=seed, engine=engine)
        told = days if told_until is None else told_of(last, days, told_until)
        asked.append(_with_future(demand, answers, days, known=known, told=told))
        tell(f"origin {number} of {len(origins)}: {last}, {days} days ahead, {len(answers.products)} methods")
    return asked


def _with_future(demand: Demand, answers: Answers, days: int, *, known: NDArray[np.bool_] | None, told: int) -> Origin:
    start = answers.setting.demand.days
    after = slice(start, start + days)
    units = demand.units[after]
    return Origin(
        last=answers.setting.demand.last,
        season=Season(first=answers.setting.demand.last + timedelta(days=1), days=days),
        answers=answers,
        actual=np.ascontiguousarray(units.T),
        usable=np.ascontiguousarray((demand.open_days[after, None] & demand.in_stock[after]).T),
        known=np.ones_like(units.T, dtype=np.bool_) if known is None else np.ascontiguousarray(known[after].T),
        told=told,
        totals={
            "units": units.sum(axis=1, dtype=np.float64),
            "orders": demand.orders[after].astype(np.float64),
            "revenue_minor": demand.revenue_minor[after],
        },
    )
