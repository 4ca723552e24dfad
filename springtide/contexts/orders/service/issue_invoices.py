"""Issue the invoices of many orders at once: what was sold, when it was placed, outside the buyer's path.

Once per order and numbered without gaps: the counters of the sellers are locked until the commit, and which orders have
their invoice already is asked under that lock.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.orders.service import formats
from springtide.contexts.orders.service.document_page import Paper, PaperRow, page
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import address_from
from springtide.contracts.orders.api import DocumentKind
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.batch import rows
from springtide.platform.db import Tx

# Pages printed before others in this process get a turn.
_AT_A_STRETCH = 16


class Invoiced(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice needs to know of an order."""

    id: UUID
    seller: str
    number: str
    placed_at: datetime
    locale: str
    currency: str
    destination: str
    billing_address: dict[str, Any]


class _Issued(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it is written: the columns of `documents` and the page."""

    order_id: UUID
    seller: str
    sequence: int
    number: str
    currency: str
    gross_minor: int
    html: str


async def issue_invoices(tx: Tx, *, sellers: Sellers, order_ids: Sequence[UUID]) -> None:
    """Issue what is missing. Orders that are not there, were imported or have their invoice are passed over."""
    orders = await tx.all("orders_to_invoice", {"ids": list(order_ids)}, row=Invoiced)
    if not orders:
        return
    day = tx.now.date()
    counters = await _lock_counters(tx, sorted({order.seller for order in orders}), day.year)
    ids = [order.id for order in orders]
    done = {order_id for (order_id,) in await tx.tuples("invoiced_orders", {"ids": ids})}
    sold = await _sold_rows(tx, ids)
    issued: list[_Issued] = []
    for order in orders:
        if order.id in done or order.id not in sold:
            continue
        counters[order.seller] += 1
        issued.append(_printed(order, counters[order.seller], sold[order.id], sellers, day))
        if len(issued) % _AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    if issued:
        await _write(tx, issued, counters, day)


async def _lock_counters(tx: Tx, sellers: Sequence[str], year: int) -> dict[str, int]:
    """Lock the sellers' counters of the year, making those that are missing; return the last number of each."""
    wanted = {"sellers": list(sellers), "year": year}
    found = dict(await tx.tuples("lock_invoice_counters", wanted))
    if len(found) < len(sellers):
        await tx.run("make_invoice_counters", wanted)
        found = dict(await tx.tuples("lock_invoice_counters", wanted))
    return found


async def _sold_rows(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, list[PaperRow]]:
    found: dict[UUID, list[PaperRow]] = {}
    for order_id, text, quantity, gross, net, tax, rate_bp, category, discount in await tx.tuples(
        "sold_rows", {"ids": list(order_ids)}
    ):
        money = TaxedRow(
            gross_minor=gross,
            net_minor=net,
            tax_minor=tax,
            rate_bp=rate_bp,
            tax_category=category,
            discount_minor=discount,
        )
        found.setdefault(order_id, []).append(PaperRow(text=text, quantity=quantity, money=money))
    return found


def _printed(order: Invoiced, sequence: int, sold: Sequence[PaperRow], sellers: Sellers, day: date) -> _Issued:
    seller = sellers.named(order.seller)
    number = f"{seller.number_prefix}I{day.year}-{sequence:06}"
    paper = Paper(
        kind=DocumentKind.INVOICE,
        number=number,
        issued_on=day,
        order_number=order.number,
        ordered_on=order.placed_at.date(),
        language=formats.language_of(order.locale),
        currency=order.currency,
        seller=seller,
        destination=order.destination,
        buyer=address_from(order.billing_address),
        rows=tuple(sold),
    )
    return _Issued(
        order_id=order.id,
        seller=order.seller,
        sequence=sequence,
        number=number,
        currency=order.currency,
        gross_minor=sum(row.money.gross_minor for row in sold),
        html=page(paper),
    )


async def _write(tx: Tx, issued: Sequence[_Issued], counters: dict[str, int], day: date) -> None:
    await tx.run("insert_invoices", {**rows(issued), "year": day.year, "issued_on": day})
    series = {"sellers": list(counters), "lasts": list(counters.values()), "year": day.year}
    await tx.run("set_invoice_counters", series)
