"""Read one order as the contract tells it, for those who may see it."""

from collections import defaultdict
from uuid import UUID

from springtide.contexts.orders.store import (
    AdjustmentMoneyRecord,
    LineRecord,
    WholeOrder,
    address_from,
    allocations_from,
    find_whole,
    statuses_of,
)
from springtide.contracts.common import Contact, ExternalRef, Origin
from springtide.contracts.orders.api import (
    Adjustment,
    AdjustmentKind,
    Document,
    DocumentKind,
    Order,
    OrderLine,
    OrderNotFound,
    Shipment,
    ShippingRow,
    TimelineEntry,
)
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Read


async def read_order(read: Read, order_id: UUID, *, token: str = "") -> Order:
    """Return an order with all its parts; `OrderNotFound`. `token` is handed on to who may have it."""
    whole = await find_whole(read, order_id)
    if whole is None:
        raise not_found(order_id)
    return as_order(whole, token=token)


def not_found(order_id: UUID) -> OrderNotFound:
    """Return the refusal for an order that is not there, or not the caller's to see."""
    msg = "There is no such order."
    return OrderNotFound(msg, order_id=str(order_id))


def is_owner(caller: Caller, customer_id: UUID | None) -> bool:
    """Tell whether the caller is the customer who bought."""
    return caller.kind is Kind.CUSTOMER and customer_id is not None and caller.actor == str(customer_id)


def as_order(whole: WholeOrder, *, token: str = "") -> Order:
    """Turn rows into the contract's order."""
    row = whole.order
    return Order(
        id=row.id,
        number=row.number,
        version=row.version,
        placed_at=row.placed_at,
        market=row.market,
        seller=row.seller,
        locale=row.locale,
        currency=row.currency,
        base_currency=row.base_currency,
        fx_to_base=row.fx_to_base,
        origin=Origin(channel=row.channel, agent=row.agent, import_batch=row.import_batch),
        customer_id=row.customer_id,
        contact=Contact(email=row.email, phone=row.phone),
        shipping_address=address_from(row.shipping_address),
        billing_address=address_from(row.billing_address),
        payment_method=row.payment_method,
        lines=tuple(_line(line) for line in whole.lines),
        shipping=tuple(ShippingRow(method=shipping.method, money=shipping.money) for shipping in whole.shipping),
        goods_minor=row.goods_minor,
        shipping_minor=row.shipping_minor,
        discount_minor=row.discount_minor,
        tax_minor=row.tax_minor,
        total_minor=row.total_minor,
        authorised_minor=row.authorised_minor,
        captured_minor=row.captured_minor,
        refunded_minor=row.refunded_minor,
        vouchers=tuple(row.vouchers),
        shipments=_shipments(whole),
        adjustments=_adjustments(whole),
        documents=_documents(whole),
        timeline=tuple(
            TimelineEntry(at=entry.at, what=entry.what, facts=entry.facts, actor=entry.actor)
            for entry in whole.timeline
        ),
        token=token,
        external_refs=(ExternalRef(row.external_system, row.external_id),) if row.external_system else (),
        **statuses_of(row),  # type: ignore[arg-type]  # three enums under their own names
    )


def _line(line: LineRecord) -> OrderLine:
    return OrderLine(
        line=line.line,
        sku=line.sku,
        name=line.name,
        unit_minor=line.unit_minor,
        ordered=line.ordered,
        cancelled=line.cancelled,
        fulfilled=line.fulfilled,
        returned=line.returned,
        money=line.money,
        allocations=allocations_from(line.allocations),
    )


def _shipments(whole: WholeOrder) -> tuple[Shipment, ...]:
    heads = {row.id: row for row in whole.shipments}
    lines: dict[UUID, dict[int, int]] = defaultdict(dict)
    for row in whole.shipments:
        lines[row.id][row.line] = row.quantity
    return tuple(
        Shipment(id=row.id, at=row.at, carrier=row.carrier, tracking=row.tracking, lines=lines[row.id])
        for row in heads.values()
    )


def _adjustments(whole: WholeOrder) -> tuple[Adjustment, ...]:
    lines: dict[UUID, dict[int, int]] = defaultdict(dict)
    for line in whole.adjustment_lines:
        lines[line.adjustment_id][line.line] = line.quantity
    money: dict[UUID, list[TaxedRow]] = defaultdict(list)
    rows: list[AdjustmentMoneyRecord] = whole.adjustment_money
    for row in rows:
        money[row.adjustment_id].append(row.money)
    return tuple(
        Adjustment(
            id=row.id,
            at=row.at,
            kind=AdjustmentKind(row.kind),
            lines=lines[row.id],
            money=tuple(money[row.id]),
            reason=row.reason,
            actor=row.actor,
        )
        for row in whole.adjustments
    )


def _documents(whole: WholeOrder) -> tuple[Document, ...]:
    return tuple(
        Document(
            number=row.number,
            kind=DocumentKind(row.kind),
            issued_on=row.issued_on,
            gross_minor=row.gross_minor,
            adjustment_id=row.adjustment_id,
        )
        for row in whole.documents
    )
