"""Templates and static files of the office: the shared shell first, then what only the office has."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from springtide.channels.backoffice import words
from springtide.channels.pages import formats, static_files
from springtide.channels.pages.render import Pages
from springtide.channels.pages.static_files import StaticFiles
from springtide.contracts.pricing.api import Market
from springtide.platform.money import exponent

LOCALE = formats.locale_of("en", "GB")
LONG_NAME = 20
MINUS = "\u2212"
_HERE = Path(__file__).parent


def amount(minor: int, currency: str) -> str:
    """Return money with its currency: "€34.90", and with a space after a currency that has no sign of its own."""
    text = formats.money(minor, currency, LOCALE).replace("-", MINUS)
    return text.replace(currency, f"{currency}\u00a0")


def whole(minor: int, currency: str) -> str:
    """Return an amount in whole units without its currency, as tables of sums show it: "1,204"."""
    return count(round(Decimal(minor).scaleb(-exponent(currency))))


def count(value: int) -> str:
    """Return a whole number with separators and a real minus sign: "1,204"."""
    return f"{value:,}".replace("-", MINUS)


def signed(value: int) -> str:
    """Return a whole number that always shows its sign: "+12"."""
    return f"{value:+,}".replace("-", MINUS)


def rate(basis_points: int) -> str:
    """Return a tax rate: "21%"."""
    return formats.percent(basis_points, LOCALE)


def typed(minor: int, currency: str) -> str:
    """Return an amount without its currency, as one types it into a field: "34.90"."""
    digits = exponent(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    text = f"{whole}.{rest:0{digits}d}" if digits else str(whole)
    return f"-{text}" if minor < 0 else text


def stamp(value: datetime) -> str:
    """Return a moment in UTC: "22 Nov 2026, 14:05"."""
    at = value.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M}"


def short_id(value: UUID | str) -> str:
    """Return the last eight digits of an id, enough to tell two apart by eye (a UUIDv7 starts with the time)."""
    return str(value)[-8:]


def who(actor: str, me: str = "") -> str:
    """Return an actor in short: "you", "staff …0000d1", "system:import", "" for nobody."""
    kind, colon, name = actor.rpartition(":")
    if me and name == me:
        return "you"
    return f"{kind}{colon and ' '}…{short_id(name)}" if len(name) > LONG_NAME else actor


def address(path: str, /, **query: object) -> str:
    """Return a link of the office with its filters; empty ones are left out."""
    kept = {name: str(value) for name, value in query.items() if value not in {None, "", False}}
    return path + (f"?{urlencode(kept)}" if kept else "")


def market_options(markets: Sequence[Market]) -> list[tuple[str, str]]:
    """Return the choices of a market filter."""
    return [("", "every market"), *((market.key, market.key) for market in markets)]


@cache
def make_pages() -> tuple[Pages, StaticFiles]:
    """Compile the templates and read the static files, once in a process."""
    static = StaticFiles((static_files.SHARED, _HERE / "static"))
    helpers: dict[str, Any] = {
        "amount": amount,
        "count": count,
        "whole": whole,
        "signed": signed,
        "rate": rate,
        "typed": typed,
        "stamp": stamp,
        "short_id": short_id,
        "address": address,
        "who": who,
        "market_options": market_options,
        "state_of": words.state,
        "words": words,
        "plural": words.plural,
        "locale": LOCALE,
    }
    return Pages((_HERE / "templates",), static, **helpers), static
