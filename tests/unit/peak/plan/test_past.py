"""The past beside a plan: last year is aligned by event and not by date, and evidence says how much there is."""

from datetime import date, timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.setting import setting_of
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.plan.past import PAST_WEEKS, aligned, outlooks, with_sales
from springtide.contracts.peak.calendar import EventCalendar, Levers, NamedEvent, NthWeekday
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.event_outlook import EventOutlook
from springtide.contracts.peak.plan import PlanDay
from springtide.contracts.peak.stock import StockItem
from tests.unit.peak.forecast.shops import counts, shop

FIRST = date(2022, 9, 1)
SALE = NamedEvent(
    id="black-friday",
    name="Black Friday",
    when=NthWeekday(month=11, weekday="thursday", nth=4, plus_days=1),
    first_offset=-3,
    last_offset=3,
    levers=(Levers(year=2023, discount=0.2, marketing_minor=10_000),),
)
QUIET = NamedEvent(id="quiet", name="Quiet", when=NthWeekday(month=10, weekday="monday", nth=1), first_offset=-1)
CALENDAR = EventCalendar(regions=("GB-ENG",), events=(SALE, QUIET))
FRIDAYS = {2022: date(2022, 11, 25), 2023: date(2023, 11, 24)}


@pytest.fixture(scope="module")
def demand() -> Demand:
    """Fourteen months in which Black Friday and its days sold three times as much."""
    units = counts(425, 4, mean=60.0)
    place = (FRIDAYS[2022] - FIRST).days
    units[place - 3 : place + 4] *= 3
    open_days = np.ones(425, dtype=np.bool_)
    open_days[(date(2022, 11, 8) - FIRST).days] = False
    return shop(units, first=FIRST, open_days=open_days)


def days_from(first: date, count: int) -> tuple[PlanDay, ...]:
    band = Band(mean=1, p10=1, p50=1, p90=1, p99=1)
    ranks = {"orders": band, "units": band, "revenue_minor": band, "p50": 1.0, "p90": 1.0, "p99": 1.0}
    return tuple(
        PlanDay(day=first + timedelta(days=number), is_event=False, forecast_orders=1.0, **ranks)
        for number in range(count)
    )


def test_an_events_day_is_compared_with_the_same_day_of_the_event(demand: Demand) -> None:
    days = {one.day: one for one in aligned(days_from(date(2023, 11, 1), 40), demand, CALENDAR)}
    friday = days[FRIDAYS[2023]]
    assert friday.last_year_day == FRIDAYS[2022]
    assert friday.last_year_orders == float(demand.orders[(FRIDAYS[2022] - FIRST).days])
    assert days[FRIDAYS[2023] - timedelta(days=2)].last_year_day == FRIDAYS[2022] - timedelta(days=2)


def test_a_plain_day_is_compared_with_its_weekday_and_unknown_days_with_nothing(demand: Demand) -> None:
    days = {one.day: one for one in aligned(days_from(date(2023, 10, 31), 10), demand, CALENDAR)}
    plain = days[date(2023, 11, 2)]
    assert plain.last_year_day == date(2022, 11, 3)
    assert plain.last_year_day.weekday() == plain.day.weekday()
    assert days[date(2023, 11, 7)].last_year_day is None  # closed a year before
    early = next(iter(aligned(days_from(date(2023, 8, 1), 1), demand, CALENDAR)))
    assert early.last_year_orders is None  # before the history


@pytest.fixture(scope="module")
def found(demand: Demand) -> dict[str, EventOutlook]:
    setting = setting_of(demand, date(2023, 12, 31), CALENDAR)
    return {one.event: one for one in outlooks(setting, CALENDAR, date(2023, 9, 30), date(2023, 12, 31))}


def test_an_event_is_told_with_its_evidence_and_its_levers(found: dict[str, EventOutlook]) -> None:
    sale = found["black-friday"]
    assert sale.counts
    assert (sale.on, sale.products) == (FRIDAYS[2023], 4)
    assert [one.on for one in sale.past] == [FRIDAYS[2022]]
    assert sale.past[0].strength == pytest.approx(3.0, rel=0.1)
    assert [day.offset for day in sale.days] == list(range(-3, 4))
    assert max(day.uplift for day in sale.days) > 2
    assert sale.ten_points_more == pytest.approx((0.7 / 0.8) ** -2.62, rel=1e-3)
    assert sale.half_more_spend == pytest.approx(1.5**0.12, rel=1e-3)


def test_an_event_that_moves_nothing_is_plain_and_says_so(found: dict[str, EventOutlook]) -> None:
    assert not found["quiet"].counts
    assert {day.uplift for day in found["quiet"].days} == {1.0}
    assert found["quiet"].half_more_spend == 1.0


def test_products_have_their_last_weeks_and_unknown_ones_none(demand: Demand) -> None:
    item = StockItem(
        sku="S1", category="", supplier="s", price_minor=1, on_hand=0, receipts=(), demand=(), stock=(), lost=()
    )
    known, unknown = with_sales((item, StockItem(**{**as_dict(item), "sku": "new"})), demand)
    assert len(known.sold) == PAST_WEEKS
    assert known.sold[-1] == int(demand.units[-7:, 1].sum())
    assert known.past_until == demand.last + timedelta(days=1)
    assert unknown.sold == ()


def as_dict(item: StockItem) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}
