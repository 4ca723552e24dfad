"""Rules become days, in every year and region."""

from datetime import date

import pytest

from springtide.contexts.peak.domain.events import day_in, holidays_in, occurrences
from springtide.contexts.peak.providers.calendar_file import usual_calendar
from springtide.contracts.peak.calendar import EventCalendar, Levers, NamedEvent, NthWeekday, OnDates, YearDay
from springtide.contracts.peak.errors import InvalidPeakInput


@pytest.mark.parametrize(
    ("event_id", "year", "day"),
    [
        ("black-friday", 2010, date(2010, 11, 26)),
        ("black-friday", 2025, date(2025, 11, 28)),  # the fourth Thursday, although the month has five Saturdays
        ("black-friday", 2026, date(2026, 11, 27)),
        ("cyber-monday", 2024, date(2024, 12, 2)),  # may fall into December
        ("cyber-monday", 2026, date(2026, 11, 30)),
        ("mothering-sunday", 2011, date(2011, 4, 3)),
        ("mothering-sunday", 2026, date(2026, 3, 15)),
        ("easter", 2026, date(2026, 4, 5)),
        ("mothers-day-nl", 2026, date(2026, 5, 10)),
        ("mothers-day-se", 2026, date(2026, 5, 31)),
        ("singles-day", 2026, date(2026, 11, 11)),
        ("sinterklaas", 2026, date(2026, 12, 5)),
    ],
)
def test_the_usual_events_fall_on_their_days(event_id: str, year: int, day: date) -> None:
    assert day_in(usual_calendar().event(event_id), year) == day


def test_a_rule_may_name_no_day_in_a_year() -> None:
    fifth = NamedEvent(id="f", name="f", when=NthWeekday(month=2, weekday="monday", nth=5))
    leap = NamedEvent(id="l", name="l", when=YearDay(month=2, day=29))
    assert (day_in(fifth, 2026), day_in(fifth, 2044)) == (None, date(2044, 2, 29))
    assert (day_in(leap, 2026), day_in(leap, 2028)) == (None, date(2028, 2, 29))


def test_easter_is_where_the_swedish_holidays_have_it() -> None:
    easter = usual_calendar().event("easter")
    years = range(1990, 2060)
    swedish = holidays_in("SE", date(1990, 1, 1), date(2059, 12, 31))
    assert [day_in(easter, year) for year in years] == [
        day for day, name in swedish.items() if name == "Easter Sunday" or "Påskdagen" in name
    ]


def test_an_occurrence_is_found_where_only_its_window_touches_the_days() -> None:
    found = occurrences(usual_calendar(), date(2026, 12, 27), date(2026, 12, 31))
    assert [(one.event.id, one.on) for one in found] == [
        ("christmas", date(2026, 12, 25)),
    ]
    into_the_year = occurrences(usual_calendar(), date(2027, 1, 1), date(2027, 1, 1))
    assert [(one.event.id, one.on) for one in into_the_year] == [("january-sale", date(2027, 1, 2))]


def test_events_of_other_regions_and_of_later_years_do_not_occur() -> None:
    new = NamedEvent(id="new", name="new", when=YearDay(month=6, day=1), since=2026)
    dutch = NamedEvent(id="dutch", name="dutch", when=YearDay(month=6, day=2), regions=("NL",))
    calendar = EventCalendar(regions=("GB-ENG",), events=(new, dutch))
    assert occurrences(calendar, date(2025, 5, 1), date(2025, 7, 1)) == ()
    assert [one.event.id for one in occurrences(calendar, date(2026, 5, 1), date(2026, 7, 1))] == ["new"]


def test_levers_are_those_of_the_year_or_the_usual_ones() -> None:
    drop = NamedEvent(
        id="drop",
        name="Drop",
        when=OnDates(dates=(date(2025, 10, 8), date(2026, 10, 8))),
        levers=(Levers(discount=0.1), Levers(year=2026, discount=0.3, marketing_minor=500_000)),
    )
    found = occurrences(EventCalendar(regions=("NL",), events=(drop,)), date(2025, 1, 1), date(2026, 12, 31))
    assert [(one.on.year, one.levers.discount, one.levers.marketing_minor) for one in found] == [
        (2025, 0.1, 0),
        (2026, 0.3, 500_000),
    ]


def test_public_holidays_are_those_of_the_region() -> None:
    assert date(2026, 11, 30) in holidays_in("GB-SCT", date(2026, 11, 1), date(2026, 12, 31))
    assert date(2026, 11, 30) not in holidays_in("GB-ENG", date(2026, 11, 1), date(2026, 12, 31))
    assert list(holidays_in("NL", date(2026, 12, 1), date(2027, 1, 5))) == [
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2027, 1, 1),
    ]


def test_an_unknown_region_is_refused_by_name() -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        holidays_in("GB-XXX", date(2026, 1, 1), date(2026, 1, 2))
    assert [mistake.rule for mistake in refused.value.mistakes] == ["unknown_region"]
    assert "GB-XXX" in refused.value.mistakes[0].message
