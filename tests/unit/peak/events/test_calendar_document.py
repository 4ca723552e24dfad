"""The events file names its mistakes."""

from pathlib import Path

import msgspec
import pytest

from springtide.contexts.peak.providers.calendar_file import read_calendar, usual_calendar
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, decode_calendar
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.demo.company import COMPANY_FOLDER

GOOD = b"""
regions = ["NL"]

[[events]]
id = "drop"
name = "Drop"
when = { rule = "dates", dates = [2026-10-08, 2026-11-20] }
first_offset = -2
last_offset = 3
levers = [{ year = 2026, discount = 0.2, marketing_minor = 100000 }]
"""


def _rules(document: bytes) -> list[str]:
    with pytest.raises(InvalidPeakInput) as refused:
        decode_calendar(document)
    return [mistake.rule for mistake in refused.value.mistakes]


def test_the_usual_events_are_a_document_without_mistakes() -> None:
    calendar = usual_calendar()
    assert {"black-friday", "cyber-monday", "singles-day", "sinterklaas", "christmas", "january-sale"} <= {
        event.id for event in calendar.events
    }


def test_a_calendar_is_read_from_a_file_and_its_regions_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "events.toml"
    path.write_bytes(GOOD)
    assert [event.id for event in read_calendar(path).events] == ["drop"]
    path.write_bytes(GOOD.replace(b'"NL"', b'"XX"'))
    with pytest.raises(InvalidPeakInput, match="XX"):
        read_calendar(path)


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (b"2026-11-20", b"2026-10-12", ["overlapping_calendars"]),
        (b"first_offset = -2", b"first_offset = 1", ["window"]),
        (b"last_offset = 3", b"last_offset = 200", ["window"]),
        (b"discount = 0.2", b"discount = 1.2", ["discount"]),
        (b"marketing_minor = 100000", b"marketing_minor = -1", ["marketing"]),
        (b"year = 2026,", b"year = 2026, budget = 3,", ["not_readable"]),
        (b'rule = "dates", dates = [2026-10-08, 2026-11-20]', b'rule = "dates", dates = []', ["no_such_day"]),
        (b'rule = "dates", dates = [2026-10-08, 2026-11-20]', b'rule = "day", month = 2, day = 30', ["no_such_day"]),
        (
            b'rule = "dates", dates = [2026-10-08, 2026-11-20]',
            b'rule = "nth_weekday", month = 13, weekday = "friyay", nth = 6',
            ["unknown_weekday", "no_such_day"],
        ),
        (b'regions = ["NL"]', b"regions = []", ["region_missing"]),
        (b'regions = ["NL"]', b'regions = ["NL"]\nclosed_weekdays = ["caturday"]', ["unknown_weekday"]),
        (b'regions = ["NL"]', b'regions = ["NL"]\nopen = 3', ["not_readable"]),
        (b"regions", b"regions regions", ["not_readable"]),
        (b"[[events]]", b"[events]", ["not_readable"]),
    ],
)
def test_a_mistake_is_named(old: bytes, new: bytes, rules: list[str]) -> None:
    assert old in GOOD
    assert _rules(GOOD.replace(old, new, 1)) == rules


def test_all_mistakes_are_named_at_once_each_with_its_event() -> None:
    second = GOOD[GOOD.index(b"[[events]]") :]
    broken = GOOD + second.replace(b"0.2", b"7") + second.replace(b'"drop"', b'"other"').replace(b'"Drop"', b"7")
    with pytest.raises(InvalidPeakInput) as refused:
        decode_calendar(broken)
    assert [(mistake.where, mistake.rule) for mistake in refused.value.mistakes] == [
        ("events.toml: event other", "not_readable"),
        ("events.toml: events", "used_twice"),
        ("events.toml: event drop", "discount"),
    ]


def test_two_campaigns_on_one_day_need_a_priority() -> None:
    second = GOOD[GOOD.index(b"[[events]]") :].replace(b'"drop"', b'"other"')
    assert _rules(GOOD + second) == ["overlapping_calendars", "overlapping_calendars"]
    assert len(decode_calendar(GOOD + second + b"priority = 1").events) == 2


def test_closures_do_not_overlap_and_end_after_they_begin() -> None:
    closure = b'\n[[closures]]\nfirst = %s\nlast = %s\nreason = "stock-taking"\n'
    apart = closure % (b"2026-12-24", b"2026-12-26") + closure % (b"2026-12-27", b"2026-12-28")
    assert len(decode_calendar(GOOD + apart).closures) == 2
    joint = closure % (b"2026-12-24", b"2026-12-27") + closure % (b"2026-12-27", b"2026-12-28")
    assert _rules(GOOD + joint) == ["overlapping_calendars"]
    assert _rules(GOOD + closure % (b"2026-12-24", b"2026-12-23")) == ["closure"]


def test_the_demos_events_are_the_usual_ones_for_a_shop_of_gifts() -> None:
    usual, demo = usual_calendar(), read_calendar(COMPANY_FOLDER / CALENDAR_DOCUMENT)
    assert (usual.gifts, demo.gifts) == (1.0, 2.0)
    assert msgspec.structs.replace(demo, gifts=1.0) == usual


def test_a_first_christmas_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidPeakInput) as refused:
        decode_calendar(b'regions = ["GB"]\ngifts = -1')
    assert [mistake.rule for mistake in refused.value.mistakes] == ["gifts"]
