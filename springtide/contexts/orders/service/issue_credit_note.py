"""Issue credit notes: once per cause, numbered without gaps, outside the buyer's path.

Each adjustment that moved money gets its credit note; with the invoice they are what is owed. The counter's row is
locked until the commit, so a number is used if and only if its document exists.
"""

from uuid import UUID

from springtide.contexts.orders.service import formats
from springtide.contexts.orders.service.document_page import Paper, PaperRow, page
from springtide.contexts.orders.service.issue_invoices import issue_invoices
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import CreditedRecord, OrderRecord, address_from
from springtide.contracts.common import TRIAL_CHANNELS
from springtide.contracts.orders.api import DocumentKind
from springtide.platform.db import Tx

_KIND = DocumentKind.CREDIT_NOTE


async def issue_credit_note(tx: Tx, *, sellers: Sellers, order_id: UUID, adjustment_id: UUID) -> None:
    """Issue a credit note, unless it is there or there is nothing to print.

    When the invoice is still missing (events may overtake each other), that is issued first.
    """
    order = await tx.maybe("lock_order", {"id": order_id}, row=OrderRecord)
    if order is None or order.import_batch or order.channel in TRIAL_CHANNELS:
        return
    if await tx.value("find_document", {"order_id": order_id, "adjustment_id": adjustment_id}) is not None:
        return
    await issue_invoices(tx, sellers=sellers, order_ids=[order_id])
    rows = await _credited_rows(tx, adjustment_id)
    if rows:
        invoice = await tx.value("find_document", {"order_id": order_id, "adjustment_id": None})
        await _write(tx, sellers, order, adjustment_id, rows, refers_to=invoice or "")


async def _write(
    tx: Tx, sellers: Sellers, order: OrderRecord, adjustment_id: UUID, rows: tuple[PaperRow, ...], *, refers_to: str
) -> None:
    seller, issued_on = sellers.named(order.seller), tx.now.date()
    series = {"seller": order.seller, "year": issued_on.year, "kind": _KIND}
    sequence = await tx.value("next_document_sequence", series)
    number = f"{seller.number_prefix}C{issued_on.year}-{sequence:06}"
    paper = Paper(
        kind=_KIND,
        number=number,
        issued_on=issued_on,
        order_number=order.number,
        ordered_on=order.placed_at.date(),
        language=formats.language_of(order.locale),
        currency=order.currency,
        seller=seller,
        destination=address_from(order.shipping_address).country,
        buyer=address_from(order.billing_address),
        rows=rows,
        refers_to=refers_to,
    )
    await tx.run(
        "insert_document",
        {
            **series,
            "order_id": order.id,
            "adjustment_id": adjustment_id,
            "sequence": sequence,
            "number": number,
            "issued_on": issued_on,
            "currency": order.currency,
            "gross_minor": sum(row.money.gross_minor for row in rows),
        },
    )
    await tx.run("insert_document_page", {"order_id": order.id, "number": number, "html": page(paper)})


async def _credited_rows(tx: Tx, adjustment_id: UUID) -> tuple[PaperRow, ...]:
    rows = await tx.all("find_credited_rows", {"adjustment_id": adjustment_id}, row=CreditedRecord)
    return tuple(PaperRow(text=row.text, quantity=row.quantity, money=row.money) for row in rows)
