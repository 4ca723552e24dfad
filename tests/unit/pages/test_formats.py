from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from springtide.channels.pages import formats


@pytest.mark.parametrize(
    ("language", "country", "amount", "currency", "written"),
    [
        ("nl", "NL", 3490, "EUR", "€ 34,90"),
        ("sv", "SE", 123450, "SEK", "1 234,50 kr"),
        ("en", "GB", 99, "GBP", "£0.99"),
        ("en", "GB", 500, "JPY", "JP¥500"),
    ],
)
def test_money_by_locale(language: str, country: str, amount: int, currency: str, written: str) -> None:
    locale = formats.locale_of(language, country)
    assert formats.money(amount, currency, locale).replace("\xa0", " ") == written


@pytest.mark.parametrize(
    ("language", "points", "written"),
    [("nl", 2100, "21%"), ("sv", 2500, "25 %"), ("en", 2000, "20%"), ("nl", 850, "8,5%")],
)
def test_percentages_without_needless_zeros(language: str, points: int, written: str) -> None:
    assert formats.percent(points, formats.locale_of(language)).replace("\xa0", " ") == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "Thursday 26 November"), ("nl", "donderdag 26 november"), ("sv", "torsdag den 26 november")],
)
def test_near_days_have_their_weekday(language: str, written: str) -> None:
    assert formats.day(date(2026, 11, 26), formats.locale_of(language)) == written


def test_times_are_of_the_market() -> None:
    at = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    assert formats.clock(at, formats.locale_of("nl", "NL"), ZoneInfo("Europe/Amsterdam")) == "14:05"


def test_a_language_abroad_is_still_that_language() -> None:
    assert formats.locale_of("sv", "GB").language == "sv"
    assert formats.locale_of("xx", "QQ").language == "en"
    assert formats.language_name("nl") == "Nederlands"
    assert formats.country_name("SE", formats.locale_of("nl")) == "Zweden"
