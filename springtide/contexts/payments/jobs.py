"""What payments does by itself: find out unknown outcomes, end waiting payments, carry out orders, unpark messages,
follow the gateways' switches, tell the other processes what is seen of the gateways.

Each turn leases its rows, so that any number of processes may run these loops, and goes on until no row is due.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from springtide.contexts.payments.domain import pauses
from springtide.contexts.payments.service.look_again import look_again
from springtide.contexts.payments.service.run_operations import run_operations
from springtide.contexts.payments.service.sights import Teller
from springtide.contexts.payments.service.take_webhook import work_off
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import due_ids
from springtide.contexts.payments.store.messages import MessageRow
from springtide.contexts.payments.store.operations import attempts_with_due_operations
from springtide.platform.wiring import Loop

AT_ONCE = 16
READ_SWITCHES_S = 0.5  # a switch counts everywhere within a second
TELL_SIGHTS_S = 1.0
Item = TypeVar("Item")


def loops(tools: Tools) -> tuple[Loop, ...]:
    """Return the loops of payments."""
    return (
        Loop(name="look_again", every_s=0.5, work=lambda: _until_done(look_at_due_attempts, tools)),
        Loop(name="run_operations", every_s=0.5, work=lambda: _until_done(run_due_operations, tools)),
        Loop(
            name="read_switches",
            every_s=READ_SWITCHES_S,
            work=lambda: tools.desk.read_switches(tools.db),
            in_each_process=True,
        ),
        Loop(name="tell_sights", every_s=TELL_SIGHTS_S, work=Teller(tools).tell, in_each_process=True),
        Loop(name="work_off_messages", every_s=0.3, work=lambda: _until_done(work_off_due_messages, tools)),
    )


async def _until_done(turn: Callable[[Tools], Awaitable[int]], tools: Tools) -> None:
    while await turn(tools) == AT_ONCE:
        pass


async def look_at_due_attempts(tools: Tools) -> int:
    """Look at attempts that are due; return how many."""
    async with tools.db.tx(tools.caller) as tx:
        ids = await due_ids(tx, lease_s=pauses.LOOK_LEASE_S, limit=AT_ONCE)
    await _all(ids, lambda attempt_id: look_again(tools, attempt_id))
    return len(ids)


async def run_due_operations(tools: Tools) -> int:
    """Carry out orders that are due; return of how many attempts."""
    async with tools.db.tx(tools.caller) as tx:
        ids = await attempts_with_due_operations(tx, AT_ONCE)
    await _all(ids, lambda attempt_id: run_operations(tools, attempt_id))
    return len(ids)


async def work_off_due_messages(tools: Tools) -> int:
    """Work off parked messages that are due; return how many."""
    async with tools.db.tx(tools.caller) as tx:
        params = {"now": tx.now, "lease_s": pauses.LOOK_LEASE_S, "limit": AT_ONCE}
        messages = await tx.all("take_due_messages", params, row=MessageRow)
    await _all(messages, lambda message: work_off(tools, message))
    return len(messages)


async def _all(items: Iterable[Item], work: Callable[[Item], Coroutine[Any, Any, object]]) -> None:
    """Do all at once; one that fails is told after the others are done."""
    results = await asyncio.gather(*(work(item) for item in items), return_exceptions=True)
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        msg = "some payments could not be looked at"
        raise ExceptionGroup(msg, failures)
