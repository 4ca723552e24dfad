"""What a page may tell, and what is kept of it. Pure.

An address is reduced to a kind and a name that the catalogue knows; words that could be somebody's own are dropped; a
browser's description becomes one of three classes. The rest is forgotten before anything is counted.
"""

import re
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from springtide.contracts.insight.api import Device

MOST_EVENTS = 20
_MOST_DIGITS = 5
_LONGEST_WORDS = 60
_BOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|headless|preview|lighthouse|pingdom|uptime|monitor|curl|wget|python|java/|go-http|"
    r"facebookexternalhit|scrap|phantom|selenium",
    re.IGNORECASE,
)
_TABLET = re.compile(r"ipad|tablet|kindle|silk|playbook|android(?!.*mobile)", re.IGNORECASE)
_PHONE = re.compile(r"mobi|iphone|ipod|android|phone", re.IGNORECASE)


class Kind(StrEnum):
    """PAGE: a page was opened. SEARCH: words were looked for."""

    PAGE = "page"
    SEARCH = "search"


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of a page. `path` without its query; `entry`: nobody came from a page of ours; `filled`: the cart has
    something in it; `thanks`: the confirmation right after the purchase; `words` and `results` of a search.
    """

    kind: Kind
    path: Annotated[str, msgspec.Meta(max_length=300)]
    entry: bool = False
    filled: bool = False
    thanks: bool = False
    words: Annotated[str, msgspec.Meta(max_length=200)] = ""
    results: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one beacon brings."""

    events: Annotated[tuple[Told, ...], msgspec.Meta(max_length=MOST_EVENTS)]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the storefront: `place` ("en-gb"), its kind and the part after it ("" where that is nobody's to know).

    `order_id`: of an order's page; never counted, only tied to a visit that agreed.
    """

    place: str
    kind: str
    name: str = ""
    order_id: UUID | None = None


_KINDS = {"p": "product", "c": "category"}
_PLAIN = frozenset({"search", "cart", "checkout", "account", "delivery", "about"})


def where(path: str) -> Where:
    """Return what an address is; an address we do not know is "other"."""
    place, _, rest = path.strip("/").partition("/")
    first, _, second = rest.partition("/")
    if not rest:
        return Where(place=place, kind="home")
    if first in _KINDS and second:
        return Where(place=place, kind=_KINDS[first], name=second)
    if first == "orders":
        return Where(place=place, kind="order", order_id=_uuid(second.partition("/")[0]))
    return Where(place=place, kind=first if first in _PLAIN else "other")


def cleaned(words: str) -> str:
    """Return words as they are counted; "" for what could be an address, a number or a person's own."""
    plain = " ".join(words.lower().split())
    digits = sum(char.isdigit() for char in plain)
    if "@" in plain or digits > _MOST_DIGITS or len(plain) > _LONGEST_WORDS or not plain.isprintable():
        return ""
    return plain


def is_bot(user_agent: str) -> bool:
    """Tell whether a machine looks: its own words say so, or it says nothing."""
    return not user_agent or _BOT.search(user_agent) is not None


def device_of(user_agent: str) -> Device:
    """Return the class of a browser's device."""
    if _TABLET.search(user_agent):
        return Device.TABLET
    return Device.PHONE if _PHONE.search(user_agent) else Device.COMPUTER


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
