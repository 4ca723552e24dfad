"""Issue invoices and credit notes: once per cause, numbered without gaps, outside the buyer's path.

An invoice says what was sold, when it was placed; each adjustment that moved money gets its credit note. Together they
are what is owed. The counter's row is locked until the commit, so a number is used if and only if its document exists.
"""

from uuid import UUID

from springtide.contexts.orders.service import formats
from springtide.contexts.orders.service.document_page import Paper, PaperRow, page
from springtide.contexts.orders.service.sellers import Sellers
from springtide.contexts.orders.store import CreditedRecord, LineRecord, OrderRecord, ShippingRecord, address_from
from springtide.contracts.orders.api import DocumentKind
from springtide.platform.db import Tx

_LETTER = {DocumentKind.INVOICE: "I", DocumentKind.CREDIT_NOTE: "C"}


async def issue_document(tx: Tx, *, sellers: Sellers, order_id: UUID, adjustment_id: UUID | None) -> str | None:
    """Issue the invoice (no adjustment) or a credit note; return its number, None when there is nothing to print.

    A cause that has its document already gives its number again. A credit note whose invoice is still missing (events
    may overtake each other) issues that first.
    """
    order = await tx.maybe("lock_order", {"id": order_id}, row=OrderRecord)
    if order is None or order.import_batch:
        return None
    known = await tx.value("find_document", {"order_id": order_id, "adjustment_id": adjustment_id})
    if known is not None:
        return str(known)
    invoice = None
    if adjustment_id is not None:
        invoice = await issue_document(tx, sellers=sellers, order_id=order_id, adjustment_id=None)
    rows = await (_sold_rows(tx, order_id) if adjustment_id is None else _credited_rows(tx, adjustment_id))
    if not rows:
        return None
    return await _write(tx, sellers, order, adjustment_id, rows, refers_to=invoice or "")


async def _write(
    tx: Tx,
    sellers: Sellers,
    order: OrderRecord,
    adjustment_id: UUID | None,
    rows: tuple[PaperRow, ...],
    *,
    refers_to: str,
) -> str:
    kind = DocumentKind.INVOICE if adjustment_id is None else DocumentKind.CREDIT_NOTE
    seller, issued_on = sellers.named(order.seller), tx.now.date()
    series = {"seller": order.seller, "year": issued_on.year, "kind": kind}
    sequence = await tx.value("next_document_sequence", series)
    number = f"{seller.number_prefix}{_LETTER[kind]}{issued_on.year}-{sequence:06}"
    address = address_from(order.billing_address)
    paper = Paper(
        kind=kind,
        number=number,
        issued_on=issued_on,
        order_number=order.number,
        ordered_on=order.placed_at.date(),
        language=formats.language_of(order.locale),
        currency=order.currency,
        seller=seller,
        destination=address_from(order.shipping_address).country,
        buyer=address,
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
    return number


async def _sold_rows(tx: Tx, order_id: UUID) -> tuple[PaperRow, ...]:
    lines = await tx.all("find_lines", {"id": order_id}, row=LineRecord)
    shipping = await tx.all("find_shipping_rows", {"id": order_id}, row=ShippingRecord)
    return (
        *(PaperRow(text=line.name, quantity=line.ordered, money=line.money) for line in lines),
        *(PaperRow(text="", quantity=None, money=row.money) for row in shipping),
    )


async def _credited_rows(tx: Tx, adjustment_id: UUID) -> tuple[PaperRow, ...]:
    rows = await tx.all("find_credited_rows", {"adjustment_id": adjustment_id}, row=CreditedRecord)
    return tuple(PaperRow(text=row.text, quantity=row.quantity, money=row.money) for row in rows)
