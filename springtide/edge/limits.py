"""How much a process takes on at once, and how the others wait: in a queue with an end, a deadline and a gauge.

A crowd that comes in the same second is not refused, it waits its turn: a buyer who is told "503, come back" loses the
place to somebody who came later. Above the queue's end or deadline the answer is an honest 503. Looking and buying wait
in lanes of their own, so that nobody who only looks stands behind ten thousand who buy.
"""

import asyncio
from collections import deque
from enum import StrEnum

from springtide.edge.asgi import App, Message, Receive, Scope, Send
from springtide.edge.problems import send_problem
from springtide.platform.errors import Unavailable
from springtide.platform.telemetry import HTTP_TURNED_AWAY, HTTP_WAITING

IN_FLIGHT_LIMIT = 512
QUEUE_LIMIT = 16_384
PATIENCE_S = 15.0
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Overloaded(Unavailable):
    """As many requests are in flight in this process, and as many wait, as it may have."""

    code = "overloaded"
    title = "Too much at once"


class Turn(StrEnum):
    """What a request is told: go on at once, go on after a wait, or there is no place."""

    NOW = "now"
    WAITED = "waited"
    REFUSED = "refused"


class Lane:
    """At most `limit` at work; at most `queue` wait, first come first served, each at most `patience_s` seconds."""

    def __init__(self, name: str, *, limit: int, queue: int = 0, patience_s: float = PATIENCE_S) -> None:
        self.name = name
        self._limit = limit
        self._queue = queue
        self._patience_s = patience_s
        self._at_work = 0
        self._waiting: deque[asyncio.Future[Turn]] = deque()
        self._gauge = HTTP_WAITING.labels(name)

    async def enter(self) -> Turn:
        """Take a place, if need be after a wait. Whoever is not REFUSED has to `leave`."""
        if self._at_work < self._limit:
            self._at_work += 1
            return Turn.NOW
        if len(self._waiting) >= self._queue:
            return Turn.REFUSED
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Turn] = loop.create_future()
        self._waiting.append(turn)
        self._gauge.set(len(self._waiting))
        patience = loop.call_later(self._patience_s, self._lose_patience, turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result() is Turn.WAITED:
                self.leave()  # the place came in the moment we left
            raise
        finally:
            patience.cancel()

    def leave(self) -> None:
        """Give the place to whoever waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(Turn.WAITED)
                break
        else:
            self._at_work -= 1
        self._gauge.set(len(self._waiting))

    def _lose_patience(self, turn: "asyncio.Future[Turn]") -> None:
        if not turn.done():
            turn.set_result(Turn.REFUSED)
        while self._waiting and self._waiting[0].done():  # everybody waits equally long: the first lose it first
            self._waiting.popleft()
        self._gauge.set(len(self._waiting))


class InFlightLimit:
    """Plain ASGI middleware: a lane for requests that read, and one for requests that write."""

    def __init__(
        self,
        app: App,
        *,
        name: str = "all",
        limit: int = IN_FLIGHT_LIMIT,
        queue: int = 0,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._app = app
        self._reading = Lane(f"{name} reading", limit=limit, queue=queue, patience_s=patience_s)
        self._writing = Lane(f"{name} writing", limit=limit, queue=queue, patience_s=patience_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lane = self._reading if scope["method"] in _READING else self._writing
        turn = await lane.enter()
        if turn is Turn.REFUSED:
            HTTP_TURNED_AWAY.labels(lane.name).inc()
            busy = Overloaded("Many people are here right now. Try again in a moment.", retry_after_s=1)
            await send_problem(send, busy)
            return
        try:
            if turn is Turn.WAITED:
                first = await receive()
                if first["type"] == "http.disconnect":
                    return  # whoever has left while waiting costs nothing more
                receive = _again(first, receive)
            await self._app(scope, receive, send)
        finally:
            lane.leave()


def _again(first: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives `first` before everything else."""
    given = [first]

    async def receive_again() -> Message:
        return given.pop() if given else await receive()

    return receive_again
