from datetime import date

import numpy as np
import pytest

from springtide.contexts.peak.domain.stock.calendar import SupplierCalendar, lead_time_draws, order_days

MONDAY = 0
PLAIN = SupplierCalendar(order_weekday=MONDAY, lead_days=10, lead_days_p90=15)
CLOSED = SupplierCalendar(
    order_weekday=MONDAY, lead_days=10, lead_days_p90=15, closures=((date(2011, 10, 3), date(2011, 10, 7)),)
)


def test_an_order_is_sold_from_the_day_its_lead_time_ends() -> None:
    assert PLAIN.arrival(date(2011, 9, 5), 10) == date(2011, 9, 15)
    assert PLAIN.arrival(date(2011, 9, 5), 0) == date(2011, 9, 5)


@pytest.mark.parametrize(
    ("needed_on", "last"),
    [
        (date(2011, 9, 15), date(2011, 9, 5)),  # to the day
        (date(2011, 9, 14), date(2011, 8, 29)),  # one day too early for that Monday
        (date(2011, 9, 21), date(2011, 9, 5)),
        (date(2011, 9, 22), date(2011, 9, 12)),
    ],
)
def test_the_last_order_day_is_the_last_monday_that_still_arrives(needed_on: date, last: date) -> None:
    assert PLAIN.last_order_day(needed_on, 10) == last


def test_no_order_is_taken_and_no_day_counts_while_the_supplier_is_closed() -> None:
    assert CLOSED.next_order_day(date(2011, 10, 1)) == date(2011, 10, 10)
    assert CLOSED.arrival(date(2011, 9, 26), 10) == date(2011, 10, 11)
    assert CLOSED.last_order_day(date(2011, 10, 10), 10) == date(2011, 9, 19)
    assert CLOSED.last_order_day(date(2011, 10, 11), 10) == date(2011, 9, 26)


def test_the_last_order_day_and_the_next_one_stand_on_both_sides_of_the_need() -> None:
    for offset in range(60):
        needed_on = date.fromordinal(date(2011, 9, 20).toordinal() + offset)
        last = CLOSED.last_order_day(needed_on, 10)
        assert last is not None
        following = CLOSED.next_order_day(date.fromordinal(last.toordinal() + 1))
        assert CLOSED.arrival(last, 10) <= needed_on < CLOSED.arrival(following, 10)


def test_a_supplier_that_never_opens_has_no_last_day() -> None:
    shut = SupplierCalendar(
        order_weekday=MONDAY, lead_days=1, lead_days_p90=1, closures=((date(2000, 1, 1), date(2020, 1, 1)),)
    )
    assert shut.last_order_day(date(2011, 9, 1), 1) is None


def test_orders_are_a_cycle_apart() -> None:
    days = order_days(CLOSED, first=date(2011, 9, 1), last=date(2011, 10, 31), every_weeks=2)
    assert days == (date(2011, 9, 5), date(2011, 9, 19), date(2011, 10, 10), date(2011, 10, 24))


def test_lead_times_meet_their_two_figures_and_are_a_suppliers_own() -> None:
    calendar = SupplierCalendar(order_weekday=MONDAY, lead_days=75, lead_days_p90=95)
    draws = lead_time_draws(calendar, name="a", paths=1000, seed=7)
    assert np.quantile(draws, 0.5) == pytest.approx(75, abs=1)
    assert np.quantile(draws, 0.9) == pytest.approx(95, abs=1)
    assert (draws == lead_time_draws(calendar, name="a", paths=1000, seed=7)).all()
    assert (draws != lead_time_draws(calendar, name="b", paths=1000, seed=7)).any()
