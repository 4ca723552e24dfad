"""A faithful fake of the part of Stripe's API that we use, for what localstripe lacks.

Faithful in: API keys, parameters that are not known are refused, idempotency keys (same answer for the same request,
an error for another), declined cards, 3-D Secure by redirect, refund and capture limits, hosted Checkout pages, signed
events, balance transactions newest first. Faults on command: ``faults`` holds ``(path prefix, fault)``, used in order.
"""

import hashlib
import hmac
import re
import secrets
import time
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from springtide.sandbox.web import HangUp, Receive, Reply, Request, Scope, Send, hang_up, read_request, send_reply

Form = dict[str, Any]
Object = dict[str, Any]
Fault = Literal["error_before", "error_after", "drop_after", "rate_limit"]

SECRET_KEY, WEBHOOK_SECRET = "sk_test_fake", "whsec_fake"

CARDS = {
    "4242424242424242": "",
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000002760003184": "challenge",
}
PAYMENT_METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": "4000002760003184",
}
KNOWN = {
    "payment_intents": {
        "amount", "currency", "payment_method_types", "payment_method", "capture_method", "confirm", "return_url",
        "metadata", "description",
    },
    "checkout/sessions": {
        "mode", "payment_method_types", "client_reference_id", "success_url", "cancel_url", "locale", "line_items",
        "payment_intent_data", "expires_at", "customer_email", "metadata",
    },
    "refunds": {"payment_intent", "amount", "metadata", "reason"},
    "capture": {"amount_to_capture", "metadata"},
    "cancel": {"cancellation_reason"},
    "expire": set[str](),
}  # fmt: skip
SHORTEST_SESSION_S, LONGEST_SESSION_S = 1800, 86_400


