"""Mollie's own books as an API key can read them: all payments, then all refunds, both newest first.

The balance itself needs an organisation's token, which a shop has no other use for. A payment tells what was taken of
it, a refund is a row of its own; a cursor says which of the two listings goes on, and where.
"""

from urllib.parse import parse_qs, urlsplit

import msgspec

from springtide.contexts.payments.providers.mollie_objects import (
    Link,
    Payment,
    Refund,
    entries_of_payment,
    entry_of_refund,
)
from springtide.contexts.payments.providers.mollie_wire import MollieWire, decode
from springtide.contexts.payments.providers.port import LedgerEntry, LedgerPage, ProviderRefused

PAGE_LIMIT = 250
PAYMENTS, REFUNDS = "payments", "refunds"
# A card may be captured for so long after it was authorised: an older payment does not move any more, refunds aside.
PAYMENT_MOVES_FOR_S = 31 * 86_400


class _Lists(msgspec.Struct, frozen=True, kw_only=True):
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()


class _Links(msgspec.Struct, frozen=True, kw_only=True):
    next: Link | None = None


class _Listing(msgspec.Struct, frozen=True, kw_only=True):
    embedded: _Lists = msgspec.field(name="_embedded")
    links: _Links = msgspec.field(name="_links")


async def read_page(wire: MollieWire, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
    """Read one page of the listing that `after` names; entries are those from Unix second `since_s` on."""
    kind, _, start = (after or f"{PAYMENTS}:").partition(":")
    query = {"limit": str(min(limit, PAGE_LIMIT))} | ({"from": start} if start else {})
    answer = await wire.get(f"/v2/{kind}", query=query)
    if answer is None:
        msg = "no_ledger"
        raise ProviderRefused(msg, after or kind)
    listing = decode(answer, _Listing)
    entries = _entries(listing.embedded)
    return LedgerPage(
        entries=tuple(entry for entry in entries if entry.occurred_at_s >= since_s),
        next_after=_next(kind, listing, since_s),
    )


def _entries(lists: _Lists) -> list[LedgerEntry]:
    of_payments = [entry for payment in lists.payments for entry in entries_of_payment(payment)]
    of_refunds = [entry for refund in lists.refunds if (entry := entry_of_refund(refund)) is not None]
    return of_payments + of_refunds


def _next(kind: str, listing: _Listing, since_s: float) -> str | None:
    """Return where the listing goes on; after the last payment that can matter come the refunds."""
    lists = listing.embedded
    made_at_s = [payment.created_at.timestamp() for payment in lists.payments]
    made_at_s += [refund.created_at.timestamp() for refund in lists.refunds]
    still_moves_s = PAYMENT_MOVES_FOR_S if kind == PAYMENTS else 0
    is_past = bool(made_at_s) and min(made_at_s) < since_s - still_moves_s
    if listing.links.next is not None and not is_past:
        start = parse_qs(urlsplit(listing.links.next.href).query).get("from", [""])[0]
        return f"{kind}:{start}"
    return f"{REFUNDS}:" if kind == PAYMENTS else None
