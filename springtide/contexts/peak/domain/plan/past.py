"""The past beside a plan: last year aligned by event, what events are known by, and what each product sold."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.events import NO_EVENT, DayMarks, Occurrence, day_in, mark_days, occurrences
from springtide.contexts.peak.domain.forecast.priors import discount_uplift, marketing_uplift
from springtide.contexts.peak.domain.forecast.setting import Setting, setting_of, top_uplift
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.event_outlook import EventOutlook, OffsetUplift, PastOccurrence
from springtide.contracts.peak.plan import Plan, PlanDay
from springtide.contracts.peak.stock import StockItem

PAST_WEEKS = 53
"""Weeks of a product's past that a plan shows: a year, and the week a year ago."""
_WEEK_DAYS = 7
_SAME_WEEKDAY = 364
_MOVES = 0.005


def with_past(plan: Plan, demand: Demand, calendar: EventCalendar) -> Plan:
    """Return the plan with its past beside it; the numbers of the plan stay what they are."""
    setting = setting_of(demand, plan.last, calendar)
    return msgspec.structs.replace(
        plan,
        days=tuple(aligned(plan.days, demand, calendar)),
        items=tuple(with_sales(plan.items, demand)),
        events=tuple(outlooks(setting, calendar, plan.first, plan.last)),
    )


def aligned(days: tuple[PlanDay, ...], demand: Demand, calendar: EventCalendar) -> Iterator[PlanDay]:
    """Yield the days with what was sold on the same day of the same event a year before, or the same weekday."""
    marks = mark_days(calendar, days[0].day, len(days))
    for place, day in enumerate(days):
        before = _year_before(day.day, marks, place, calendar)
        at = (before - demand.first).days if before else -1
        if before is None or not (0 <= at < demand.days and demand.open_days[at]):
            yield day
        else:
            yield msgspec.structs.replace(day, last_year_day=before, last_year_orders=float(demand.orders[at]))


def _year_before(day: date, marks: DayMarks, place: int, calendar: EventCalendar) -> date | None:
    """Return the day of last year that a day compares with; None where its event has none."""
    if marks.owner[place] == NO_EVENT:
        return day - timedelta(days=_SAME_WEEKDAY)
    offset = timedelta(days=int(marks.owner_offset[place]))
    event = calendar.event(marks.event_ids[marks.owner[place]])
    before = day_in(event, (day - offset).year - 1)
    return None if before is None else before + offset


def with_sales(items: tuple[StockItem, ...], demand: Demand) -> Iterator[StockItem]:
    """Yield the products with their last weeks of sales."""
    weeks = min(PAST_WEEKS, demand.days // _WEEK_DAYS)
    recent = demand.units[demand.days - weeks * _WEEK_DAYS :]
    weekly = recent.reshape(weeks, _WEEK_DAYS, -1).sum(axis=1, dtype=np.float64)
    places = {product.sku: place for place, product in enumerate(demand.products)}
    until = demand.last + timedelta(days=1)
    for item in items:
        sold = tuple(np.rint(weekly[:, places[item.sku]]).astype(int).tolist()) if item.sku in places else ()
        yield msgspec.structs.replace(item, sold=sold, past_until=until)


def outlooks(setting: Setting, calendar: EventCalendar, first: date, last: date) -> Iterator[EventOutlook]:
    """Yield the events that touch the days from `first` to `last`, with their profile and evidence."""
    uplift, marks, history = top_uplift(setting), setting.marks, setting.demand
    start = (first - history.first).days
    for one in occurrences(calendar, first, last):
        event = marks.event_ids.index(one.event.id)
        stop = (min(one.last, last) - history.first).days + 1
        window = range(max(start, (one.first - history.first).days), stop)
        own = [at for at in window if marks.owner[at] == event]
        past = dict(_past(setting, event))
        sold = history.units[[at for days in past.values() for at in days]] if past else history.units[:0]
        yield EventOutlook(
            event=one.event.id,
            name=one.event.name,
            on=one.on,
            counts=any(abs(float(uplift[at]) - 1.0) > _MOVES for at in own),
            discount=one.levers.discount,
            marketing_minor=one.levers.marketing_minor,
            products=int((sold.sum(axis=0) > 0).sum()),
            past=tuple(past),
            days=tuple(_days(own, one, history.first, uplift)),
            ten_points_more=round(float(discount_uplift(one.levers.discount + 0.1, one.levers.discount)), 4),
            half_more_spend=round(marketing_uplift(1.5, 1.0), 4) if one.levers.marketing_minor else 1.0,
        )


def _days(own: list[int], one: Occurrence, first: date, uplift: NDArray[np.float64]) -> Iterator[OffsetUplift]:
    for at in own:
        day = first + timedelta(days=at)
        yield OffsetUplift(day=day, offset=(day - one.on).days, uplift=round(float(uplift[at]), 4))


def _past(setting: Setting, event: int) -> Iterator[tuple[PastOccurrence, list[int]]]:
    """Yield the past windows of an event with their days in the history."""
    for seen in setting.evidence:
        if seen.event == event:
            on = setting.demand.first + timedelta(days=int(seen.days[0]) - int(seen.offsets[0]))
            occurrence = PastOccurrence(
                on=on,
                strength=round(seen.strength, 4),
                discount=round(seen.discount, 4),
                marketing_minor=round(seen.marketing_minor),
            )
            yield occurrence, seen.days.tolist()
