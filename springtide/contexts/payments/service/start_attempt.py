"""Start an attempt: a gateway is chosen, the attempt is written down, the gateway is asked, its answer is written down.

A gateway of this process decides at once, and everything is written down together.
"""

import asyncio
import hashlib
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain import pauses
from springtide.contexts.payments.domain.attempt import LIVE, Standing, settle
from springtide.contexts.payments.domain.view import Totals
from springtide.contexts.payments.providers.port import (
    DecidesHere,
    Declined,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
)
from springtide.contexts.payments.service.apply_view import change
from springtide.contexts.payments.service.attempt_lane import Heard
from springtide.contexts.payments.service.close_attempt import close_attempt
from springtide.contexts.payments.service.desk import Ticket
from springtide.contexts.payments.service.gateway_request import request_of, start_request
from springtide.contexts.payments.service.hear import hear
from springtide.contexts.payments.service.start_order import StartOrder
from springtide.contexts.payments.service.take_webhook import work_off_parked
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store.attempts import AttemptRow, NewRow, find_attempt, lock_attempt
from springtide.contracts.payments.api import AnotherAttemptLive, AttemptState, GatewaysBusy, PaymentMethodUnknown
from springtide.platform import tracing
from springtide.platform.caller import Caller
from springtide.platform.errors import KeyReused
from springtide.platform.failpoints import failpoint

RACES_LIMIT = 4
JOIN_S, JOIN_STEP_S = 1.5, 0.05
_NOTHING_YET = Standing(state=AttemptState.STARTING, totals=Totals())


class NewAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asks for."""

    attempt_id: UUID
    checkout_id: UUID
    market: str
    method: str
    amount_minor: int
    currency: str
    return_url: str
    locale: str
    country: str
    expires_after_s: int

    def digest(self) -> bytes:
        """Return what tells a repeat from another request under the same id."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).digest()

    def row(self, gateway: str, *, due_after_s: float | None) -> NewRow:
        """Return the attempt as it is before its gateway was asked; `due_after_s`: when somebody has to look at it."""
        return NewRow(
            id=self.attempt_id,
            checkout_id=self.checkout_id,
            market=self.market,
            method=self.method,
            gateway=gateway,
            amount_minor=self.amount_minor,
            currency=self.currency,
            locale=self.locale,
            request=msgspec.msgpack.encode(
                StartOrder(return_url=self.return_url, country=self.country, trace=tracing.current_if_picked())
            ),
            request_hash=self.digest(),
            expires_after_s=self.expires_after_s,
            due_after_s=due_after_s,
        )


async def start_attempt(tools: Tools, caller: Caller, new: NewAttempt) -> AttemptRow:
    """Start, or join what was started under this id. A former live attempt of the checkout is closed first."""
    await tools.desk.ready(tools.db)
    try:
        gateways = tools.desk.order(new.attempt_id, market=new.market, method=new.method, amount_minor=new.amount_minor)
        provider = tools.registry.deciding.get(gateways[0])
        if provider is not None and tools.desk.decides(gateways[0]):
            attempt, is_ours = await _write_down(tools, caller, new, decided(tools, new, gateways[0], provider))
            return attempt if is_ours else await _join(tools, attempt, new)
        ticket, others = tools.desk.first(gateways)
    except (PaymentMethodUnknown, GatewaysBusy):
        known = await _known(tools, new.attempt_id)
        if known is None:
            raise
        return await _join(tools, known, new)
    # Without a ticket every breaker is open: nobody is asked, and the buyer is told.
    row = new.row(gateways[0] if ticket is None else ticket.gateway, due_after_s=pauses.START_LEASE_S)
    with tools.desk.unless_asked(ticket):
        attempt, is_ours = await _write_down(tools, caller, new, row)
        if is_ours:
            failpoint("payments.gateway_start.recorded")
            return await _ask_gateways(tools, attempt, ticket, others)
    return await _join(tools, attempt, new)


def decided(tools: Tools, new: NewAttempt, gateway: str, provider: DecidesHere) -> NewRow:
    """Return the attempt as a gateway of this process decides it."""
    row = new.row(gateway, due_after_s=None)
    try:
        view = provider.decide(request_of(tools, row, return_url=new.return_url, country=new.country))
    except ProviderRefused as error:
        log.error("payments.start_refused", gateway=gateway, attempt=str(row.id), why=f"{error.code}: {error}")
        return msgspec.structs.replace(row, state=AttemptState.DECLINED, decline_code="not_possible")
    settled = settle(_NOTHING_YET, view)
    if settled is None:
        msg = f"{gateway} decides at once, but left {view.state}"
        raise RuntimeError(msg)
    return msgspec.structs.replace(
        row,
        state=settled.state,
        authorised_minor=settled.totals.authorised_minor,
        captured_minor=settled.totals.captured_minor,
        provider_ref=view.provider_ref,
        decline_code=view.decline_code or "",
        entries=settled.entries,
    )


async def _write_down(tools: Tools, caller: Caller, new: NewAttempt, row: NewRow) -> tuple[AttemptRow, bool]:
    """Write the attempt; or return the one that has its id already, and False. `AnotherAttemptLive`."""
    live: AttemptRow | None = None
    for _ in range(RACES_LIMIT):
        written = await tools.lane.write_down(caller, row)
        if written is not None:
            return written, True
        async with tools.db.read() as read:
            known = await read.maybe("find_attempt", {"id": new.attempt_id}, row=AttemptRow)
            live = await read.maybe("live_attempt", {"checkout_id": new.checkout_id}, row=AttemptRow)
        if known is not None:
            return known, False
        if live is not None:
            live = await close_attempt(tools, caller, attempt_id=live.id, reason="another attempt was started")
            if live.state in LIVE:
                break
    raise _another(live)


