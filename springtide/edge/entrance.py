"""What every request of a channel passes first: request id, trace parent, security headers, metrics, HEAD.

A request id or trace parent that comes along is kept when it is well-formed. A header the application has set itself
is left alone. Whatever the application raises becomes a 503, never a stack trace.
"""

import random
import re
import time
from collections.abc import Mapping

from springtide.edge.asgi import App, Message, Receive, Scope, Send
from springtide.edge.problems import send_problem
from springtide.platform import tracing, vitals
from springtide.platform.errors import Unavailable
from springtide.platform.http import SECURITY_HEADERS
from springtide.platform.telemetry import HTTP_SECONDS, bind_request, logger, observe, set_trace

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TRACE_PARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_ROUTE = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_EVENT_STREAM = b"text/event-stream"

log = logger(__name__)


class Entrance:
    """Plain ASGI middleware around one channel; `channel` is its name in the metrics."""

    def __init__(self, app: App, *, channel: str, headers: Mapping[str, str] = SECURITY_HEADERS) -> None:
        self._app = app
        self._channel = channel
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        method = str(scope["method"])
        identity, trace, is_known = _identity(scope)
        scope.setdefault("state", {})["request_id"] = identity
        if method == "HEAD":
            scope["method"] = "GET"  # every page answers HEAD as it answers GET
        bind_request(identity)
        headers = [*self._headers, (b"x-request-id", identity.encode())]
        answer = _Answer(send, headers, without_body=method == "HEAD")
        name = method if method in _METHODS else "other"
        if tracing.is_on():
            await self._traced(scope, receive, answer, trace, name, is_known=is_known)
        else:
            set_trace(trace)
            await self._guarded(scope, receive, answer)
        if answer.is_stream:
            return  # it lasted as long as somebody looked, which says nothing about how fast we are
        seconds = time.perf_counter() - started
        observe(HTTP_SECONDS, seconds, self._channel, _route(scope), name, str(answer.status))
        vitals.THIS.answered(self._channel, name, answer.status, seconds)

    async def _traced(
        self, scope: Scope, receive: Receive, answer: "_Answer", trace: str, method: str, *, is_known: bool
    ) -> None:
        """Serve a request, in a span when it is picked; the decision is ours, not that of whoever sent it."""
        if not tracing.pick():
            set_trace(tracing.not_picked(trace))
            await self._guarded(scope, receive, answer)
            return
        parent = tracing.picked(trace) if is_known else tracing.ROOT
        with tracing.span(method, kind="server", parent=parent, channel=self._channel) as span:
            await self._guarded(scope, receive, answer)
            span.rename(f"{method} {_route(scope)}")
            span.put("http.request.method", method)
            span.put("http.route", _route(scope))
            span.put("http.response.status_code", answer.status)

    async def _guarded(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception:
            log.exception("http.broke", channel=self._channel, path=scope.get("path", ""))
            if answer.status:
                raise
            await send_problem(answer.send, Unavailable("Something broke on our side."))


class _Answer:
    """Puts the headers on and remembers the status."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], *, without_body: bool) -> None:
        self._send = send
        self._headers = headers
        self._without_body = without_body
        self.status = 0
        self.is_stream = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            self.is_stream = any(
                name == b"content-type" and value.startswith(_EVENT_STREAM) for name, value in message["headers"]
            )
            message["headers"] = [*message["headers"], *(pair for pair in self._headers if pair[0] not in present)]
        elif self._without_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _route(scope: Scope) -> str:
    """Return the template of the address; the framework left it there when it found a handler."""
    return str(scope.get("path_template") or _NO_ROUTE)


def _identity(scope: Scope) -> tuple[str, str, bool]:
    """Return request id and trace parent: those that came along, or new ones; and whether the trace came along."""
    identity = trace = ""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            identity = value.decode("latin-1")
        elif name == b"traceparent":
            trace = value.decode("latin-1")
    fresh = f"{random.getrandbits(128):032x}"
    is_known = _TRACE_PARENT.fullmatch(trace) is not None
    return (
        identity if _REQUEST_ID.fullmatch(identity) else fresh,
        trace if is_known else f"00-{fresh}-{fresh[16:]}-00",
        is_known,
    )
