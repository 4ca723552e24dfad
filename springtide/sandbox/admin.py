"""Scenario control for tests, demos and rehearsals: answers calls from this machine only."""

from typing import Annotated, Literal, TypeVar

import msgspec

from springtide.sandbox import books, scenarios
from springtide.sandbox.gateway import Gateway, buyer_change
from springtide.sandbox.model import Refused, Scenario
from springtide.sandbox.web import LOOPBACK, Reply, Request, as_json

Body = TypeVar("Body")
WEBHOOK_LIST_LIMIT = 500


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /admin/outage``; account ``*`` means all."""

    on: bool
    account: str = "*"


class Clock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /admin/clock``."""

    advance_s: Annotated[float, msgspec.Meta(ge=0)]


class BuyerAct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /admin/payments/{id}/buyer``."""

    act: Literal["approve", "decline", "cancel"]


async def answer(gateway: Gateway, request: Request) -> Reply:
    """Answer a call below ``/admin``; callers from other machines are refused."""
    if request.client not in LOOPBACK:
        msg = "not_found"
        raise Refused(msg, "no such address", status=404)
    match (request.method, request.parts[1:]):
        case ("POST", ("scenarios",)):
            plan = _decode(request.body, scenarios.Plan)
            await gateway.ledger.run(lambda cx: scenarios.add_plan(cx, plan))
        case ("POST", ("payments", payment_id, "scenario")):
            await _set_scenario(gateway, payment_id, _decode(request.body, Scenario))
        case ("POST", ("payments", payment_id, "buyer")):
            payment = await gateway.ledger.run(lambda cx: books.payment_by_id(cx, payment_id))
            act = _decode(request.body, BuyerAct).act
            after = await gateway.buyer(payment.page_token, lambda waiting: buyer_change(waiting, act))
            return as_json(books.public(after, gateway.origin))
        case ("POST", ("outage",)):
            await _set_outage(gateway, _decode(request.body, Outage))
        case ("POST", ("clock",)):
            gateway.clock_offset_s += _decode(request.body, Clock).advance_s
            return as_json({"now": gateway.now()})
        case ("GET", ("webhooks",)):
            return await _webhooks(gateway)
        case _:
            msg = "not_found"
            raise Refused(msg, "no such address", status=404)
    return Reply(status=204)


async def _set_scenario(gateway: Gateway, payment_id: str, scenario: Scenario) -> None:
    await gateway.ledger.run(
        lambda cx: books.save_payment(
            cx, msgspec.structs.replace(books.payment_by_id(cx, payment_id), scenario=scenario)
        )
    )


async def _set_outage(gateway: Gateway, outage: Outage) -> None:
    statement = (
        "INSERT INTO outages (account) VALUES (?) ON CONFLICT DO NOTHING"
        if outage.on
        else "DELETE FROM outages WHERE account = ?"
    )
    await gateway.ledger.run(lambda cx: cx.execute(statement, (outage.account,)).rowcount)
    gateway.outages = await gateway.ledger.run(books.outages)


async def _webhooks(gateway: Gateway) -> Reply:
    query = (
        "SELECT event_id, payment_id, url, attempts, copies_left, last_answer FROM webhooks ORDER BY seq DESC LIMIT ?"
    )
    rows = await gateway.ledger.run(lambda cx: [dict(row) for row in cx.execute(query, (WEBHOOK_LIST_LIMIT,))])
    return as_json({"webhooks": rows})


def _decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        msg = "bad_input"
        raise Refused(msg, str(error), status=400) from error
