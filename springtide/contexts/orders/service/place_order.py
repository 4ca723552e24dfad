"""Place orders: rows, timeline and event of many orders in one transaction. None is refused for a business reason.

Under the advisory lock of an order's attempts nobody else writes the order or what is known of its money: what is read
after it is the whole truth, and the writes need no guard of their own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain.allocations import spread
from springtide.contexts.orders.domain.states import (
    FULFILMENT_STATES,
    ORDER_STATES,
    PAYMENT_STATES,
    MoneyMoved,
    Units,
    derive,
)
from springtide.contexts.orders.service.counted import ORDERS, REVENUE_MINOR, TRIAL_ORDERS
from springtide.contracts.common import TRIAL_CHANNELS
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import InvalidOrder, Placed, Placement
from springtide.contracts.orders.events import OrderPlaced
from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.batch import Ask, Batch, hexed, rows
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.ids import capability, uuid7
from springtide.platform.member import Member


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the lane is asked: the order as it was sold, and what its number starts with."""

    placement: Placement
    number_prefix: str


class _Rows:
    """The rows of a batch by table."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.shipping: list[dict[str, Any]] = []
        self.timeline: list[dict[str, Any]] = []
        self.attempts: list[dict[str, Any]] = []

    def write(self, tx: Batch) -> None:
        """Leave one statement for each table to the end of the batch."""
        for statement, of in (
            ("insert_placed_attempts", self.attempts),
            ("insert_orders", self.orders),
            ("insert_order_lines", self.lines),
            ("insert_shipping_rows", self.shipping),
            ("insert_placed_entries", self.timeline),
        ):
            if of:
                tx.later(statement, {**rows(of), "now": tx.now})


def refuse_malformed(placement: Placement) -> None:
    """Raise `InvalidOrder` for what no checkout sends: no lines, or an import batch on a live order."""
    if not placement.quote.lines:
        msg = "An order has at least one line."
        raise InvalidOrder(msg, field="quote.lines")
    if placement.origin.import_batch:
        msg = "A live order cannot carry an import batch."
        raise InvalidOrder(msg, field="origin.import_batch")


def lane(db: Database, secret_key: str) -> Lane:
    """Return the lane orders are placed through."""

    async def work(tx: Batch, members: Sequence[Member[PlaceOrder]]) -> None:
        _decide(tx, members, secret_key)

    return Lane(db, name="orders", look=_look, work=work)


def _look(members: Sequence[Member[PlaceOrder]]) -> Sequence[Ask]:
    ids = sorted({member.ask.placement.order_id for member in members})
    return (
        ("lock_attempts_of_orders", {"ids": ids}),
        ("attempts_of_orders", {"ids": ids}),
        ("receipts", {"ids": ids}),
        ("next_numbers", {"many": len(ids)}),
    )


def _decide(tx: Batch, members: Sequence[Member[PlaceOrder]], secret_key: str) -> None:
    _, known, found, numbers = tx.found
    attempts: dict[UUID, list[tuple[UUID, bool, int, int, int]]] = {}
    for order_id, *attempt in known:
        attempts.setdefault(order_id, []).append(tuple(attempt))
    receipts: dict[UUID, tuple[str, datetime]] = {order_id: (number, at) for order_id, number, at in found}
    free = [number for (number,) in numbers]
    written = _Rows()
    for member in members:
        placement = member.ask.placement
        order_id = placement.order_id
        if order_id not in receipts:
            number = f"{member.ask.number_prefix}{free.pop(0)}"
            receipts[order_id] = (number, tx.now)
            _place(tx, member, number, attempts.get(order_id, []), written)
        number, placed_at = receipts[order_id]
        token = capability(secret_key, "order", order_id)
        member.answer(Placed(order_id=order_id, number=number, token=token, placed_at=placed_at))
    written.write(tx)


def _place(
    tx: Batch,
    member: Member[PlaceOrder],
    number: str,
    attempts: Sequence[tuple[UUID, bool, int, int, int]],
    written: _Rows,
) -> None:
    placement = member.ask.placement
    quote = placement.quote
    if placement.attempt_id not in {attempt[0] for attempt in attempts}:
        # What checkout saw of the attempt is version 0: payments' own word, early or late, replaces it.
        seen = (placement.attempt_id, False, placement.authorised_minor, placement.captured_minor, 0)
        attempts = (*attempts, seen)
        written.attempts.append(_attempt_columns(placement))
    money = _money(attempts, quote.total_minor)
    units = Units(wanted=sum(line.quantity for line in quote.lines), fulfilled=0, returned=0)
    row = {
        **_order_columns(placement, number),
        "units": units.wanted,
        "authorised_minor": money.authorised,
        "captured_minor": money.captured,
        "refunded_minor": money.refunded,
        "is_voided": money.voided,
        "status": derive(ORDER_STATES, units),
        "payment_status": derive(PAYMENT_STATES, money),
        "fulfilment_status": derive(FULFILMENT_STATES, units),
    }
    written.orders.append(row)
    written.lines.extend(_line_columns(placement))
    written.shipping.extend(
        {"order_id": placement.order_id, "row": index, "method": part.method, **_money_columns(part.money)}
        for index, part in enumerate(quote.shipping, 1)
    )
    written.timeline.append({"id": uuid7(), "order_id": placement.order_id, "actor": member.caller.principal})
    member.emit(
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
            channel=placement.origin.channel,
        ),
        aggregate_id=placement.order_id,
        aggregate_version=1,
        market=quote.market,
    )
    member.audit("order_placed", placement.order_id)
    if placement.origin.channel in TRIAL_CHANNELS:
        member.count(TRIAL_ORDERS, placement.origin.channel)
        return
    member.count(ORDERS, quote.market)
    member.count(REVENUE_MINOR, quote.currency, by=quote.total_minor)


def _money(attempts: Sequence[tuple[UUID, bool, int, int, int]], total_minor: int) -> MoneyMoved:
    """Add up what moved; an authorisation that was given back is no money any more (as `sum_attempts` does)."""
    return MoneyMoved(
        total=total_minor,
        authorised=sum(authorised for _, is_voided, authorised, _, _ in attempts if not is_voided),
        captured=sum(captured for _, _, _, captured, _ in attempts),
        refunded=sum(refunded for _, _, _, _, refunded in attempts),
        voided=any(is_voided for _, is_voided, _, _, _ in attempts),
    )


def _attempt_columns(placement: Placement) -> dict[str, Any]:
    return {
        "attempt_id": placement.attempt_id,
        "order_id": placement.order_id,
        "authorised_minor": placement.authorised_minor,
        "captured_minor": placement.captured_minor,
    }


def _order_columns(placement: Placement, number: str) -> dict[str, Any]:
    quote, address = placement.quote, placement.shipping_address
    return {
        "id": placement.order_id,
        "number": number,
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
        "shipping_address": address,
        "billing_address": placement.billing_address,
        "payment_method": placement.payment_method,
        "attempt_id": placement.attempt_id,
        "quote": hexed(msgspec.json.encode(quote)),
        "vouchers": [outcome.code for outcome in quote.vouchers if not outcome.why],
        "goods_minor": quote.goods_minor,
        "shipping_minor": quote.shipping_minor,
        "discount_minor": quote.discount_minor,
        "tax_minor": quote.tax_minor,
        "total_minor": quote.total_minor,
    }


def _line_columns(placement: Placement) -> list[dict[str, Any]]:
    names = {line.sku: line.name for line in placement.lines}
    pool: dict[str, tuple[Allocation, ...]] = {}
    for placed in placement.lines:
        pool[placed.sku] = (*pool.get(placed.sku, ()), *placed.allocations)
    return [
        {
            "order_id": placement.order_id,
            "line": index,
            "sku": line.sku,
            "name": names.get(line.sku, line.sku),
            "unit_minor": line.unit_minor,
            "ordered": line.quantity,
            "allocations": spread(pool, line.sku, line.quantity),
            **_money_columns(line.money),
        }
        for index, line in enumerate(placement.quote.lines, 1)
    ]


def _money_columns(money: TaxedRow) -> dict[str, Any]:
    return {
        "gross_minor": money.gross_minor,
        "net_minor": money.net_minor,
        "tax_minor": money.tax_minor,
        "rate_bp": money.rate_bp,
        "tax_category": money.tax_category,
        "discount_minor": money.discount_minor,
    }
