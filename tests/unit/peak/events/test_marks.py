"""Events as arrays over days."""

from datetime import date

import numpy as np

from springtide.contexts.peak.domain.events import NO_EVENT, OUTSIDE, mark_days
from springtide.contexts.peak.providers.calendar_file import usual_calendar
from springtide.contracts.peak.calendar import EventCalendar, Levers, NamedEvent, YearDay
from springtide.contracts.peak.company import Closure

FIRST = date(2026, 11, 1)


def test_offsets_count_days_from_the_event_and_end_with_its_window() -> None:
    marks = mark_days(usual_calendar(), FIRST, 61)
    friday = marks.offsets[marks.event_ids.index("black-friday")]
    assert friday[26] == 0
    assert friday[15:29].tolist() == list(range(-11, 3))
    assert friday[14] == OUTSIDE
    assert friday[29] == OUTSIDE


def test_a_day_in_two_windows_belongs_to_the_nearer_event() -> None:
    marks = mark_days(usual_calendar(), FIRST, 61)
    owner = {day: marks.event_ids[marks.owner[day - 1]] for day in (11, 26, 27, 29)}
    assert owner == {11: "singles-day", 26: "black-friday", 27: "black-friday", 29: "black-friday"}
    december = {day: marks.event_ids[marks.owner[29 + day]] for day in (0, 1, 5, 6, 20)}
    assert december == {0: "cyber-monday", 1: "cyber-monday", 5: "sinterklaas", 6: "christmas", 20: "christmas"}
    assert marks.owner[0] == NO_EVENT
    assert marks.owner_offset[29 + 20] == -5
    assert marks.in_event.sum() == (marks.owner != NO_EVENT).sum() > 40


def test_equally_near_events_are_decided_by_priority_then_by_the_earlier() -> None:
    def owner_between(low: int, high: int) -> str:
        early = NamedEvent(id="early", name="", when=YearDay(month=6, day=10), first_offset=-5, last_offset=5)
        late = NamedEvent(
            id="late", name="", when=YearDay(month=6, day=14), first_offset=-5, last_offset=5, priority=high
        )
        calendar = EventCalendar(regions=("NL",), events=(early, late))
        marks = mark_days(calendar, date(2026, 6, 12), 1)
        assert low == 0
        return marks.event_ids[marks.owner[0]]

    assert owner_between(0, 0) == "early"
    assert owner_between(0, 1) == "late"


def test_discount_and_spend_stand_on_the_owners_days_only() -> None:
    event = NamedEvent(
        id="sale",
        name="",
        when=YearDay(month=6, day=10),
        first_offset=-1,
        last_offset=2,
        levers=(Levers(discount=0.25, marketing_minor=400_00),),
    )
    marks = mark_days(EventCalendar(regions=("NL",), events=(event,)), date(2026, 6, 8), 6)
    assert marks.discount.tolist() == [0, 0.25, 0.25, 0.25, 0.25, 0]
    assert marks.marketing_minor.tolist() == [0, 100_00, 100_00, 100_00, 100_00, 0]


def test_closed_days_are_weekdays_closures_and_holidays_where_the_shop_keeps_them() -> None:
    calendar = EventCalendar(
        regions=("GB-ENG",),
        closures=(Closure(first=date(2026, 12, 29), last=date(2027, 1, 3), reason="stock-taking"),),
        closed_weekdays=("saturday",),
        closed_on_holidays=True,
    )
    marks = mark_days(calendar, date(2026, 12, 24), 9)  # Thursday to Friday
    assert marks.holiday.tolist() == [False, True, True, False, True, False, False, False, True]
    assert marks.closed.tolist() == [False, True, True, False, True, True, True, True, True]
    assert not mark_days(EventCalendar(regions=("GB-ENG",)), date(2026, 12, 24), 9).closed.any()


def test_marks_do_not_depend_on_where_the_days_begin() -> None:
    whole = mark_days(usual_calendar(), date(2026, 1, 1), 365)
    part = mark_days(usual_calendar(), date(2026, 5, 1), 60)
    assert np.array_equal(whole.offsets[:, 120:180], part.offsets)
    assert np.array_equal(whole.owner[120:180], part.owner)
    assert np.array_equal(whole.marketing_minor[120:180], part.marketing_minor)
