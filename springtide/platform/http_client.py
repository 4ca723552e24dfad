"""Calls to the outside over HTTP: the only importer of httpx2.

Every call has one deadline for everything (connect, send, wait, read), and a failure says what is known about the
other side, because that decides what may be done next:

    OutboundError
    ├── NotReached   certainly not delivered: no connection was made, so trying again is harmless
    └── NoAnswer     perhaps delivered and acted upon: time ran out or the connection broke after sending began
"""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import msgspec

from springtide.platform import tracing
from springtide.platform.telemetry import current_trace

CONNECT_TIMEOUT_S = 3.0
POOL_TIMEOUT_S = 3.0
CONNECTIONS_LIMIT = 64
IDLE_CONNECTION_S = 20.0
ANSWER_LIMIT_BYTES = 2 * 1024 * 1024


class OutboundError(Exception):
    """A call to the outside did not give an answer."""


class NotReached(OutboundError):
    """No connection was made: the other side has certainly not seen the request."""


class NoAnswer(OutboundError):
    """The request may have arrived and may have been carried out."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """Status, headers with lower-case names, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range of success in HTTP

    def json(self) -> Any:  # noqa: ANN401 - whatever the other side sent
        """Decode the body; raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)


class HttpClient:
    """Keeps connections to one base URL. Never follows redirects, never retries: both are the caller's decision.

    `before_call` runs before each request and may forbid it by raising.
    """

    def __init__(self, *, base_url: str, deadline_s: float, before_call: Callable[[], None] | None = None) -> None:
        self._before_call = before_call
        self._deadline_s = deadline_s
        self._host = urlsplit(base_url).hostname or ""
        self._client = httpx2.AsyncClient(
            base_url=base_url,
            timeout=httpx2.Timeout(deadline_s, connect=min(CONNECT_TIMEOUT_S, deadline_s), pool=POOL_TIMEOUT_S),
            limits=httpx2.Limits(
                max_connections=CONNECTIONS_LIMIT,
                max_keepalive_connections=CONNECTIONS_LIMIT,
                keepalive_expiry=IDLE_CONNECTION_S,
            ),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline_s: float | None = None,
    ) -> HttpAnswer:
        """Send one request and read its answer whole. Raises NotReached or NoAnswer; any status is an answer."""
        if self._before_call is not None:
            self._before_call()
        sending = _Sending(method, path, headers or {}, params, content)
        if not tracing.is_picked(current_trace()):
            return await self._sent(sending, deadline_s)
        # Never the path: it has ids of payments in it.
        with tracing.span(f"{method} {self._host}", kind="client") as span:
            named = {**sending.headers, "traceparent": span.trace}
            answer = await self._sent(msgspec.structs.replace(sending, headers=named), deadline_s)
            span.put("server.address", self._host)
            span.put("http.response.status_code", answer.status)
            return answer

    async def _sent(self, sending: "_Sending", deadline_s: float | None) -> HttpAnswer:
        try:
            async with asyncio.timeout(deadline_s or self._deadline_s):
                return await self._exchange(sending)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotReached(str(error) or type(error).__name__) from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error

    async def _exchange(self, sending: "_Sending") -> HttpAnswer:
        asked = self._client.stream(
            sending.method, sending.path, headers=sending.headers, params=sending.params, content=sending.content
        )
        async with asked as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT_BYTES:
                    msg = f"the answer is longer than {ANSWER_LIMIT_BYTES} bytes"
                    raise NoAnswer(msg)
            return HttpAnswer(answer.status_code, dict(answer.headers), bytes(body))


class _Sending(msgspec.Struct, frozen=True):
    """A request as it goes out."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None
    content: bytes | None
