"""Start an attempt: written down first, then the gateway is asked, then its answer is written down."""

import asyncio
import hashlib
from uuid import UUID

import msgspec

from springtide.contexts.payments import store
from springtide.contexts.payments.domain import pauses
from springtide.contexts.payments.domain.attempt import LIVE
from springtide.contexts.payments.providers.port import (
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
)
from springtide.contexts.payments.service.apply_view import apply_view, change, nothing_came, outcome_unknown
from springtide.contexts.payments.service.close_attempt import close_attempt
from springtide.contexts.payments.service.gateway_request import StartOrder, start_request
from springtide.contexts.payments.service.list_methods import gateways_for
from springtide.contexts.payments.service.take_webhook import work_off_parked
from springtide.contexts.payments.service.tools import Tools, log
from springtide.contexts.payments.store import AttemptRow, in_s
from springtide.contracts.payments.api import AnotherAttemptLive, AttemptState
from springtide.platform.caller import Caller
from springtide.platform.db import Tx
from springtide.platform.errors import KeyReused
from springtide.platform.failpoints import failpoint

RACES_LIMIT = 4
JOIN_S, JOIN_STEP_S = 1.5, 0.05


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


async def start_attempt(tools: Tools, caller: Caller, new: NewAttempt) -> AttemptRow:
    """Start, or join what was started under this id. A former live attempt of the checkout is closed first."""
    gateways = gateways_for(tools.registry, new.market, new.method, new.amount_minor)
    live: AttemptRow | None = None
    for _ in range(RACES_LIMIT):
        row = await _record(tools, caller, new, gateways[0])
        if row is not None:
            return await _ask_gateways(tools, row, gateways)
        async with tools.db.read() as read:
            known = await read.maybe("find_attempt", {"id": new.attempt_id}, row=AttemptRow)
            live = await read.maybe("live_attempt", {"checkout_id": new.checkout_id}, row=AttemptRow)
        if known is not None:
            return await _join(tools, known, new)
        if live is not None:
            live = await close_attempt(tools, caller, attempt_id=live.id, reason="another attempt was started")
            if live.state in LIVE:
                break
    raise _another(live)


async def _record(tools: Tools, caller: Caller, new: NewAttempt, gateway: str) -> AttemptRow | None:
    """Write the attempt down; None when it, or another live one of the checkout, is there already."""
    async with tools.db.tx(caller) as tx:
        row = _row(tx, new, gateway)
        if not await store.insert_attempt(tx, row):
            return None
    failpoint("payments.gateway_start.recorded")
    return row


async def _ask_gateways(tools: Tools, row: AttemptRow, gateways: tuple[str, ...]) -> AttemptRow:
    """Ask the first gateway that can be reached; only one that certainly did nothing is followed by the next."""
    for gateway in gateways:
        if gateway != row.gateway:
            row = await _move(tools, row, gateway)
        try:
            return await _ask(tools, row)
        except ProviderUnavailable as error:
            log.warning("payments.gateway_unavailable", gateway=gateway, attempt=str(row.id), why=error.code)
    async with tools.db.tx(tools.caller) as tx:
        return await nothing_came(tx, await store.lock_attempt(tx, row.id), "gateway_unavailable")


async def _ask(tools: Tools, row: AttemptRow) -> AttemptRow:
    try:
        view = await tools.registry.providers[row.gateway].start(start_request(tools, row))
    except ProviderUnavailable:
        raise
    except OutcomeUnknown as error:
        log.warning("payments.outcome_unknown", gateway=row.gateway, attempt=str(row.id), why=error.code)
        async with tools.db.tx(tools.caller) as tx:
            return await outcome_unknown(tx, await store.lock_attempt(tx, row.id))
    except ProviderError as error:
        log.error("payments.start_refused", gateway=row.gateway, attempt=str(row.id), why=f"{error.code}: {error}")
        async with tools.db.tx(tools.caller) as tx:
            return await nothing_came(tx, await store.lock_attempt(tx, row.id), "not_possible")
    failpoint("payments.gateway_start.answered")
    async with tools.db.tx(tools.caller) as tx:
        row = await apply_view(tx, await store.lock_attempt(tx, row.id), view)
        parked = await tx.all("parked_for_attempt", {"merchant_reference": str(row.id)}, row=store.MessageRow)
    return await work_off_parked(tools, row, parked)


async def _move(tools: Tools, row: AttemptRow, gateway: str) -> AttemptRow:
    """Write the next gateway down before it is asked: an attempt's gateway is the only one that may have acted."""
    async with tools.db.tx(tools.caller) as tx:
        locked = await store.lock_attempt(tx, row.id)
        return await change(tx, msgspec.structs.replace(locked, gateway=gateway))


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
            row = await store.find_attempt(read, row.id)
    if row.ending or row.undo_reason:
        return row
    try:
        return await _ask(tools, row)
    except ProviderUnavailable as error:
        log.warning("payments.gateway_unavailable", gateway=row.gateway, attempt=str(row.id), why=error.code)
    async with tools.db.tx(tools.caller) as tx:
        return await outcome_unknown(tx, await store.lock_attempt(tx, row.id))


def _row(tx: Tx, new: NewAttempt, gateway: str) -> AttemptRow:
    order = StartOrder(return_url=new.return_url, country=new.country)
    return AttemptRow(
        id=new.attempt_id,
        checkout_id=new.checkout_id,
        market=new.market,
        method=new.method,
        gateway=gateway,
        state=AttemptState.STARTING,
        amount_minor=new.amount_minor,
        currency=new.currency,
        locale=new.locale,
        authorised_minor=0,
        captured_minor=0,
        refunded_minor=0,
        released_minor=0,
        lowered_minor=0,
        version=1,
        provider_ref="",
        redirect_url="",
        decline_code="",
        late=False,
        ending="",
        undo_reason="",
        request=msgspec.msgpack.encode(order),
        request_hash=new.digest(),
        expires_at=in_s(tx.now, new.expires_after_s),
        due_at=in_s(tx.now, pauses.START_LEASE_S),
        tries=0,
        started_at=tx.now,
        updated_at=tx.now,
    )


def _another(row: AttemptRow | None) -> AnotherAttemptLive:
    facts = {} if row is None else {"attempt_id": str(row.id), "state": str(row.state)}
    return AnotherAttemptLive("The checkout has a live payment.", **facts)
