"""Amounts, dates and countries as people write them. The only importer of Babel here.

What was formatted once is remembered: the same prices, rates and days stand in most documents and mails of an hour.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from springtide.platform.money import exponent

LANGUAGES = ("en", "nl", "sv")


def language_of(locale: str) -> str:
    """Return the language of a locale that we have words for, English otherwise."""
    language = locale.partition("-")[0]
    return language if language in LANGUAGES else "en"


@lru_cache(maxsize=16_384)
def money(minor: int, currency: str, language: str) -> str:
    """Return an amount with its currency: "€ 12,50"."""
    digits = exponent(currency)
    return format_currency(Decimal(minor).scaleb(-digits), currency, locale=language).replace("\xa0", " ")


@lru_cache(maxsize=256)
def percent(rate_bp: int, language: str) -> str:
    """Return basis points as per cent: 2100 is "21 %"."""
    return f"{format_decimal(Decimal(rate_bp) / 100, locale=language)} %"


@lru_cache(maxsize=256)
def day(value: date, language: str) -> str:
    """Return a date in words."""
    return format_date(value, format="long", locale=language)


@lru_cache(maxsize=1_024)
def country(code: str, language: str) -> str:
    """Return a country's name, or its code when nobody knows it."""
    try:
        return str(Locale(language).territories.get(code, code))
    except UnknownLocaleError:
        return code
