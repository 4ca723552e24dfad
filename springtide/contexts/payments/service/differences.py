"""Reconciliation: every gateway's ledger against ours, and what stands still for too long, as rows people can resolve.

Each gateway is a task of its own, so one that does not answer stops nobody. Only one process at a time has a task's
turn. No transaction is open while a gateway is asked.
"""

import asyncio

import msgspec

from springtide.contexts.payments.providers.port import Capability, Provider, ProviderError
from springtide.contexts.payments.service.check_books import finding_of, stuck
from springtide.contexts.payments.service.differences_comparing import compare_books
from springtide.contexts.payments.service.differences_reading import SETTLES_AFTER_S, Position, read_books
from springtide.contexts.payments.service.tools import Tools
from springtide.platform.differences import (
    Comparison,
    Turn,
    comparison_of_all,
    keep_position,
    note,
    show_open,
    take_turn,
    while_ours,
)
from springtide.platform.telemetry import logger

TURN_S = 15.0
STANDING_TURN_S = 300.0
_STANDING = "standing"

log = logger(__name__)


async def reconcile(tools: Tools) -> None:
    """Take what is due of every task; one that fails is told after the others are done."""
    gateways = (reconcile_gateway(tools, provider) for provider in tools.registry.providers.values())
    results = await asyncio.gather(*gateways, look_at_standing(tools), return_exceptions=True)
    await show_open(tools.db)
    failures = [result for result in results if isinstance(result, Exception)]
    if failures:
        msg = "some books could not be compared"
        raise ExceptionGroup(msg, failures)


async def reconcile_gateway(tools: Tools, provider: Provider) -> None:
    """Read what is new in a gateway's books and compare."""
    async with tools.db.tx(tools.caller) as tx:
        turn = await take_turn(tx, f"reading {provider.name}", TURN_S)
    if turn is None:
        return
    position = msgspec.json.decode(turn.position, type=Position)
    with while_ours(turn):
        position = await _read(tools, provider, turn, position)
        async with tools.db.tx(tools.caller) as tx:
            await keep_position(tx, turn, await compare_books(tx, provider, position))


async def _read(tools: Tools, provider: Provider, turn: Turn, position: Position) -> Position:
    """Read; that a gateway gives no books is a difference once it has lasted, and stops no comparison."""
    if Capability.LIST_LEDGER not in provider.capabilities:
        return position
    findings = []
    try:
        position = await read_books(tools, provider, turn, position)
    except ProviderError as error:
        log.warning("payments.books_unreadable", gateway=provider.name, error=error.code)
        findings.append(finding_of("gateway_ledger_unreadable", provider.name, error.code))
    async with tools.db.tx(tools.caller) as tx:
        await note(tx, Comparison(task=turn.task, findings=findings, settles_after_s=SETTLES_AFTER_S))
        kept = await tx.value("differences_position", {"task": turn.task})
    return msgspec.json.decode(kept, type=Position)


async def look_at_standing(tools: Tools) -> None:
    """Note what stands still for too long; rules that look at all rows, so seldom."""
    async with tools.db.tx(tools.caller) as tx:
        turn = await take_turn(tx, _STANDING, STANDING_TURN_S)
    if turn is None:
        return
    async with tools.db.snapshot() as read:
        found = await stuck(read)
    async with tools.db.tx(tools.caller) as tx:
        await note(tx, comparison_of_all(_STANDING, found))
