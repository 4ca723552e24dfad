"""Words several contracts share."""

from typing import Generic, TypeVar

import msgspec

from springtide.platform.audit_entry import AuditEntry
from springtide.platform.difference_entry import Difference, DifferenceState

Texts = dict[str, str]
"""Text per language code ("en", "nl", "sv"). "en" is always there; readers fall back to it."""

Item = TypeVar("Item")


class ExternalRef(msgspec.Struct, frozen=True):
    """The id of an aggregate in another system (ERP, old shop, import batch)."""

    system: str
    id: str


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """One page of a list. `after` is the cursor of the next page, None on the last one.

    `late_s`: how many seconds late the rows may be, read from a replica; 0 from the owning database itself.
    """

    items: tuple[Item, ...]
    after: str | None = None
    late_s: float = 0.0


class Snapshot(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """One page (at most 256 KB) of a context's whole state for read models.

    `sequence`: the stream sequence known to be included when the first page was read; a follower starts just after
    the smallest one it saw. `after`: cursor of the next page, None on the last one.
    """

    items: tuple[Item, ...]
    sequence: int
    after: str | None = None


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A postal address. Every field is personal data. `country` is ISO 3166-1 alpha-2."""

    name: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    region: str = ""
    company: str = ""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the buyer. Every field is personal data."""

    email: str
    phone: str = ""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order or a customer came from. A live order can never carry an import batch."""

    channel: str
    agent: str = ""
    import_batch: str = ""


HEALTH_CHANNEL = "health"
"""The channel of orders that the deep health check places and cancels. Goods and money are real to every check; there
is no invoice, no mail, and no place for them in figures of what was sold."""

REHEARSAL_CHANNEL = "rehearsal"
"""The channel of orders that a rehearsal places: as `HEALTH_CHANNEL`, and hours in which one ran are no measure of what
usually sells."""

TRIAL_CHANNELS = frozenset({HEALTH_CHANNEL, REHEARSAL_CHANNEL})


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a SKU."""

    sku: str
    quantity: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A difference the invariant checker found: `rule` by name, `subject` the id of the thing, `detail` for people."""

    rule: str
    subject: str
    detail: str


__all__ = [
    "HEALTH_CHANNEL",
    "REHEARSAL_CHANNEL",
    "TRIAL_CHANNELS",
    "Address",
    "AuditEntry",
    "Contact",
    "Difference",
    "DifferenceState",
    "ExternalRef",
    "Finding",
    "Item",
    "Origin",
    "Page",
    "Quantity",
    "Snapshot",
    "Texts",
]