async def _ask_gateways(tools: Tools, row: AttemptRow, ticket: Ticket | None, others: tuple[str, ...]) -> AttemptRow:
    """Ask one gateway after the other; only one that certainly did nothing is followed by the next."""
    code = "gateway_unavailable"
    while ticket is not None:
        try:
            return await _ask(tools, row, ticket)
        except (ProviderUnavailable, ProviderRefused) as error:
            code = "gateway_unavailable" if isinstance(error, ProviderUnavailable) else "not_possible"
            log.warning(
                "payments.gateway_did_nothing", gateway=row.gateway, attempt=str(row.id), why=f"{error.code}: {error}"
            )
        ticket, others = _next(tools, others)
        if ticket is not None:
            moved = await _move(tools, row, ticket)
            if moved is None:
                break
            failpoint("payments.gateway_start.moved")
            row = moved
    return (await hear(tools, Heard(attempt_id=row.id, what="nothing", code=code))).row


async def _ask(tools: Tools, row: AttemptRow, ticket: Ticket) -> AttemptRow:
    """Ask a gateway and write down what it says; `ProviderUnavailable` and `ProviderRefused`: it did nothing."""
    try:
        with tools.desk.asking(ticket):
            view = await tools.registry.providers[row.gateway].start(start_request(tools, row))
    except Declined as declined:
        return (await hear(tools, Heard(attempt_id=row.id, what="nothing", code=declined.code))).row
    except OutcomeUnknown as error:
        log.warning("payments.outcome_unknown", gateway=row.gateway, attempt=str(row.id), why=error.code)
        return (await hear(tools, Heard(attempt_id=row.id, what="unknown"))).row
    failpoint("payments.gateway_start.answered")
    known = await hear(tools, Heard(attempt_id=row.id, what="view", view=view))
    return await work_off_parked(tools, known.row, known.parked)


def _next(tools: Tools, gateways: tuple[str, ...]) -> tuple[Ticket | None, tuple[str, ...]]:
    """Return leave for the next gateway; the buyer who was turned away once does not wait for a limit to pass."""
    try:
        return tools.desk.first(gateways)
    except GatewaysBusy:
        return None, ()


async def _move(tools: Tools, row: AttemptRow, ticket: Ticket) -> AttemptRow | None:
    """Write the next gateway down before it is asked: an attempt's gateway is the only one that may have acted.

    None when the attempt is to end: then nobody is asked any more.
    """
    moved: AttemptRow | None = None
    try:
        async with tools.db.tx(tools.caller) as tx:
            locked = await lock_attempt(tx, row.id)
            if locked.state is AttemptState.STARTING and not locked.ending and not locked.undo_reason:
                moved = await change(tx, msgspec.structs.replace(locked, gateway=ticket.gateway))
        return moved
    finally:
        if moved is None:
            tools.desk.leave(ticket)


async def _join(tools: Tools, row: AttemptRow, new: NewAttempt) -> AttemptRow:
    """Wait for the answer that another call is waiting for; when it does not come, ask the same under the same key.

    The other call may have died. What it asked is not known to have arrived or not, so no other gateway is asked.
    """
    if row.request_hash != new.digest():
        msg = "This attempt was started with another request."
        raise KeyReused(msg)
    for _ in range(int(JOIN_S / JOIN_STEP_S)):
        if row.state is not AttemptState.STARTING:
            return row
        await asyncio.sleep(JOIN_STEP_S)
        async with tools.db.read() as read:
            row = await find_attempt(read, row.id)
    if row.ending or row.undo_reason or row.state is not AttemptState.STARTING:
        return row
    ticket = _same_again(tools, row.gateway)
    if ticket is None:
        return (await hear(tools, Heard(attempt_id=row.id, what="unknown"))).row
    try:
        return await _ask(tools, row, ticket)
    except ProviderRefused as error:
        log.error("payments.start_refused", gateway=row.gateway, attempt=str(row.id), why=f"{error.code}: {error}")
        return (await hear(tools, Heard(attempt_id=row.id, what="nothing", code="not_possible"))).row
    except ProviderUnavailable as error:
        log.warning("payments.gateway_unavailable", gateway=row.gateway, attempt=str(row.id), why=error.code)
        return (await hear(tools, Heard(attempt_id=row.id, what="unknown"))).row


def _same_again(tools: Tools, gateway: str) -> Ticket | None:
    """Return leave to ask the same gateway once more, None when it may not be asked now."""
    if tools.open_provider(gateway) is None:
        return None
    entered = tools.desk.enter(gateway)
    return entered if isinstance(entered, Ticket) else None


async def _known(tools: Tools, attempt_id: UUID) -> AttemptRow | None:
    async with tools.db.read() as read:
        return await read.maybe("find_attempt", {"id": attempt_id}, row=AttemptRow)


def _another(row: AttemptRow | None) -> AnotherAttemptLive:
    facts = {} if row is None else {"attempt_id": str(row.id), "state": str(row.state)}
    return AnotherAttemptLive("The checkout has a live payment.", **facts)
