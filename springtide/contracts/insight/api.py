"""What insight promises: figures across contexts, made of counts. It never learns who somebody is.

Without a visitor's consent only counts arrive. With it a visit has an id that is made up, kept for a day at most and
stored as a keyed hash. Carts, completions and orders are counted from the facts of checkout and orders, never from what
a browser says.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import AuditEntry
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput

MOST_SEEN = 500
MOST_VISITS = 1_000
MOST_PAGES = 500
MOST_DAYS = 400

LONGEST_WORDS = 60
LONGEST_NAME = 120
MOST_COUNTED = 10_000_000


class InvalidInsight(BadInput):
    """The days asked for are not there, or the batch is larger than what is taken; facts: field."""

    code = "invalid_insight"


class Step(StrEnum):
    """How far a visit came. SEARCH stands beside the way from VISIT to ORDER, not on it."""

    VISIT = "visit"
    PRODUCT = "product"
    CART = "cart"
    CHECKOUT = "checkout"
    ORDER = "order"
    SEARCH = "search"


class Device(StrEnum):
    """The class of a device, told from the browser's own words."""

    PHONE = "phone"
    TABLET = "tablet"
    COMPUTER = "computer"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How often a step was taken since the last batch, by everybody; VISIT, PRODUCT and SEARCH only."""

    market: str
    device: Device
    step: Step
    counted: int


class VisitSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What a visit that agreed to statistics did since the last batch. `visit`: its made-up id, 32 hex characters."""

    visit: str
    market: str
    device: Device
    steps: tuple[Step, ...]


class PageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How often a page was looked at; `page` is a kind and a name of the shop's own ("product/white-heart")."""

    market: str
    page: str
    views: int


class SearchSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How often words were searched for, and how often that found nothing. Nothing that looks like a person's data."""

    market: str
    words: str
    searches: int
    without_results: int


class OrderSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that agreed to statistics looked at the confirmation of this order."""

    order_id: UUID
    visit: str


class AnswerMinute(msgspec.Struct, frozen=True, kw_only=True):
    """How buyers' writes were answered within a minute by one process; `bad`: with 5xx. `at`: the minute, UTC."""

    at: datetime
    good: int
    bad: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a web process has collected since the last one; `dropped`: events it had no room for. Names have at most
    `LONGEST_NAME` characters, words `LONGEST_WORDS`, counts are 0 to `MOST_COUNTED`.
    """

    seen: tuple[Seen, ...] = ()
    visits: tuple[VisitSeen, ...] = ()
    pages: tuple[PageSeen, ...] = ()
    searches: tuple[SearchSeen, ...] = ()
    orders: tuple[OrderSeen, ...] = ()
    minutes: tuple[AnswerMinute, ...] = ()
    dropped: int = 0


class OrderMinute(msgspec.Struct, frozen=True, kw_only=True):
    """Orders placed within a minute (UTC) in one market; `gross_minor` in minor units of `currency`. Those that a
    rehearsal placed are counted in `rehearsed` and nowhere else.
    """

    at: datetime
    market: str
    currency: str
    orders: int
    gross_minor: int
    rehearsed: int = 0


class By(StrEnum):
    """What the funnel is cut by. HOUR: the hour of the day, UTC."""

    DAY = "day"
    HOUR = "hour"
    MARKET = "market"
    DEVICE = "device"


class FunnelSlice(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one slice. `name`: an ISO day, an hour "00" to "23", a market or a device; "" for the whole."""

    name: str
    visits: int
    products: int
    carts: int
    checkouts: int
    orders: int


class Funnel(msgspec.Struct, frozen=True, kw_only=True):
    """From visit to order. `counts`: everybody, counted by pages and facts. `visits`: only visits that agreed to
    statistics, each counted once per step. `slices` are cut from the counts, by DEVICE from the visits (an order does
    not know its device).
    """

    counts: FunnelSlice
    visits: FunnelSlice
    slices: tuple[FunnelSlice, ...]


class PageCount(msgspec.Struct, frozen=True, kw_only=True):
    """Views of a page."""

    page: str
    views: int


class SearchCount(msgspec.Struct, frozen=True, kw_only=True):
    """Searches for some words."""

    words: str
    searches: int
    without_results: int


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at and looked for, most first; words are listed from the third search on."""

    pages: tuple[PageCount, ...]
    searches: tuple[SearchCount, ...]
    searches_without_results: tuple[SearchCount, ...]


class AnswerDay(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to buyers' writes on a day (UTC). `bad_minutes`: minutes in which at least one was a 5xx."""

    day: date
    good: int
    bad: int
    bad_minutes: int


class MonitorResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an outside monitor says. `source`: uptimerobot or pingdom; `state`: up, down, paused or unknown.

    `up_30d`: share of the last 30 days in percent, as its source rounds it; `problem`: why it could not be read.
    """

    source: str
    name: str
    state: str
    up_30d: str
    response_ms: int | None
    read_at: datetime
    problem: str = ""


class ExportCount(msgspec.Struct, frozen=True, kw_only=True):
    """Purchases on their way out. `state`: waiting, done, refused (the receiver will not have it) or given_up."""

    target: str
    state: str
    purchases: int
    problem: str = ""


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Our own figures beside those of others."""

    days: tuple[AnswerDay, ...]
    monitors: tuple[MonitorResult, ...]
    exports: tuple[ExportCount, ...]


class InsightApi(Protocol):
    """Insight's verbs. record is the system's; the others need "insight.read"."""

    async def record(self, *, caller: Caller, key: str, batch: Batch) -> None:
        """Add what a web process has collected. `InvalidInsight` when it is more than one call may bring."""
        ...

    async def order_minutes(self, *, caller: Caller, minutes: int = 60) -> tuple[OrderMinute, ...]:
        """Return what was ordered within the last minutes (at most a day), oldest first; empty minutes are left out."""
        ...

    async def funnel(self, *, caller: Caller, since: date, until: date, by: By, market: str = "") -> Funnel:
        """Return the funnel from `since` up to and without `until` (UTC); `market` "": all. `InvalidInsight`."""
        ...

    async def looked(self, *, caller: Caller, since: date, until: date, market: str = "", limit: int = 20) -> Looked:
        """Return top pages and searches from `since` up to and without `until` (UTC). `InvalidInsight`."""
        ...

    async def availability(self, *, caller: Caller, since: date, until: date) -> Availability:
        """Return answers by day from `since` up to and without `until`, monitors and exports. `InvalidInsight`."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
