"""Money, numbers and dates as people of a locale write them, by Babel. Results are kept: pages repeat the same few."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from springtide.platform.money import exponent


@lru_cache(maxsize=64)
def locale_of(language: str, country: str = "") -> Locale:
    """Return the locale of a language in a country, of the language alone when the two are not known together."""
    for tag in (f"{language}_{country}" if country else language, language):
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_GB")


@lru_cache(maxsize=20_000)
def money(amount_minor: int, currency: str, locale: Locale) -> str:
    """Return minor units as money: 3490 EUR in nl_NL is "€ 34,90"."""
    digits = exponent(currency)
    return format_currency(Decimal(amount_minor).scaleb(-digits), currency, locale=locale)


@lru_cache(maxsize=2_000)
def number(value: int | Decimal, locale: Locale) -> str:
    """Return a number with the locale's separators."""
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=500)
def percent(basis_points: int, locale: Locale) -> str:
    """Return basis points as a percentage without needless zeros: 2100 is "21 %" in Swedish."""
    exact = Decimal(basis_points) / 10_000
    pattern = locale.percent_formats[None].pattern.replace("#,##0%", "#,##0.##%").replace("#,##0\xa0%", "#,##0.##\xa0%")
    return format_percent(exact, format=pattern, locale=locale)


@lru_cache(maxsize=2_000)
def day(value: date, locale: Locale) -> str:
    """Return a near day with its weekday: "Thursday 26 November", without the year."""
    return format_date(value, _DAY.get(locale.language, "EEEE d MMMM"), locale=locale)


@lru_cache(maxsize=2_000)
def full_date(value: date, locale: Locale) -> str:
    """Return a date with its year: "26 November 2026"."""
    return format_date(value, "long", locale=locale)


def moment(value: datetime, locale: Locale, zone: ZoneInfo) -> str:
    """Return a day and a time of day in a time zone."""
    return format_datetime(value, "d MMM y HH:mm", tzinfo=zone, locale=locale)


def clock(value: datetime, locale: Locale, zone: ZoneInfo) -> str:
    """Return the time of day in a time zone: "14:05"."""
    return format_time(value, "HH:mm", tzinfo=zone, locale=locale)


def listed(items: list[str], locale: Locale) -> str:
    """Return "a, b and c" in the locale's way."""
    return format_list(items, locale=locale)


def country_name(code: str, locale: Locale) -> str:
    """Return a country's name in the locale's language, its code when there is none."""
    return str(locale.territories.get(code, code))


def language_name(code: str) -> str:
    """Return a language's own name for itself: "Nederlands"."""
    return str(locale_of(code).get_display_name(code)).capitalize()


_DAY = {"sv": "EEEE 'den' d MMMM"}
