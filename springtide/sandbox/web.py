"""The little HTTP that the gateway needs: a request read whole, a reply, and a way to hang up."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from springtide.sandbox.model import Refused

BODY_LIMIT_BYTES = 64 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1"})

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class HangUp(Exception):
    """Drop the connection without an answer."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its body; header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    client: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The path in pieces, without empty ones."""
        return tuple(part for part in self.path.split("/") if part)

    def form(self) -> dict[str, str]:
        """Fields of a posted form; the last of equal names counts."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: status, body, content type and further headers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def as_json(value: object, status: int = 200) -> Reply:
    """Return a JSON answer."""
    return Reply(status=status, body=msgspec.json.encode(value))


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read a request whole; refuses more than ``BODY_LIMIT_BYTES``."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HangUp
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT_BYTES:
            code, text = "body_too_large", f"at most {BODY_LIMIT_BYTES} bytes"
            raise Refused(code, text, status=413)
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"))),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=bytes(body),
        client=(scope.get("client") or ("", 0))[0],
    )


async def send_reply(send: Send, reply: Reply) -> None:
    """Write an answer with the headers that every answer has."""
    headers = [
        ("content-type", reply.content_type),
        ("content-length", str(len(reply.body))),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        *reply.headers,
    ]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": reply.body})


async def hang_up(receive: Receive, send: Send) -> None:
    """Drop the connection without a byte of answer.

    ASGI has no word for this; under uvicorn ``send`` is a method of the object that owns the transport.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        msg = "this server does not let go of its connections; run the sandbox under uvicorn"
        raise RuntimeError(msg)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
