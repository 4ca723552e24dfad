"""A lean HTTP/1.1 client for load: one keep-alive connection, one request in flight, no parsing beyond what is needed.

Requests go out as bytes made beforehand (`request`). On uvloop one core sends tens of thousands of them a second, so
that the generator is not what is measured.
"""

import asyncio
from collections.abc import Mapping
from typing import cast

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


def request(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return a whole request as it goes over the wire; a body is JSON."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.test"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    elif method != "GET":
        lines.append("Content-Length: 0")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + _HEAD_END + body


def parsed(received: bytes) -> tuple[int, bytes] | None:
    """Return status and body of a complete answer, None while some of it is still on its way."""
    end = received.find(_HEAD_END)
    if end < 0:
        return None
    head = received[:end].lower()
    start = head.find(_LENGTH)
    length = int(head[start + len(_LENGTH) :].split(b"\r\n", 1)[0]) if start >= 0 else 0
    body_start = end + len(_HEAD_END)
    if len(received) < body_start + length:
        return None
    return int(head[9:12]), received[body_start : body_start + length]


class Wire(asyncio.Protocol):
    """One connection. A server that hung up meanwhile is called again at the next request."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = b""
        self._last = b""

    async def send(self, payload: bytes) -> tuple[int, bytes]:
        """Send a request and return status and body; ConnectionError when the server hangs up before its answer."""
        if self._transport is None or self._transport.is_closing():
            await self.open()
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        return await self._answer

    async def open(self) -> None:
        """Connect; OSError when nobody listens."""
        await asyncio.get_running_loop().create_connection(lambda: self, *self._address)

    def header(self, name: str) -> str:
        """Return a header of the last answer; empty when it has none of this name."""
        head = self._last.partition(_HEAD_END)[0].decode("latin-1")
        for line in head.split("\r\n")[1:]:
            found, _, value = line.partition(":")
            if found.lower() == name:
                return value.strip()
        return ""

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class inherits from nothing
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received = self._received + data if self._received else data
        answer = parsed(self._received)
        if answer is not None:
            self._last, self._received = self._received, b""
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError(f"the shop hung up ({exc})"))
