"""How much a process takes on at once: above it the answer is an honest 503 instead of a queue nobody sees."""

from springtide.edge.asgi import App, Receive, Scope, Send
from springtide.edge.problems import send_problem
from springtide.platform.errors import Unavailable

IN_FLIGHT_LIMIT = 512


class Overloaded(Unavailable):
    """As many requests are in flight in this process as it may have."""

    code = "overloaded"
    title = "Too much at once"


class InFlightLimit:
    """Plain ASGI middleware: at most `limit` requests in flight, the next ones are asked to come back in a second."""

    def __init__(self, app: App, *, limit: int = IN_FLIGHT_LIMIT) -> None:
        self._app = app
        self._limit = limit
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._limit:
            busy = Overloaded("Many people are here right now. Try again in a moment.", retry_after_s=1)
            await send_problem(send, busy)
            return
        self._in_flight += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1
