"""What insight asks of the outside, and how it is set up."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec


class Options(Protocol):
    """The section `insight` of the settings; empty texts switch a provider off."""

    ga4_measurement_id: str
    ga4_api_secret: str
    ga4_url: str
    uptimerobot_key: str
    uptimerobot_url: str
    pingdom_token: str
    pingdom_url: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one article; `gross_minor` is the whole line's."""

    sku: str
    quantity: int
    gross_minor: int


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What others may be told of an order whose visit agreed: figures and a hash, nobody's name."""

    order_id: UUID
    visit: str
    currency: str
    total_minor: int
    items: tuple[Item, ...]
    placed_at: datetime


class Told(StrEnum):
    """How a receiver took it. REFUSED: it will not have it, however often it is told."""

    DONE = "done"
    REFUSED = "refused"
    AGAIN = "again"


class Receiver(Protocol):
    """Somebody who is told of purchases, once per order by the order's id; `name` stands on the export's rows."""

    name: str
    forgets_after_s: int
    """A purchase older than this is not taken any more."""

    async def tell(self, purchase: Purchase) -> tuple[Told, str]:
        """Tell of a purchase; return how it was taken and why (without secrets)."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One monitor as its source shows it. `up_30d`: percent of the last 30 days, None where it does not say."""

    id: str
    name: str
    state: str
    up_30d: Decimal | None
    response_ms: int | None


class WatcherProblem(Exception):
    """A source could not be read; the text is for people and holds no secret."""


class Watcher(Protocol):
    """Somebody who watches the shop from outside."""

    name: str

    async def read(self, now: datetime) -> tuple[Reading, ...]:
        """Return every monitor of the account as of `now`, at most `MOST_MONITORS`; `WatcherProblem`."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


MOST_MONITORS = 50
