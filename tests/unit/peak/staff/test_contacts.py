"""Contacts follow orders: later, more of them when parcels are late, and returns after Christmas."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.contacts import contacts_of
from springtide.contexts.peak.domain.staff.mail import backlog, hours_in_time
from springtide.contexts.peak.domain.staff.opening import open_half_hours, wait_until_open
from springtide.contracts.peak.company import Figure, Hours
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.staff_terms import ContactTerms, StaffTerms, decode_staff_terms
from tests.unit.peak.staff.made import totals


def only(**shares: float) -> StaffTerms:
    """Terms under which contacts have these reasons only."""
    figures = {
        name: Figure(value=shares.get(name, 0.0), unit="of contacts", assumption="test")
        for name in ("before_share", "order_share", "return_share")
    }
    return StaffTerms(contacts=msgspec.structs.replace(ContactTerms(), **figures))


def one_day(day: int, days: int = 100, first: date = date(2011, 10, 1)) -> object:
    """A season with 1,000 orders on one day."""
    made = totals(1, season=Season(first=first, days=days))
    orders = np.zeros((1, days, 24), dtype=np.float32)
    orders[0, day, 12] = 1000
    return replace(made, orders=orders)


def test_where_is_my_order_lags_one_to_five_days() -> None:
    found = contacts_of(one_day(20), only(order_share=1.0), per_order=0.1)
    assert found.all[0, 20:27] == pytest.approx([0, 15, 30, 25, 20, 10, 0])


def test_questions_before_buying_come_the_same_day() -> None:
    found = contacts_of(one_day(20), only(before_share=1.0), per_order=0.1)
    assert found.all[0, 19:22] == pytest.approx([0, 100, 0])


def test_half_of_the_gifts_come_back_after_christmas() -> None:
    found = contacts_of(one_day(60, days=130), only(return_share=1.0), per_order=0.1)
    assert found.all.sum() == pytest.approx(100)
    january = (date(2011, 12, 27) - date(2011, 10, 1)).days
    assert found.all[0, january:].sum() == pytest.approx(50)
    assert found.all[0, 61:january].sum() == pytest.approx(50)
    assert found.all[0, january] > found.all[0, january + 10] > 0


def test_late_parcels_come_on_top() -> None:
    late = np.zeros((1, 100))
    late[0, 30] = 200
    usual = contacts_of(one_day(20), StaffTerms(), per_order=0.1)
    found = contacts_of(one_day(20), StaffTerms(), per_order=0.1, late_parcels=late)
    assert (found.all - usual.all)[0, 30:35] == pytest.approx([0, 60, 36, 24, 0])


def test_channels_and_the_bot_share_out_every_contact() -> None:
    found = contacts_of(totals(3), StaffTerms(), per_order=0.08)
    assert found.answered_by_bot + sum(found.people.values()) == pytest.approx(found.all)
    assert found.people["phone"] == pytest.approx(found.all * 0.45 * 0.95)


def test_contacts_peak_after_the_orders_and_keep_the_paths() -> None:
    made = totals(20)
    found = contacts_of(made, StaffTerms(), per_order=0.08)
    assert found.all.mean(axis=0).argmax() > made.daily_orders.mean(axis=0).argmax()
    assert np.argsort(found.all.sum(axis=1)).tolist() == made.ranked.tolist()


def test_work_of_closed_days_waits() -> None:
    opened = np.array([True, False, False, True])
    assert wait_until_open(np.array([[1.0, 2, 3, 4]]), opened).tolist() == [[1, 0, 0, 9]]
    assert wait_until_open(np.array([[1.0, 2.0]]), np.array([True, False])).tolist() == [[1, 2]]


def test_opening_hours_are_read_and_refused_by_name() -> None:
    week = Season(first=date(2011, 10, 3), days=7)
    hours = [Hours(days="Mon-Fri", opens="08:00", closes="20:00", assumption="x")]
    grid = open_half_hours(week, hours, closed=[date(2011, 10, 5)])
    assert grid.sum(axis=1).tolist() == [24, 24, 0, 24, 24, 0, 0]
    for wrong in ({"days": "Mo-Fr"}, {"opens": "8"}):
        with pytest.raises(InvalidPeakInput):
            open_half_hours(week, [msgspec.structs.replace(hours[0], **wrong)])


def test_mail_is_answered_in_time_and_evenly() -> None:
    opened = np.array([True] * 5 + [False, False] + [True] * 3)
    work = np.zeros((1, 10))
    work[0, 4] = 8.0
    assert hours_in_time(work, opened, 1)[0].tolist() == [0, 0, 0, 0, 4, 0, 0, 4, 0, 0]
    work[0, 5] = 2.0  # Saturday: Monday at the latest
    assert hours_in_time(work, opened, 1)[0].tolist() == [0, 0, 0, 0, 4, 0, 0, 6, 0, 0]
    assert backlog(work, np.array([0.0] * 5 + [0, 0, 6, 3, 3]))[0, 4:].tolist() == [8, 10, 10, 4, 1, 0]


def test_terms_have_defaults_and_mistakes_are_named_at_once() -> None:
    assert decode_staff_terms(b"") == StaffTerms()
    wrong = b"""
[contacts]
order_lags = [0.5, 0.2]
hours = [1.0, 2.0]
[hiring]
show_rate = { value = 80, unit = "of offers", assumption = "in percent by mistake" }
"""
    with pytest.raises(InvalidPeakInput) as caught:
        decode_staff_terms(wrong)
    assert {mistake.rule for mistake in caught.value.mistakes} == {"adds_up", "hours", "share"}
    with pytest.raises(InvalidPeakInput, match="unknown field"):
        decode_staff_terms(b"colour = 3")
