"""What an event does, learned and shrunk."""

from datetime import date, timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.priors import (
    christmas_height,
    christmas_shape,
    discount_uplift,
    marketing_uplift,
)
from springtide.contexts.peak.domain.forecast.profile import SHRINKAGES, best_shrinkage, shrunk
from springtide.contexts.peak.domain.forecast.setting import setting_of
from springtide.contracts.peak.calendar import EventCalendar, Levers, NamedEvent, OnDates, YearDay
from tests.unit.peak.forecast.shops import MONDAY, counts, shop

SALE = EventCalendar(
    regions=("GB-ENG",),
    events=(
        NamedEvent(id="sale", name="Sale", when=YearDay(month=3, day=15), first_offset=-3, last_offset=3),
        NamedEvent(id="quiet", name="Quiet", when=YearDay(month=5, day=10), first_offset=-3, last_offset=3),
    ),
)


def test_without_k_the_ratio_is_believed_and_with_a_large_one_nothing_is() -> None:
    """(30 + k) / (10 + k) goes from 3 to 1."""
    sold, expected = np.array([30.0]), np.array([10.0])
    assert shrunk(sold, expected, 0.0) == pytest.approx(3.0)
    assert shrunk(sold, expected, 10.0) == pytest.approx(2.0)
    assert shrunk(sold, expected, 1e12) == pytest.approx(1.0)
    assert shrunk(np.zeros(1), np.zeros(1), 0.0) == pytest.approx(1.0)


def test_k_is_small_where_products_keep_their_factor_and_large_where_they_do_not() -> None:
    """Earlier factors of 3 and 1/3 that come again, or turn around."""
    then, was = np.full(2, 30.0), np.array([90.0, 10.0])
    again, turned = (then, was, then, was), (then, was, then, was[::-1])
    assert best_shrinkage([again]) == SHRINKAGES[0]
    assert best_shrinkage([turned]) == SHRINKAGES[-1]


def test_a_window_that_sold_double_is_found_masked_and_foretold() -> None:
    """Two years with a sale: the third one gets about twice the days before it, and the quiet event nothing."""
    units = counts(800, 12, mean=20.0)
    for year in (2024, 2025):
        day = (date(year, 3, 15) - MONDAY).days
        units[day - 3 : day + 4] *= 2
    demand = shop(units)
    setting = setting_of(demand, date(2026, 5, 20), SALE)
    ahead = setting.index[demand.days :].mean(axis=1)
    window = (date(2026, 3, 15) - demand.last).days - 1
    quiet = (date(2026, 5, 10) - demand.last).days - 1
    assert ahead[window - 2 : window + 3].mean() / ahead[: window - 7].mean() == pytest.approx(2.0, rel=0.12)
    inside = setting.uplift.inside[demand.days :]
    assert inside[window - 3 : window + 4].all()
    assert not inside[quiet]


def test_the_level_after_an_event_is_the_level_before_it() -> None:
    """A history that ends with a sale's window: the moving average does not swallow it."""
    units = counts(430, 12, mean=20.0)
    sale = (date(2024, 3, 15) - MONDAY).days, (date(2025, 2, 20) - MONDAY).days
    calendar = replace_days(SALE, date(2024, 3, 15), date(2025, 2, 20))
    for day in sale:
        units[day - 3 : day + 4] *= 5
    setting = setting_of(shop(units), MONDAY + timedelta(days=450), calendar)
    weeks = setting.weeks
    rate = weeks.units[-13:].sum() / weeks.indexed[-13:].mean(axis=1).sum()
    assert rate == pytest.approx(7 * counts(430, 12, mean=20.0).sum(axis=1).mean(), rel=0.05)


def replace_days(calendar: EventCalendar, *days: date) -> EventCalendar:
    """Return the calendar with its sale on days of its own."""
    sale = NamedEvent(id="sale", name="Sale", when=OnDates(dates=days), first_offset=-3, last_offset=3)
    return EventCalendar(regions=calendar.regions, events=(sale,))


def test_a_deeper_discount_sells_more_than_last_years_by_the_documented_elasticity() -> None:
    """0.5 after 0.2: (0.5 / 0.8) ** -2.62; the same again changes nothing."""
    assert float(discount_uplift(0.5, 0.2)) == pytest.approx((0.5 / 0.8) ** -2.62)
    assert float(discount_uplift(0.3, 0.3)) == pytest.approx(1.0)
    assert marketing_uplift(200.0, 100.0) == pytest.approx(2**0.12)
    assert marketing_uplift(0.0, 100.0) == 1.0


def test_a_lever_alone_makes_an_event_of_an_unseen_day() -> None:
    """No evidence, a cut of 30 %: the prior is the whole profile."""
    event = NamedEvent(
        id="drop",
        name="Drop",
        when=OnDates(dates=(date(2024, 8, 1),)),
        first_offset=0,
        last_offset=1,
        levers=(Levers(year=2024, discount=0.3),),
    )
    demand = shop(counts(120, 4))
    with_lever = setting_of(demand, date(2024, 8, 5), EventCalendar(regions=("GB-ENG",), events=(event,)))
    without = setting_of(
        demand,
        date(2024, 8, 5),
        EventCalendar(regions=("GB-ENG",), events=(NamedEvent(**{**_fields(event), "levers": ()}),)),
    )
    place = (date(2024, 8, 1) - MONDAY).days
    assert with_lever.index[place, 0] / without.index[place, 0] == pytest.approx(0.7**-2.62)
    assert with_lever.uplift.inside[place]
    assert not without.uplift.inside[place]


def _fields(event: NamedEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_a_first_christmas_rises_by_its_prior_and_by_the_december_it_saw() -> None:
    """Nine months from December: with a December that sold double, autumn is above the prior of general goods."""
    units = np.full((270, 5), 10.0)
    strong = units.copy()
    strong[:15] *= 3
    first = date(2024, 12, 1)
    flat = setting_of(shop(units, first=first), date(2025, 12, 31), SALE)
    rising = setting_of(shop(strong, first=first), date(2025, 12, 31), SALE)
    november = (date(2025, 11, 28) - first).days
    assert rising.index[november, 0] > flat.index[november, 0]
    assert rising.index[november, 0] > 1.5 / 7


def test_the_prior_of_christmas_gives_the_fourth_quarter_its_documented_excess() -> None:
    """The mean excess of October to December is 0.35 for general goods, twice that for gifts."""
    quarter = christmas_shape(np.arange(-85.0, 7.0))
    assert float(quarter.mean()) * christmas_height(1.0) == pytest.approx(0.35)
    assert christmas_height(2.0) == pytest.approx(2 * christmas_height(1.0))
