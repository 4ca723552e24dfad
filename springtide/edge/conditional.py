"""ETag and 304 for answers that may be shared and name none themselves: JSON is encoded first, then hashed, then sent.

Only whole, small, public answers (status 200) are looked at; everything else passes as it comes.
"""

import hashlib

from springtide.edge.asgi import App, Message, Receive, Scope, Send
from springtide.platform.caching import etag_matches

_OK = 200
_DIGITS = 20


class Conditional:
    """Plain ASGI middleware around an application whose answers have one body message."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        known = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        await self._app(scope, receive, _Tagged(send, known.decode("latin-1")).send)


class _Tagged:
    """Holds the head of an answer back until its body is there."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._head: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_shared(message):
            self._head = message
            return
        head, self._head = self._head, None
        if head is None or message.get("more_body"):
            if head is not None:
                await self._send(head)
            await self._send(message)
            return
        body = message.get("body", b"")
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:_DIGITS]}"'
        headers = [*head["headers"], (b"etag", etag.encode())]
        if etag_matches(etag, self._known):
            about_body = {b"content-length", b"content-type"}
            headers = [pair for pair in headers if pair[0] not in about_body]
            head, message = {**head, "status": 304}, {**message, "body": b""}
        await self._send({**head, "headers": headers})
        await self._send(message)


def _is_shared(head: Message) -> bool:
    headers = dict(head["headers"])
    is_public = headers.get(b"cache-control", b"").startswith(b"public")
    return head["status"] == _OK and is_public and b"etag" not in headers
