"""Gateways as staff see them: their switches, who moved them, and how they answer."""

from collections.abc import Sequence
from datetime import datetime

from springtide.contexts.payments.domain.health import WINDOW_S, together
from springtide.contexts.payments.service.sights import Sight, all_sights, worst
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.gateways import SwitchRow
from springtide.contracts.payments.api import GatewayNotFound, GatewayStatus, GatewaySwitch, GatewaySwitched
from springtide.platform.caller import Caller
from springtide.platform.db import Tx
from springtide.platform.errors import BadInput
from springtide.platform.ids import uuid7
from springtide.platform.usecase import write

REASON_LIMIT = 200
HISTORY_LIMIT = 200


async def switch_gateway(
    tools: Tools, caller: Caller, *, key: str, gateway: str, state: GatewaySwitch, reason: str
) -> GatewaySwitched:
    """Move a switch, with its history and audit rows; this process follows at once, others within a second."""
    _known(tools, gateway)
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_LIMIT:
        msg = f"Say why, in at most {REASON_LIMIT} characters."
        raise BadInput(msg, field="reason", fields={"reason": msg})
    moved = await write(
        tools.db,
        caller=caller,
        operation="switch_gateway",
        key=key,
        request={"gateway": gateway, "state": state, "reason": reason},
        reply=GatewaySwitched,
        work=lambda tx: _move(tx, gateway, state, reason),
    )
    await tools.desk.read_switches(tools.db)
    return moved


async def gateway_history(tools: Tools, *, gateway: str, limit: int) -> tuple[GatewaySwitched, ...]:
    """Return the moves of a switch, newest first."""
    _known(tools, gateway)
    params = {"gateway": gateway, "limit": max(1, min(limit, HISTORY_LIMIT))}
    async with tools.db.read() as read:
        rows = await read.all("gateway_switch_history", params, row=SwitchRow)
    return tuple(row.told() for row in rows)


async def list_gateways(tools: Tools) -> tuple[GatewayStatus, ...]:
    """Return every gateway of the settings, as all payments processes see it."""
    await tools.desk.read_switches(tools.db)
    sights = await all_sights(tools)
    return tuple(_status(tools, name, sights[name]) for name in tools.registry.gateways)


async def _move(tx: Tx, gateway: str, state: GatewaySwitch, reason: str) -> GatewaySwitched:
    before = GatewaySwitch(await tx.value("lock_gateway_switch", {"gateway": gateway, "now": tx.now}))
    by = tx.caller.principal
    row = {"gateway": gateway, "state": state, "reason": reason, "by": by, "now": tx.now}
    await tx.run("move_gateway_switch", row)
    await tx.run("append_gateway_switch", {**row, "id": uuid7(), "before": before})
    tx.audit("gateway_switched", gateway, before=before, state=state, reason=reason)
    return GatewaySwitched(gateway=gateway, before=before, state=state, by=by, at=tx.now, reason=reason)


def _known(tools: Tools, gateway: str) -> None:
    if gateway not in tools.registry.gateways:
        msg = "The settings name no such gateway."
        raise GatewayNotFound(msg, gateway=gateway)


def _status(tools: Tools, name: str, seen: Sequence[tuple[Sight, datetime]]) -> GatewayStatus:
    options, row = tools.registry.gateways[name], tools.desk.switched(name)
    sights = [sight for sight, _ in seen]
    health = together(sight.health for sight in sights)
    return GatewayStatus(
        name=name,
        provider=options.provider,
        switch=tools.desk.switch(name),
        switched=None if row is None else row.told(),
        weight=options.weight,
        markets=options.markets,
        min_minor=options.min_minor,
        max_minor=options.max_minor,
        max_per_s=options.max_per_s,
        max_in_flight=options.max_in_flight,
        in_process=name in tools.registry.deciding,
        breaker=str(worst([sight.breaker for sight in sights])),
        breaker_mode=options.breaker,
        diverted=sum(sight.diverted for sight in sights),
        attempts=health.tally.attempts,
        failures=health.tally.failures,
        p50_ms=health.p50_ms,
        p99_ms=health.p99_ms,
        in_flight=sum(sight.in_flight for sight in sights),
        window_s=WINDOW_S,
        process=tools.desk.process,
        processes=tuple(sight.told(seen_at) for sight, seen_at in seen),
    )
