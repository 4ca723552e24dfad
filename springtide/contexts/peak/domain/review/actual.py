"""What was sold, put beside the paths: arrays of the plan's season."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.actuals import Actuals, SoldDay, SoldHour
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """The part of a season that is known: its first `hours_seen` hours.

    `orders`, `units`, `revenue_minor`: float64 (hours seen,). `goods`: float64 (products, days), products as in the
    plan; days that are not over are zeros. `unknown_units`: of SKUs that the plan does not know. `days`: those that
    are over, as they were before the rules of the history.
    """

    hours_seen: int
    orders: NDArray[np.float64]
    units: NDArray[np.float64]
    revenue_minor: NDArray[np.float64]
    goods: NDArray[np.float64]
    unknown_units: float
    unknown_skus: int
    has_goods: bool
    days: tuple[SoldDay, ...] = ()

    @property
    def whole_days(self) -> int:
        """Return how many days of the season are over."""
        return self.hours_seen // HOURS


def sold_in(season: Season, skus: tuple[str, ...], actuals: Actuals, until: datetime | None = None) -> Sold:
    """Return what is known of a season, up to `until` where somebody wants to see it as it stood then.

    Raises InvalidPeakInput for counts below 0, hours told twice, and actuals that begin later than the season: what
    came before them would be taken for nothing.
    """
    start = datetime.combine(season.first, time.min)
    end = min(actuals.until, start + timedelta(days=season.days), until or actuals.until)
    seen = max(0, int((end - start).total_seconds()) // 3600)
    _refuse(list(_mistakes(actuals, start, until)))
    columns = [np.zeros(seen) for _ in range(3)]
    for one in actuals.hours:
        place = int((one.hour - start).total_seconds()) // 3600
        if 0 <= place < seen:
            for column, value in zip(columns, (one.orders, one.units, one.revenue_minor), strict=True):
                column[place] += value
    goods, unknown = _goods(season, skus, actuals, seen // HOURS)
    return Sold(
        hours_seen=seen,
        orders=columns[0],
        units=columns[1],
        revenue_minor=columns[2],
        goods=goods,
        unknown_units=sum(unknown.values()),
        unknown_skus=len(unknown),
        has_goods=bool(actuals.products),
        days=tuple(one for one in actuals.days if 0 <= (one.day - season.first).days < seen // HOURS),
    )


def _goods(
    season: Season, skus: tuple[str, ...], actuals: Actuals, whole_days: int
) -> tuple[NDArray[np.float64], dict[str, float]]:
    places = {sku: place for place, sku in enumerate(skus)}
    goods = np.zeros((len(skus), season.days))
    unknown: dict[str, float] = {}
    for one in actuals.products:
        day = (one.day - season.first).days
        if not 0 <= day < whole_days:
            continue
        if one.sku in places:
            goods[places[one.sku], day] += one.units
        else:
            unknown[one.sku] = unknown.get(one.sku, 0.0) + one.units
    return goods, unknown


def _mistakes(actuals: Actuals, start: datetime, until: datetime | None) -> Iterable[Mistake]:
    where = actuals.source
    if actuals.since > start and actuals.until > start:
        message = f"it begins at {actuals.since}, after the season did: what was sold from {start} on is missing"
        yield Mistake(where=where, rule="begins_late", message=message)
    if until is not None and not start <= until <= actuals.until:
        message = f"{until} is not within {start} to {actuals.until}: nothing is known of it"
        yield Mistake(where="until", rule="until_unknown", message=message)
    yield from _of_hours(where, actuals.hours)


def _of_hours(where: str, hours: Iterable[SoldHour]) -> Iterable[Mistake]:
    told: set[datetime] = set()
    for one in hours:
        if min(one.orders, one.units) < 0:
            yield Mistake(where=where, rule="no_count", message=f"{one.hour}: {one.orders} orders, {one.units} units")
        if one.hour in told:
            yield Mistake(where=where, rule="told_twice", message=f"{one.hour} is there twice")
        told.add(one.hour)


def _refuse(mistakes: list[Mistake]) -> None:
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
