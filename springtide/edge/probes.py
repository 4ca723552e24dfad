"""What balancers, orchestrators and Prometheus ask a process: /healthz, /readyz, /metrics, and /healthz/deep.

    /healthz       200 while the process lives
    /readyz        200 while it can be sent work; 503 while something vital is missing, and before it stops
    /metrics       Prometheus
    /healthz/deep  only with a `deep` probe, on POST and GET: buys a test product; who may ask is the probe's business

Everything else goes to the application behind. Without one this is the whole listener of a process that has no channel.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from springtide.edge.asgi import App, Receive, Scope, Send, answer_lifespan, send_body
from springtide.edge.problems import send_problem
from springtide.platform.errors import NotFound, SpringtideError
from springtide.platform.health import Health
from springtide.platform.telemetry import REGISTRY

DEEP = "/healthz/deep"

Deep = Callable[[Mapping[str, str]], Awaitable[msgspec.Struct]]
"""Given the request's headers (lower-case names): does the deep check, returns its report, or refuses by raising."""


class Probes:
    """The ASGI application that answers probes and passes on the rest."""

    def __init__(self, health: Health, app: App | None = None, *, deep: Deep | None = None) -> None:
        self.health = health
        self._app = app
        self._deep = deep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] != "http":
            await (answer_lifespan(receive, send) if self._app is None else self._app(scope, receive, send))
            return
        try:
            await self._answer(scope, receive, send)
        except SpringtideError as error:
            await send_problem(send, error)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await send_body(send, b"alive\n")
        elif path == "/readyz":
            await self.health.require_ready()
            await send_body(send, b"ready\n")
        elif path == "/metrics":
            await send_body(send, generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
        elif path == DEEP and self._deep is not None:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            report = await self._deep(headers)
            await send_body(send, msgspec.json.encode(report), content_type="application/json")
        elif self._app is not None:
            await self._app(scope, receive, send)
        else:
            msg = "There is nothing at this address."
            raise NotFound(msg)
