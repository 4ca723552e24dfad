"""How Mollie is spoken to: JSON, keys, decimal amounts, and its errors turned into what is known."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from springtide.contexts.payments.providers.outside import answered, gateway_client
from springtide.contexts.payments.providers.port import OutcomeUnknown, ProviderRefused, ProviderUnavailable
from springtide.platform.http_client import HttpAnswer
from springtide.platform.money import exponent

NOT_FOUND, KEY_IN_USE, TOO_MANY, SERVER_ERRORS = 404, 409, 429, 500
Body = TypeVar("Body")
_AMOUNT = re.compile(r"\d+(?:\.(\d+))?", re.ASCII)


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Money as Mollie writes it: a decimal string with exactly the digits of its currency, "34.90" or "3490"."""

    currency: str
    value: str

    @property
    def minor(self) -> int:
        """Return minor units; OutcomeUnknown when it is not written the way Mollie writes."""
        found = _AMOUNT.fullmatch(self.value)
        if found is None or len(found[1] or "") != exponent(self.currency):
            msg = "unreadable"
            raise OutcomeUnknown(msg, f"{self.value} {self.currency} is not an amount")
        return int(self.value.replace(".", ""))


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    title: str = ""
    detail: str = ""
    field: str | None = None


class MollieWire:
    """Calls to one Mollie profile."""

    def __init__(self, *, base_url: str, api_key: str, deadline_s: float) -> None:
        """Prepare a client; no call is made yet."""
        self._api_key = api_key
        self._http = gateway_client(base_url=base_url, deadline_s=deadline_s)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def post(self, path: str, *, body: Mapping[str, Any], key: str) -> HttpAnswer:
        """Send a write under an idempotency key; None values are left out."""
        return accepted(await self._call("POST", path, body=body, key=key))

    async def patch(self, path: str, *, body: Mapping[str, Any]) -> HttpAnswer:
        """Change a thing; repeatable by nature, so Mollie takes no key."""
        return accepted(await self._call("PATCH", path, body=body))

    async def delete(self, path: str) -> HttpAnswer:
        """Cancel a thing; repeatable by nature, so Mollie takes no key."""
        return accepted(await self._call("DELETE", path))

    async def get(self, path: str, *, query: Mapping[str, str] | None = None) -> HttpAnswer | None:
        """Read; None when there is no such thing."""
        answer = await self._call("GET", path, query=query)
        return None if answer.status == NOT_FOUND else accepted(answer)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> HttpAnswer:
        headers = {"authorization": f"Bearer {self._api_key}", "accept": "application/hal+json"}
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode({name: value for name, value in body.items() if value is not None})
        if key is not None:
            headers["idempotency-key"] = key
        return await answered(self._http.request(method, path, headers=headers, params=query, content=content))


def amount_of(amount_minor: int, currency: str) -> Amount:
    """Write minor units the way Mollie reads them."""
    digits = exponent(currency)
    text = str(amount_minor).rjust(digits + 1, "0")
    return Amount(currency=currency, value=f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def accepted(answer: HttpAnswer) -> HttpAnswer:
    """Pass a success on; everything else becomes the error that says what is known.

    409 means that the first request under the key is still being worked on, or that Mollie takes a refund for a
    repeat of one made a moment ago: asked again later under the same key, both end in an answer.
    """
    if answer.is_success:
        return answer
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.MsgspecError:
        problem = _Problem()
    if answer.status == TOO_MANY:
        msg = "rate_limited"
        raise ProviderUnavailable(msg, problem.detail)
    if answer.status == KEY_IN_USE or answer.status >= SERVER_ERRORS:
        raise OutcomeUnknown(_code(answer, problem), problem.detail)
    raise ProviderRefused(_code(answer, problem), problem.detail)


def decode(answer: HttpAnswer, kind: type[Body]) -> Body:
    """Read a success; one that cannot be read leaves the outcome unknown."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        msg = "unreadable"
        raise OutcomeUnknown(msg, str(error)) from error


def _code(answer: HttpAnswer, problem: _Problem) -> str:
    """Make a stable code of what Mollie gives instead of one: "unprocessable_entity:amount"."""
    title = re.sub(r"[^a-z]+", "_", problem.title.lower()).strip("_") or f"http_{answer.status}"
    return f"{title}:{problem.field}" if problem.field else title