class StripeProblem(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.status = status
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.error: Object = {"type": kind, "code": code, "message": message, **more}


class StripeFake:
    """One account, in memory."""

    def __init__(self, *, origin: str, secret_key: str = SECRET_KEY, webhook_secret: str = WEBHOOK_SECRET) -> None:
        self.origin, self.secret_key, self.webhook_secret = origin, secret_key, webhook_secret
        self.intents: dict[str, Object] = {}
        self.sessions: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.movements: list[Object] = []
        self.events: list[Object] = []
        self.faults: list[tuple[str, Fault]] = []
        self.calls: list[str] = []
        self._answers: dict[str, tuple[bytes, Reply]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        try:
            reply = self._answer(request)
        except HangUp:
            await hang_up(receive, send)
            return
        await send_reply(send, reply)

    def signed(self, event: Object, *, at_s: int | None = None) -> tuple[dict[str, str], bytes]:
        """Headers and body of the message for an event."""
        body = msgspec.json.encode(event)
        stamp = int(time.time()) if at_s is None else at_s
        mac = hmac.new(self.webhook_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={stamp},v0=ignored,v1={mac}", "content-type": "application/json"}, body

    def pay_session(self, session_id: str, number: str = "4242424242424242") -> str:
        """Act as the buyer on the hosted page: type a card; gives the status of the session."""
        session = self.sessions[session_id]
        assert session["status"] == "open", "the page is closed"
        intent = session["payment_intent"] and self.intents[session["payment_intent"]]
        if not intent:
            data = session["_intent"]
            intent = self._new_intent(session["amount_total"], session["currency"], data)
            session["payment_intent"] = intent["id"]
        self._attempt(intent, number)
        if intent["status"] in ("requires_capture", "succeeded"):
            session["status"] = "complete"
            self._tell("checkout.session.completed", session)
        return str(session["status"])

    def finish_challenge(self, intent_id: str, *, is_success: bool) -> None:
        """Act as the buyer at the bank's 3-D Secure page."""
        intent = self.intents[intent_id]
        intent["next_action"] = None
        if is_success:
            self._charge(intent)
        else:
            self._fail(intent, "payment_intent_authentication_failure", None)

    def _answer(self, request: Request) -> Reply:
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("authorization") != f"Bearer {self.secret_key}":
            return _problem(StripeProblem(401, "api_key_invalid", "Invalid API Key provided"))
        fault = self._fault_for(request.path)
        if fault == "rate_limit":
            return _problem(StripeProblem(429, "rate_limit", "Too many requests"))
        if fault == "error_before":
            return _problem(StripeProblem(500, "api_error", "Sorry"))
        reply = self._once(request) if request.method == "POST" else self._route(request)
        if fault == "error_after":
            return _problem(StripeProblem(500, "api_error", "Sorry"))
        if fault == "drop_after":
            raise HangUp
        return reply

    def _fault_for(self, path: str) -> Fault | None:
        if self.faults and path.startswith(self.faults[0][0]):
            return self.faults.pop(0)[1]
        return None

    def _once(self, request: Request) -> Reply:
        key = request.headers.get("idempotency-key")
        if key is None:
            return self._route(request)
        asked = f"{request.path}\n".encode() + request.body
        if key in self._answers:
            former, reply = self._answers[key]
            if former != asked:
                problem = StripeProblem(400, "idempotency_error", "Keys can only be used with the same parameters")
                problem.error["type"] = "idempotency_error"
                return _problem(problem)
            return msgspec.structs.replace(reply, headers=(("idempotent-replayed", "true"),))
        reply = self._route(request)
        self._answers[key] = (asked, reply)
        return reply

    def _route(self, request: Request) -> Reply:
        try:
            found = self._write(request) if request.method == "POST" else self._read(request)
        except StripeProblem as problem:
            return _problem(problem)
        return _object(found)

    def _write(self, request: Request) -> Object:
        form = unflatten(request.body.decode())
        match request.parts[1:]:
            case ("payment_intents",):
                return self._create_intent(_known(form, "payment_intents"))
            case ("payment_intents", name, "capture"):
                return self._capture(_found(self.intents, name), _known(form, "capture"))
            case ("payment_intents", name, "cancel"):
                _known(form, "cancel")
                return self._cancel(_found(self.intents, name))
            case ("checkout", "sessions"):
                return self._create_session(_known(form, "checkout/sessions"))
            case ("checkout", "sessions", name, "expire"):
                _known(form, "expire")
                return self._expire(_found(self.sessions, name))
            case ("refunds",):
                return self._create_refund(_known(form, "refunds"))
        raise _no_such_path(request)

    def _read(self, request: Request) -> Object:
        match request.parts[1:]:
            case ("payment_intents", name):
                return _found(self.intents, name)
            case ("checkout", "sessions", name):
                return self._with_intent(_found(self.sessions, name), request.query)
            case ("refunds",):
                return self._list_refunds(request.query)
            case ("balance_transactions",):
                return self._list_movements(request.query)
        raise _no_such_path(request)

    def _create_intent(self, form: Form) -> Object:
        intent = self._new_intent(int(form["amount"]), form["currency"], form)
        if form.get("confirm") == "true":
            number = PAYMENT_METHODS.get(form.get("payment_method", ""))
            if number is None:
                raise StripeProblem(400, "resource_missing", "No such PaymentMethod")
            self._attempt(intent, number, return_url=form.get("return_url"))
            if intent["last_payment_error"]:
                error = intent["last_payment_error"]
                raise StripeProblem(402, error["code"], "Your card was declined.", payment_intent=intent, **{
                    name: value for name, value in error.items() if name == "decline_code"
                })  # fmt: skip
        return intent

    def _new_intent(self, amount: int, currency: str, form: Form) -> Object:
        if amount < 1:
            raise StripeProblem(400, "parameter_invalid_integer", "Invalid positive integer")
        intent: Object = {
            "id": f"pi_{secrets.token_hex(12)}",
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "currency": currency,
            "capture_method": form.get("capture_method", "automatic_async"),
            "metadata": form.get("metadata", {}),
            "status": "requires_payment_method",
            "next_action": None,
            "last_payment_error": None,
            "latest_charge": None,
        }
        self.intents[intent["id"]] = intent
        return intent

    def _attempt(self, intent: Object, number: str, return_url: str | None = None) -> None:
        answer = CARDS[number]
        intent["last_payment_error"] = None
        if answer == "challenge":
            page = f"{self.origin}/3ds/{intent['id']}"
            redirect = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
            intent.update(status="requires_action", next_action=redirect)
            self._tell("payment_intent.requires_action", intent)
        elif answer:
            code = "expired_card" if answer == "expired_card" else "card_declined"
            self._fail(intent, code, answer)
        else:
            self._charge(intent)

    def _fail(self, intent: Object, code: str, decline_code: str | None) -> None:
        error = {"type": "card_error", "code": code, "message": "Your card was declined."}
        if decline_code is not None:
            error["decline_code"] = decline_code
        intent.update(status="requires_payment_method", last_payment_error=error)
        self._tell("payment_intent.payment_failed", intent)

    def _charge(self, intent: Object) -> None:
        intent["latest_charge"] = f"ch_{secrets.token_hex(12)}"
        if intent["capture_method"] == "manual":
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self._tell("payment_intent.amount_capturable_updated", intent)
        else:
            self._take(intent, intent["amount"])

    def _take(self, intent: Object, amount: int) -> None:
        intent.update(status="succeeded", amount_capturable=0, amount_received=amount)
        source = {
            "id": intent["latest_charge"],
            "object": "charge",
            "payment_intent": intent["id"],
            "metadata": intent["metadata"],
        }
        self._move("charge", amount, intent["currency"], source)
        self._tell("payment_intent.succeeded", intent)

    def _capture(self, intent: Object, form: Form) -> Object:
        if intent["status"] != "requires_capture":
            raise StripeProblem(400, "payment_intent_unexpected_state", "This PaymentIntent could not be captured")
        amount = int(form.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            raise StripeProblem(400, "amount_too_large", "The amount is greater than the capturable amount")
        self._take(intent, amount)
        return intent

    def _cancel(self, intent: Object) -> Object:
        open_states = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
        if intent["status"] not in open_states:
            raise StripeProblem(400, "payment_intent_unexpected_state", "You cannot cancel this PaymentIntent")
        intent.update(status="canceled", amount_capturable=0, next_action=None)
        self._tell("payment_intent.canceled", intent)
        return intent

    def _create_session(self, form: Form) -> Object:
        expires_at = int(form.get("expires_at", time.time() + LONGEST_SESSION_S))
        if not SHORTEST_SESSION_S - 5 <= expires_at - time.time() <= LONGEST_SESSION_S + 5:
            raise StripeProblem(400, "invalid_request", "expires_at must be 30 minutes to 24 hours from now")
        line = form["line_items"][0]
        session_id = f"cs_test_{secrets.token_hex(16)}"
        session: Object = {
            "id": session_id,
            "object": "checkout.session",
            "status": "open",
            "amount_total": int(line["price_data"]["unit_amount"]) * int(line["quantity"]),
            "currency": line["price_data"]["currency"],
            "client_reference_id": form.get("client_reference_id"),
            "url": f"{self.origin}/c/pay/{session_id}",
            "payment_intent": None,
            "expires_at": expires_at,
            "_intent": form.get("payment_intent_data", {}),
        }
        self.sessions[session_id] = session
        return session

    def _expire(self, session: Object) -> Object:
        if session["status"] != "open":
            raise StripeProblem(400, "resource_invalid_state", "Only open sessions can be expired")
        session.update(status="expired", url=None)
        self._tell("checkout.session.expired", session)
        return session

    def _with_intent(self, session: Object, query: dict[str, str]) -> Object:
        is_wanted = "payment_intent" in query.values()
        if not is_wanted or session["payment_intent"] is None:
            return session
        return session | {"payment_intent": self.intents[session["payment_intent"]]}

    def _create_refund(self, form: Form) -> Object:
        intent = _found(self.intents, form["payment_intent"])
        given = sum(refund["amount"] for refund in self.refunds.values() if refund["payment_intent"] == intent["id"])
        left = intent["amount_received"] - given
        if left == 0:
            raise StripeProblem(400, "charge_already_refunded", "The charge has nothing left to refund")
        amount = int(form.get("amount", left))
        if amount > left:
            raise StripeProblem(400, "amount_too_large", "Refund amount is greater than unrefunded amount")
        refund: Object = {
            "id": f"re_{secrets.token_hex(12)}",
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "status": "succeeded",
            "payment_intent": intent["id"],
            "charge": intent["latest_charge"],
            "metadata": form.get("metadata", {}),
        }
        self.refunds[refund["id"]] = refund
        self._move("refund", -amount, intent["currency"], refund)
        self._tell("refund.created", refund)
        return refund

    def _list_refunds(self, query: dict[str, str]) -> Object:
        wanted = query.get("payment_intent")
        rows = [refund for refund in self.refunds.values() if wanted in (None, refund["payment_intent"])]
        return {"object": "list", "data": rows, "has_more": False}

    def _list_movements(self, query: dict[str, str]) -> Object:
        since, after = int(query.get("created[gte]", "0")), query.get("starting_after")
        rows = [row for row in reversed(self.movements) if row["created"] >= since]
        if after is not None:
            rows = rows[[row["id"] for row in rows].index(after) + 1 :]
        limit = int(query.get("limit", "10"))
        page = rows[:limit]
        if "data.source" not in query.values():
            page = [row | {"source": row["source"]["id"]} for row in page]
        return {"object": "list", "data": page, "has_more": len(rows) > limit}

    def _move(self, kind: str, amount: int, currency: str, source: Object) -> None:
        row = {"id": f"txn_{secrets.token_hex(12)}", "type": kind, "amount": amount, "currency": currency}
        self.movements.append({**row, "created": int(time.time()), "source": source})

    def _tell(self, kind: str, about: Object) -> None:
        event_id = f"evt_{secrets.token_hex(12)}"
        data = {"object": {name: value for name, value in about.items() if not name.startswith("_")}}
        self.events.append({"id": event_id, "type": kind, "created": int(time.time()), "data": data})


def unflatten(text: str) -> Form:
    """Read ``a[b]=1&c[0]=2`` as nested values."""
    tree: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        place = tree
        for here, there in zip([first, *rest], rest, strict=False):
            place = place.setdefault(here, {})
            assert there != "", "an empty index"
        place[rest[-1] if rest else first] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(item) for name, item in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _known(form: Form, endpoint: str) -> Form:
    unknown = set(form) - KNOWN[endpoint]
    if unknown:
        raise StripeProblem(400, "parameter_unknown", f"Received unknown parameters: {sorted(unknown)}")
    return form


def _found(objects: dict[str, Object], name: str) -> Object:
    if name not in objects:
        raise StripeProblem(404, "resource_missing", f"No such object: {name}")
    return objects[name]


def _no_such_path(request: Request) -> StripeProblem:
    return StripeProblem(404, "resource_missing", f"Unrecognized request URL {request.path}")


def _object(value: Object) -> Reply:
    return Reply(body=msgspec.json.encode({name: item for name, item in value.items() if not name.startswith("_")}))


def _problem(problem: StripeProblem) -> Reply:
    return Reply(status=problem.status, body=msgspec.json.encode({"error": problem.error}))
