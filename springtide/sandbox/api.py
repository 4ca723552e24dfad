"""The merchants' JSON: authorise, capture, void, refund, look up, list the ledger."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from springtide.sandbox import books, scenarios
from springtide.sandbox.gateway import Gateway
from springtide.sandbox.model import CreatePayment, MoneyRequest, Refused, Scenario
from springtide.sandbox.web import HangUp, Reply, Request, as_json

KEY_LIMIT = 255
OPERATIONS = frozenset({"capture", "void", "refund"})
Body = TypeVar("Body")
Flush = Callable[[], Awaitable[None]]


async def answer(gateway: Gateway, request: Request, flush_webhooks: Flush) -> Reply:
    """Answer a call below ``/v1``; refusals are raised as ``Refused``."""
    account = gateway.account_of(request.headers.get("authorization", "").removeprefix("Bearer "))
    if gateway.outages & {account, "*"}:
        msg = "gateway_outage"
        raise Refused(msg, "the gateway is out of order; nothing was done", status=503)
    match (request.method, request.parts[1:]):
        case ("POST", ("payments",)):
            return await _create(gateway, account, request, flush_webhooks)
        case ("GET", ("payments",)):
            return await _by_reference(gateway, account, request)
        case ("GET", ("payments", payment_id)):
            return await _by_id(gateway, account, payment_id)
        case ("POST", ("payments", payment_id, operation)) if operation in OPERATIONS:
            return await _change(gateway, account, request, payment_id, operation)
        case ("GET", ("ledger",)):
            return await _ledger(gateway, account, request)
    msg = "not_found"
    raise Refused(msg, "no such address", status=404)


async def _create(gateway: Gateway, account: str, request: Request, flush_webhooks: Flush) -> Reply:
    key = _key(request)
    body = _decode(request.body, CreatePayment)

    def prepare(cx: sqlite3.Connection) -> tuple[Scenario, str]:
        scenario = scenarios.scenario_of(cx, account=account, key=key, request=body)
        return scenario, scenarios.strikes_now(cx, account=account, key=key, operation="create", scenario=scenario)

    async def act() -> tuple[int, bytes]:
        done = await gateway.create(account=account, key=key, body=request.body, request=chosen)
        if scenario.webhook == "first":
            await flush_webhooks()
        return done

    scenario, fault = await gateway.ledger.run(prepare)
    chosen = msgspec.structs.replace(body, scenario=scenario)
    return await _misbehave(scenario, fault, act)


async def _change(gateway: Gateway, account: str, request: Request, payment_id: str, operation: str) -> Reply:
    key = _key(request)
    body = _decode(request.body or b"{}", MoneyRequest)

    def prepare(cx: sqlite3.Connection) -> tuple[Scenario, str]:
        scenario = books.payment_by_id(cx, payment_id, account).scenario
        return scenario, scenarios.strikes_now(cx, account=account, key=key, operation=operation, scenario=scenario)

    async def act() -> tuple[int, bytes]:
        return await gateway.change(
            account=account, key=key, operation=operation, payment_id=payment_id, body=request.body, request=body
        )

    return await _misbehave(*await gateway.ledger.run(prepare), act)


async def _misbehave(scenario: Scenario, fault: str, act: Callable[[], Awaitable[tuple[int, bytes]]]) -> Reply:
    """Do ``act`` the way the scenario wants it: late, not at all, or done with the answer lost."""
    await asyncio.sleep(scenario.delay_ms / 1000)
    if fault == "error_before":
        msg = "internal_error"
        raise Refused(msg, "something went wrong", status=500)
    status, body = await act()
    await asyncio.sleep(scenario.answer_delay_ms / 1000)
    if fault == "error_after":
        msg = "internal_error"
        raise Refused(msg, "something went wrong", status=500)
    if fault == "drop_after":
        raise HangUp
    return Reply(status=status, body=body)


async def _by_id(gateway: Gateway, account: str, payment_id: str) -> Reply:
    payment = await gateway.ledger.run(lambda cx: gateway.settle_time(cx, books.payment_by_id(cx, payment_id, account)))
    return as_json(books.public(payment, gateway.origin))


async def _by_reference(gateway: Gateway, account: str, request: Request) -> Reply:
    reference = request.query.get("merchant_reference", "")
    payment = await gateway.ledger.run(
        lambda cx: gateway.settle_time(cx, books.payment_by_reference(cx, account, reference))
    )
    return as_json(books.public(payment, gateway.origin))


async def _ledger(gateway: Gateway, account: str, request: Request) -> Reply:
    after, limit = _number(request, "after", 0), _number(request, "limit", books.ENTRY_PAGE_LIMIT)
    since = _number(request, "since", 0)
    page = books.EntryPage(account=account, after=after, since=since, limit=min(max(limit, 1), books.ENTRY_PAGE_LIMIT))
    entries = await gateway.ledger.run(lambda cx: books.entries_of(cx, page))
    next_after = entries[-1]["seq"] if entries else after
    return as_json({"entries": entries, "next_after": next_after})


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, str(otherwise))
    if not text.isascii() or not text.isdigit():
        msg = "bad_input"
        raise Refused(msg, f"{name} must be a whole number", status=400)
    return int(text)


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not key or len(key) > KEY_LIMIT:
        msg = "idempotency_key_missing"
        raise Refused(msg, f"send an Idempotency-Key of at most {KEY_LIMIT} characters", status=400)
    return key


def _decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        msg = "bad_input"
        raise Refused(msg, str(error), status=400) from error
