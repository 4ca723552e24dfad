"""A run in the deployment's own books: its orders, their charges, the check of everything, and taking it all back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from uuid import UUID

from springtide.contracts.orders.api import OrderFilter, OrderRow, OrdersApi, OrderStatus
from springtide.contracts.paging import every
from springtide.contracts.payments.api import AttemptState, PaymentsApi
from springtide.platform.caller import system
from springtide.platform.errors import SpringtideError
from springtide.platform.wiring import Ask
from springtide.rehearsal.checker import check
from springtide.rehearsal.load.tally import Placed
from springtide.rehearsal.load.verdict import Books

_CALLER = system("rehearsal")
_PAGE = 200
_MOST_CHARGES = 5_000
_AT_ONCE = 8
_CHARGED = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})


def orders_of_run(ask: Ask, email: str, *, status: OrderStatus | None = None) -> AsyncIterator[OrderRow]:
    """Yield all orders of a run, found by the address that all its buyers share."""
    where = OrderFilter(text=email, status=status)
    return every(partial(ask(OrdersApi).list_orders, where=where, limit=_PAGE), _CALLER)


async def compared(ask: Ask, email: str, placed: Sequence[Placed]) -> Books:
    """Compare what buyers were told with the books, and the books with each other."""
    totals = {row.id: row.total_minor async for row in orders_of_run(ask, email)}
    told = {UUID(each.order_id): each.total_minor for each in placed}
    missing = [f"{key} of {total} minor units" for key, total in told.items() if totals.get(key) != total]
    chosen = list(totals.items())[:_MOST_CHARGES]
    twice: list[str] = []
    gate = asyncio.Semaphore(_AT_ONCE)

    async def look(order_id: UUID, total_minor: int) -> None:
        async with gate:
            payment = await ask(PaymentsApi).payment(caller=_CALLER, checkout_id=order_id)
        charges = [
            max(attempt.authorised_minor, attempt.captured_minor) - attempt.refunded_minor
            for attempt in payment.attempts
            if attempt.state in _CHARGED
        ]
        if len(charges) > 1 or sum(charges) > total_minor:
            twice.append(f"{order_id}: charges {charges} for a total of {total_minor}")

    await asyncio.gather(*(look(order_id, total) for order_id, total in chosen))
    report = await check(ask)
    return Books(
        orders=len(totals),
        missing=missing,
        twice=twice,
        looked=len(chosen),
        compared=sum(report.compared.values()),
        findings=[f"{row.rule}: {row.subject}: {row.detail}" for row in report.findings],
    )


async def cancelled(ask: Ask, email: str) -> tuple[int, list[str]]:
    """Cancel every open order of a run: units are free again, money goes back. Return how many, and refusals."""
    count, refused = 0, []
    rows = [row async for row in orders_of_run(ask, email, status=OrderStatus.OPEN)]
    for row in rows:
        try:
            await ask(OrdersApi).cancel(
                caller=_CALLER, key=f"rehearsal-cancel:{row.id}", order_id=row.id, lines={}, reason="rehearsal"
            )
            count += 1
        except SpringtideError as error:
            refused.append(f"{row.number}: {error.detail}")
    return count, refused
