"""How Stripe is spoken to: form encoding, keys, and its errors turned into what is known."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from springtide.contexts.payments.providers.outside import answered, gateway_client
from springtide.contexts.payments.providers.port import (
    Declined,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
)
from springtide.platform.http_client import HttpAnswer

API_VERSION = "2024-06-20"
PAYMENT_FAILED, NOT_FOUND, KEY_IN_USE, TOO_MANY, SERVER_ERRORS = 402, 404, 409, 429, 500
Body = TypeVar("Body")
Form = Mapping[str, Any]

# Stripe's words for a no, in ours; a word that is not here is passed on as it is.
DECLINE_CODES = {
    "card_declined": "issuer_declined",
    "generic_decline": "issuer_declined",
    "do_not_honor": "issuer_declined",
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
}


class StripeDeclined(Declined):
    """A card error; ``payment_ref`` names the payment or charge that it left behind, "" when Stripe did not say."""

    def __init__(self, code: str, message: str, payment_ref: str) -> None:
        """Keep the name of the failed payment."""
        super().__init__(code, message)
        self.payment_ref = payment_ref


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    id: str = ""


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = ""
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    payment_intent: _Named | None = None
    charge: str | None = None


class _ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    error: _Problem = _Problem()


class StripeWire:
    """Calls to one Stripe account."""

    def __init__(self, *, base_url: str, secret_key: str, deadline_s: float) -> None:
        """Prepare a client; no call is made yet."""
        self._secret_key = secret_key
        self._http = gateway_client(base_url=base_url, deadline_s=deadline_s)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def post(self, path: str, *, form: Form, key: str) -> HttpAnswer:
        """Send a write under an idempotency key."""
        headers = {"idempotency-key": key, "content-type": "application/x-www-form-urlencoded"}
        return accepted(await self._call("POST", path, headers=headers, content=encode_form(form)))

    async def get(self, path: str, *, query: Form | None = None) -> HttpAnswer | None:
        """Read; None when there is no such thing."""
        suffix = f"?{encode_form(query).decode()}" if query else ""
        answer = await self._call("GET", path + suffix)
        return None if answer.status == NOT_FOUND else accepted(answer)

    async def _call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> HttpAnswer:
        common = {"authorization": f"Bearer {self._secret_key}", "stripe-version": API_VERSION}
        return await answered(self._http.request(method, path, headers={**common, **(headers or {})}, content=content))


def encode_form(form: Form) -> bytes:
    """Encode nested values the way Stripe reads them: ``a[b]=1&c[0]=2``; None is left out."""
    pairs = [(name, value) for key, item in form.items() for name, value in _flatten(key, item)]
    return urlencode(pairs).encode("ascii")


def accepted(answer: HttpAnswer) -> HttpAnswer:
    """Pass a success on; everything else becomes the error that says what is known."""
    if answer.is_success:
        return answer
    try:
        problem = msgspec.json.decode(answer.body, type=_ProblemBody).error
    except msgspec.MsgspecError:
        problem = _Problem()
    code, message = problem.code or problem.type or str(answer.status), problem.message or ""
    if answer.status == PAYMENT_FAILED:
        named = problem.payment_intent.id if problem.payment_intent else problem.charge or ""
        raise StripeDeclined(decline_code(problem.decline_code or code), message, named)
    if answer.status == TOO_MANY:
        msg = "rate_limited"
        raise ProviderUnavailable(msg, message)
    if answer.status == KEY_IN_USE or answer.status >= SERVER_ERRORS:
        raise OutcomeUnknown(code, message)
    raise ProviderRefused(code, message)


def decline_code(stripe_code: str) -> str:
    """Stripe's reason in the words of the port."""
    return DECLINE_CODES.get(stripe_code, stripe_code)


def decode(answer: HttpAnswer, kind: type[Body]) -> Body:
    """Read a success; one that cannot be read leaves the outcome unknown."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        msg = "unreadable"
        raise OutcomeUnknown(msg, str(error)) from error


def _flatten(name: str, value: object) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flatten(f"{name}[{key}]", item)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _flatten(f"{name}[{place}]", item)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
