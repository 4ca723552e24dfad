"""A faithful fake of the part of Mollie's API that we use: payments, captures, refunds, hosted checkout, webhooks.

Faithful in: API keys, parameters that do not exist are refused, decimal amounts, idempotency keys (kept for an hour:
same answer for the same request, 400 for another, 409 while the first is worked on), the states and moments of a
payment, expiry, captures and releases that are carried out later, refund and capture limits, webhooks without contents
that come again until they are taken, and that do not come when a buyer cancels. Faults on command: ``faults`` holds
``(operation, fault)``, used in order; ``books.is_slow_with`` and ``courier.mode`` say the rest.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from springtide.sandbox.web import HangUp, Receive, Reply, Request, Scope, Send, hang_up, read_request, send_reply
from tests.fakes import mollie_pages, mollie_shown
from tests.fakes.mollie_books import MollieBooks, Payment
from tests.fakes.mollie_courier import Courier, message_of
from tests.fakes.mollie_rules import MollieProblem

Object = dict[str, Any]
Operation = Literal["create", "get", "update", "cancel", "capture", "release", "refund", "list"]
Fault = Literal["error_before", "error_after", "drop_after", "rate_limit", "slow", "told_first"]

API_KEY = "test_fake_0123456789abcdefghijklmno"
KEY_KEPT_S = 3600
HAL = "application/hal+json"
NESTED: dict[str, Operation] = {"captures": "capture", "refunds": "refund", "release-authorization": "release"}
ON_PAYMENT: dict[str, Operation] = {"GET": "get", "PATCH": "update", "DELETE": "cancel"}


class MollieFake:
    """One profile, in memory."""

    def __init__(self, *, origin: str, api_key: str = API_KEY, clock: Callable[[], float] = time.time) -> None:
        self.origin, self.api_key = origin, api_key
        self.courier = Courier()
        self.books = MollieBooks(changed=self._tell, clock=clock)
        self.faults: list[tuple[Operation, Fault]] = []
        self.slow_s = 1.0
        self.calls: list[str] = []
        self._answers: dict[str, tuple[bytes, Reply, float]] = {}
        self._running: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        try:
            if request.parts[:1] == ("checkout",):
                reply = mollie_pages.answer(self.books, request)
            elif request.parts[:1] == ("admin",):
                reply = self._admin(request)
            else:
                reply = await self._api(request)
        except HangUp:
            await hang_up(receive, send)
            return
        except MollieProblem as problem:
            reply = _problem(problem)
        await send_reply(send, reply)

    def payment(self, reference: str) -> Payment:
        """The newest payment that carries this reference in its metadata."""
        found = [one for one in self.books.payments.values() if one.body["metadata"]["merchant_reference"] == reference]
        return found[-1]

    def message_about(self, payment_id: str) -> tuple[dict[str, str], bytes]:
        """Headers, with the address under ``:path``, and body of the message about a payment."""
        return message_of(self.books.payments[payment_id].body["webhookUrl"], payment_id)

    def _tell(self, payment: Payment) -> None:
        self.courier.tell(payment.body.get("webhookUrl"), payment.id)

    async def _api(self, request: Request) -> Reply:
        operation = _operation(request)
        self.calls.append(operation)
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            raise MollieProblem(401, "Missing authentication, or failed to authenticate")
        fault = self._fault_for(operation)
        if fault == "rate_limit":
            raise MollieProblem(429, "Too many requests")
        if fault == "error_before":
            raise MollieProblem(500, "Something went wrong")
        reply = await self._once(request, operation, fault) if request.method == "POST" else self._do(request)
        if fault == "error_after":
            raise MollieProblem(500, "Something went wrong")
        if fault == "drop_after":
            raise HangUp
        return reply

    def _fault_for(self, operation: Operation) -> Fault | None:
        if self.faults and self.faults[0][0] == operation:
            return self.faults.pop(0)[1]
        return None

    async def _once(self, request: Request, operation: Operation, fault: Fault | None) -> Reply:
        """Act once per key; keys are forgotten after an hour."""
        key = request.headers.get("idempotency-key")
        asked = f"{request.path}\n".encode() + request.body
        if key is None:
            return self._do(request)
        if key in self._running:
            raise MollieProblem(409, "A request with this idempotency key is still being processed")
        if key in self._answers and self.books.clock() - self._answers[key][2] < KEY_KEPT_S:
            former, reply, _ = self._answers[key]
            if former != asked:
                raise MollieProblem(400, "The idempotency key was used with another request")
            return msgspec.structs.replace(reply, headers=(("idempotent-replayed", "true"),))
        self._running.add(key)
        try:
            reply = self._do(request)
            self._answers[key] = (asked, reply, self.books.clock())
            if fault == "slow":
                await asyncio.sleep(self.slow_s)
            if fault == "told_first" and operation == "create":
                await self._tell_first(reply)
        finally:
            self._running.discard(key)
        return reply

    async def _tell_first(self, reply: Reply) -> None:
        """Have the webhook called and answered before the shop gets its answer."""
        payment_id = msgspec.json.decode(reply.body)["id"]
        url = self.books.payments[payment_id].body["webhookUrl"]
        await asyncio.to_thread(self.courier.call, url, payment_id)

    def _do(self, request: Request) -> Reply:
        try:
            status, found = self._route(request)
        except MollieProblem as problem:
            return _problem(problem)
        return Reply(status=status, body=msgspec.json.encode(found), content_type=HAL)

    def _route(self, request: Request) -> tuple[int, Object]:
        match request.method, request.parts[1:]:
            case "POST", ("payments",):
                return 201, self._shown(self.books.create(_body(request)))
            case "GET", ("payments" | "refunds" as kind,):
                return 200, self._list(kind, request.query)
            case "POST", ("payments", name, part):
                return self._add(self.books.find(name), part, request)
            case _, ("payments", name):
                payment = self.books.find(name)
                if request.method == "PATCH":
                    self.books.update(payment, _body(request))
                elif request.method == "DELETE":
                    self.books.cancel(payment)
                return 200, self._shown(payment, request.query.get("embed", ""))
        raise MollieProblem(404, f"No such address: {request.path}")

    def _add(self, payment: Payment, part: str, request: Request) -> tuple[int, Object]:
        if part == "captures":
            return 201, mollie_shown.capture(self.books.capture(payment, _body(request)))
        if part == "refunds":
            return 201, mollie_shown.refund(self.books.refund(payment, _body(request)))
        self.books.release(payment)
        return 202, {}

    def _list(self, kind: str, query: dict[str, str]) -> Object:
        if kind == "payments":
            shown = [self._shown(self.books.find(name)) for name in reversed(list(self.books.payments))]
        else:
            shown = [mollie_shown.refund(part) for part in reversed(self.books.refunds.values())]
        return mollie_shown.listing(self.origin, kind, shown, query)

    def _shown(self, payment: Payment, embed: str = "") -> Object:
        return mollie_shown.payment(self.origin, self.books, payment, embed)

    def _admin(self, request: Request) -> Reply:
        """What a drill may do to it from outside: order faults, say how webhooks come, read what moved."""
        match request.method, request.parts[1:]:
            case "POST", ("faults",):
                self.faults.extend((one["operation"], one["fault"]) for one in msgspec.json.decode(request.body))
            case "POST", ("webhooks",):
                self.courier.mode = msgspec.json.decode(request.body)["mode"]
            case "GET", ("movements",):
                return Reply(body=msgspec.json.encode([one._asdict() for one in self.books.movements]))
            case _:
                raise MollieProblem(404, f"No such address: {request.path}")
        return Reply(status=204)


def _operation(request: Request) -> Operation:
    match request.parts:
        case ("v2", "payments"):
            return "create" if request.method == "POST" else "list"
        case ("v2", "payments", _):
            return ON_PAYMENT.get(request.method, "get")
        case ("v2", "payments", _, kind) if kind in NESTED:
            return NESTED[kind]
        case ("v2", "refunds"):
            return "list"
    raise MollieProblem(404, f"No such address: {request.path}")


def _body(request: Request) -> Object:
    try:
        return msgspec.json.decode(request.body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise MollieProblem(400, "The request body is not a JSON object") from error


def _problem(problem: MollieProblem) -> Reply:
    return Reply(status=problem.status, body=msgspec.json.encode(problem.body), content_type=HAL)
