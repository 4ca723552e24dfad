"""Is it ready? One question to a process, answered with yes or no within a second."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

Probe = Callable[[], Awaitable[bool]]

_WITHIN_S = 1.0
_OK = 200


async def first_line(host: str, port: int, request: bytes = b"") -> bytes:
    """Connect, send the request, return the first line of the answer; empty when nobody answers in time."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request)
                return await reader.readline()
            finally:
                await _close(writer)
    except (OSError, ValueError, TimeoutError):
        return b""


def tcp_probe(host: str, port: int) -> Probe:
    """Ready when somebody accepts connections."""

    async def is_ready() -> bool:
        try:
            async with asyncio.timeout(_WITHIN_S):
                _, writer = await asyncio.open_connection(host, port)
                await _close(writer)
        except (OSError, TimeoutError):
            return False
        return True

    return is_ready


def http_probe(host: str, port: int, path: str) -> Probe:
    """Ready when `GET path` is answered with 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()

    async def is_ready() -> bool:
        words = (await first_line(host, port, request)).split(maxsplit=2)
        return len(words) > 1 and words[0].startswith(b"HTTP/") and words[1] == str(_OK).encode()

    return is_ready


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):  # it was closed from the other side: closed all the same
        await writer.wait_closed()
