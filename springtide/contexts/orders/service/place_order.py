"""Place an order: rows, timeline and event in one transaction. It cannot refuse for a business reason."""

from typing import Any

import msgspec

from springtide.contexts.orders.domain.allocations import spread
from springtide.contexts.orders.domain.counts import Line
from springtide.contexts.orders.domain.states import (
    FULFILMENT_STATES,
    ORDER_STATES,
    PAYMENT_STATES,
    MoneyMoved,
    derive,
    units_of,
)
from springtide.contexts.orders.service.payment_facts import sum_attempts
from springtide.contexts.orders.store import json_column, money_columns
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import InvalidOrder, Placed, Placement
from springtide.contracts.orders.events import OrderPlaced
from springtide.platform.db import Params, Tx
from springtide.platform.ids import capability, uuid7


def refuse_malformed(placement: Placement) -> None:
    """Raise `InvalidOrder` for what no checkout sends: no lines, or an import batch on a live order."""
    if not placement.quote.lines:
        msg = "An order has at least one line."
        raise InvalidOrder(msg, field="quote.lines")
    if placement.origin.import_batch:
        msg = "A live order cannot carry an import batch."
        raise InvalidOrder(msg, field="origin.import_batch")


async def place_order(tx: Tx, *, placement: Placement, number_prefix: str, secret_key: str) -> Placed:
    """Write the order, or give the receipt of the one that is there already."""
    token = capability(secret_key, "order", placement.order_id)
    money = await _money(tx, placement)
    row = _row(tx, placement, money, number_prefix)
    number = await tx.value("insert_order", row)
    if number is None:
        ((number, placed_at),) = await tx.tuples("find_receipt", {"id": placement.order_id})
        return Placed(order_id=placement.order_id, number=number, token=token, placed_at=placed_at)
    quote = placement.quote
    tx.emit(
        OrderPlaced(
            order_id=placement.order_id,
            number=number,
            market=quote.market,
            currency=quote.currency,
            total_minor=quote.total_minor,
            status=row["status"],
            payment_status=row["payment_status"],
            fulfilment_status=row["fulfilment_status"],
            placed_at=tx.now,
            attempt_id=placement.attempt_id,
            customer_id=placement.customer_id,
            lines=tuple((line.sku, line.quantity, line.money.gross_minor) for line in quote.lines),
        ),
        aggregate_id=placement.order_id,
        aggregate_version=1,
        market=quote.market,
    )
    tx.audit("order_placed", placement.order_id)
    return Placed(order_id=placement.order_id, number=number, token=token, placed_at=tx.now)


async def _money(tx: Tx, placement: Placement) -> MoneyMoved:
    """Remember what checkout saw of the attempt (version 0) unless payments told more already; add up all attempts."""
    await tx.run(
        "keep_attempt",
        {
            "attempt_id": placement.attempt_id,
            "order_id": placement.order_id,
            "version": 0,
            "is_voided": False,
            "authorised_minor": placement.authorised_minor,
            "captured_minor": placement.captured_minor,
            "refunded_minor": 0,
        },
    )
    return await sum_attempts(tx, placement.order_id, placement.quote.total_minor)


def _row(tx: Tx, placement: Placement, money: MoneyMoved, number_prefix: str) -> dict[str, Any]:
    quote, address = placement.quote, placement.shipping_address
    units = units_of(Line(line=index, ordered=line.quantity) for index, line in enumerate(quote.lines, 1))
    return {
        "id": placement.order_id,
        "prefix": number_prefix,
        "placed_at": tx.now,
        "market": quote.market,
        "seller": quote.seller,
        "locale": placement.locale,
        "currency": quote.currency,
        "base_currency": quote.base_currency,
        "fx_to_base": quote.fx_to_base,
        "channel": placement.origin.channel,
        "agent": placement.origin.agent,
        "customer_id": placement.customer_id,
        "buyer_name": placement.billing_address.name or address.name,
        "email": placement.contact.email,
        "phone": placement.contact.phone,
        "shipping_address": json_column(address),
        "billing_address": json_column(placement.billing_address),
        "payment_method": placement.payment_method,
        "attempt_id": placement.attempt_id,
        "quote": msgspec.json.encode(quote),
        "vouchers": [outcome.code for outcome in quote.vouchers if not outcome.why],
        "units": units.wanted,
        "goods_minor": quote.goods_minor,
        "shipping_minor": quote.shipping_minor,
        "discount_minor": quote.discount_minor,
        "tax_minor": quote.tax_minor,
        "total_minor": quote.total_minor,
        "authorised_minor": money.authorised,
        "captured_minor": money.captured,
        "refunded_minor": money.refunded,
        "is_voided": money.voided,
        "status": derive(ORDER_STATES, units),
        "payment_status": derive(PAYMENT_STATES, money),
        "fulfilment_status": derive(FULFILMENT_STATES, units),
        "entry_id": uuid7(),
        "actor": tx.caller.principal,
        **_line_columns(placement),
        **_shipping_columns(placement),
    }


def _line_columns(placement: Placement) -> Params:
    lines = placement.quote.lines
    names = {line.sku: line.name for line in placement.lines}
    pool: dict[str, tuple[Allocation, ...]] = {}
    for placed in placement.lines:
        pool[placed.sku] = (*pool.get(placed.sku, ()), *placed.allocations)
    return {
        "line": list(range(1, len(lines) + 1)),
        "line_sku": [line.sku for line in lines],
        "line_name": [names.get(line.sku, line.sku) for line in lines],
        "line_unit_minor": [line.unit_minor for line in lines],
        "line_ordered": [line.quantity for line in lines],
        "line_allocations": [json_column(spread(pool, line.sku, line.quantity)) for line in lines],
        **money_columns([line.money for line in lines], "line_"),
    }


def _shipping_columns(placement: Placement) -> Params:
    rows = placement.quote.shipping
    return {
        "shipping": list(range(1, len(rows) + 1)),
        "shipping_method": [row.method for row in rows],
        **money_columns([row.money for row in rows], "shipping_"),
    }
