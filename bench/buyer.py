"""A guest who buys over the shop API: cart, details, complete. Three writes, payment by invoice."""

import asyncio
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from bench.wire import Wire, request

_ADDRESS = {"name": "Anna de Vries", "line1": "Oudegracht 1", "city": "Utrecht", "postcode": "3511 AB", "country": "NL"}
_DETAILS = msgspec.json.encode(
    {
        "contact": {"email": "bench@example.com", "phone": ""},
        "delivery": {"shipping_method": "standard", "address": _ADDRESS},
    }
)
_ASK_AGAIN = frozenset({202, 503})
_ASK_AGAIN_AFTER_S = 1.0
"""What the shop's Retry-After says; buyers come back spread around it."""
_GIVE_UP_AFTER_S = 60.0
COMPLETED = "completed"


class _Cart(msgspec.Struct):
    id: str
    token: str


class _Quote(msgspec.Struct):
    total_minor: int


class _Quoted(msgspec.Struct):
    quote: _Quote


class _Completion(msgspec.Struct):
    step: str
    reason: str = ""


class _Problem(msgspec.Struct):
    code: str


_cart = msgspec.json.Decoder(_Cart).decode
_quoted = msgspec.json.Decoder(_Quoted).decode
_problem = msgspec.json.Decoder(_Problem).decode
_completion = msgspec.json.Decoder(_Completion).decode


@dataclass(slots=True)
class Answers:
    """Counts every answer by its status, also those after which a buyer came back."""

    statuses: Counter[int] = field(default_factory=Counter)


async def buy(wire: Wire, sku: str, *, answers: Answers | None = None) -> str:
    """Buy one unit. Return the step the purchase ended at ("completed"; with its reason when it is another), or the
    request, status and code of the refusal that ended it.
    """
    answers = answers or Answers()
    key = secrets.token_hex(12)
    body = b'{"market":"NL","locale":"nl","lines":[{"sku":"%s","quantity":1}]}' % sku.encode()
    status, answer = await _sent(wire, request("POST", "/api/carts", {"Idempotency-Key": key}, body), answers)
    if status != 201:
        return f"cart {status}{_code(answer)}"
    cart = _cart(answer)
    mine = {"Springtide-Token": cart.token, "Idempotency-Key": key}
    path = f"/api/carts/{cart.id}"
    status, answer = await _sent(wire, request("PUT", f"{path}/details", mine, _DETAILS), answers)
    if status != 200:
        return f"details {status}{_code(answer)}"
    buying = b'{"method":"invoice","total_minor":%d}' % _quoted(answer).quote.total_minor
    status, answer = await _sent(wire, request("POST", f"{path}/complete", mine, buying), answers)
    if status != 200:
        return f"complete {status}{_code(answer)}"
    done = _completion(answer)
    return done.step if done.step == COMPLETED else f"{done.step} {done.reason}"


async def _sent(wire: Wire, payload: bytes, answers: Answers) -> tuple[int, bytes]:
    """Send; when told to come back later (202, 503), do, with the same key, for a minute."""
    status, answer = await wire.send(payload)
    answers.statuses[status] += 1
    deadline = time.monotonic() + _GIVE_UP_AFTER_S
    while status in _ASK_AGAIN and time.monotonic() < deadline:
        await asyncio.sleep(_ASK_AGAIN_AFTER_S * (0.5 + random.random()))
        status, answer = await wire.send(payload)
        answers.statuses[status] += 1
    return status, answer


def _code(answer: bytes) -> str:
    """Return the problem's code with a space before it; empty when the answer is no problem document."""
    try:
        return f" {_problem(answer).code}"
    except msgspec.DecodeError:
        return ""
