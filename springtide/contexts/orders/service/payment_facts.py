"""What payments told about orders' money: the newest state of each attempt, added up on the order.

Most of it is no news: what checkout saw of an attempt when it placed the order is what payments tell a moment later.
That is found out for a whole batch at once, without a lock on any order. Only the version is kept then: it guards
against older states that come late.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from springtide.contexts.orders.domain.states import MoneyMoved
from springtide.contexts.orders.service.changes import note, save_order, state_of
from springtide.contexts.orders.store import LineRecord, OrderRecord
from springtide.contracts.orders.events import OrderChangedEvent
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.platform.db import Tx


class AttemptSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the attempts of one order."""

    authorised: int
    captured: int
    refunded: int
    voided: bool


async def keep_attempts(tx: Tx, attempts: Sequence[Attempt]) -> list[UUID]:
    """Keep the newest state of each attempt; return the orders (which may not be there yet) it was news for."""
    newest: dict[UUID, Attempt] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.version):
        newest[attempt.id] = attempt
    known = {row[0]: row[1:] for row in await tx.tuples("known_attempts", {"ids": sorted(newest)})}
    same = [attempt for _, attempt in sorted(newest.items()) if known.get(attempt.id) == _money_of(attempt)]
    raised = {attempt_id for (attempt_id,) in await tx.tuples("raise_attempts", _columns(same))} if same else set()
    news = [attempt for attempt in newest.values() if attempt.id not in raised]
    if not news:
        return []
    wanted = sorted({attempt.checkout_id for attempt in news})
    there = {order_id for (order_id,) in await tx.tuples("lock_known_orders", {"ids": wanted})}
    missing = [order_id for order_id in wanted if order_id not in there]
    if missing:
        await tx.tuples("lock_attempts_of_orders", {"ids": missing})
    return sorted({order_id for (order_id,) in await tx.tuples("keep_attempts", _columns(news))})


def _money_of(attempt: Attempt) -> tuple[bool, int, int, int]:
    is_voided = attempt.state is AttemptState.VOIDED
    return is_voided, attempt.authorised_minor, attempt.captured_minor, attempt.refunded_minor


def _columns(attempts: Sequence[Attempt]) -> dict[str, list[object]]:
    return {
        "attempts": [attempt.id for attempt in attempts],
        "orders": [attempt.checkout_id for attempt in attempts],
        "versions": [attempt.version for attempt in attempts],
        "is_voided": [attempt.state is AttemptState.VOIDED for attempt in attempts],
        "authorised_minor": [attempt.authorised_minor for attempt in attempts],
        "captured_minor": [attempt.captured_minor for attempt in attempts],
        "refunded_minor": [attempt.refunded_minor for attempt in attempts],
    }


async def settle_money(tx: Tx, order_id: UUID) -> None:
    """Bring an order's sums and payment status up to date with its attempts, and tell what moved."""
    order = await tx.maybe("lock_order", {"id": order_id}, row=OrderRecord)
    if order is None:
        return
    money = await sum_attempts(tx, order.id, order.total_minor)
    after = msgspec.structs.replace(
        order,
        authorised_minor=money.authorised,
        captured_minor=money.captured,
        refunded_minor=money.refunded,
        is_voided=money.voided,
    )
    if after == order:
        return
    await save_changed(tx, after)
    for what, before_minor, now_minor in (
        ("captured", order.captured_minor, after.captured_minor),
        ("refunded", order.refunded_minor, after.refunded_minor),
    ):
        if now_minor > before_minor:
            await note(tx, order.id, what, amount_minor=now_minor - before_minor)
    if after.is_voided and not order.is_voided:
        await note(tx, order.id, "voided")


async def save_changed(tx: Tx, order: OrderRecord) -> None:
    """Save an order's changed sums with the states that follow from them, and tell everybody."""
    lines = await tx.all("find_lines", {"id": order.id}, row=LineRecord)
    after = await save_order(tx, order, lines)
    tx.emit(
        OrderChangedEvent(**state_of(after)),
        aggregate_id=order.id,
        aggregate_version=after.version,
        market=order.market,
    )


async def sum_attempts(tx: Tx, order_id: UUID, total_minor: int) -> MoneyMoved:
    """Add up what moved over all attempts of an order."""
    sums = await tx.one("sum_attempts", {"order_id": order_id}, row=AttemptSums)
    return MoneyMoved(
        total=total_minor,
        authorised=sums.authorised,
        captured=sums.captured,
        refunded=sums.refunded,
        voided=sums.voided,
    )
