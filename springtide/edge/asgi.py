"""The few types and answers plain ASGI code needs."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
"""Called with (scope, receive, send); frameworks type these three in ways of their own."""


async def answer_lifespan(receive: Receive, send: Send) -> None:
    """Say yes to start and stop, for an application that has nothing to do at either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def send_body(
    send: Send, body: bytes, *, content_type: str = "text/plain; charset=utf-8", status: int = 200
) -> None:
    """Send a whole answer that nobody may cache."""
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
