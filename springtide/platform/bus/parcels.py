"""Calls made in the same turn of the event loop travel as one message, and so do answers that are ready together.

What coalesces on one side arrives together on the other: a batch of answers wakes a batch of callers, whose next calls
are a batch again. Nothing waits for company: a call that is alone goes alone, at once, by NATS' own request.

    rpc.<context>._parcel    [(method, body, headers), …]     answers to <inbox>.<number>: [(place, body, headers), …]

A process of a release before this knows no parcels: it refuses the method `_parcel`, has carried out nothing, and the
calls are made one by one.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import MAX_PAYLOAD_BYTES, BusUnavailable

METHOD = "_parcel"
_MOST = 64  # a parcel goes to one replica: a crowd still spreads over all of them
_MOST_BYTES = MAX_PAYLOAD_BYTES // 2
_NOBODY = "503"
Part = TypeVar("Part")


class Answer(NamedTuple):
    """What came back from a call."""

    data: bytes
    headers: dict[str, str]


class Called(msgspec.Struct, frozen=True, array_like=True):
    """A call in a parcel."""

    method: str
    body: bytes
    headers: dict[str, str]


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """The answer to the call at a place of a parcel."""

    place: int
    body: bytes
    headers: dict[str, str]


_calls = msgspec.msgpack.Decoder(list[Called]).decode
_answers = msgspec.msgpack.Decoder(list[Answered]).decode
_encode = msgspec.msgpack.Encoder().encode


class _Waiting:
    """A caller: its call, what it waits for, and the parcel that its call went with. No answer (None): go alone."""

    __slots__ = ("answer", "call", "number", "place")

    def __init__(self, call: Called) -> None:
        self.call = call
        self.answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.number = -1
        self.place = 0


def _too_late(answer: "asyncio.Future[Answer | None]") -> None:
    if not answer.done():
        answer.set_exception(TimeoutError())


class Parcels:
    """The callers' side of one process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gathering: dict[str, list[_Waiting]] = {}
        self._open: dict[int, dict[int, _Waiting]] = {}
        self._numbers = itertools.count()
        self._inbox = ""
        self._opening = asyncio.Lock()
        self._posting: set[asyncio.Task[None]] = set()

    async def call(self, context: str, call: Called, *, timeout_s: float) -> Answer | None:
        """Make a call together with those of the same moment; None when it is to be made alone.

        Raises BusUnavailable or TimeoutError.
        """
        gathering = self._gathering.setdefault(context, [])
        waiting = _Waiting(call)
        gathering.append(waiting)
        if len(gathering) == 1:
            asyncio.get_running_loop().call_soon(self._close, context)
        late = asyncio.get_running_loop().call_later(timeout_s, _too_late, waiting.answer)
        try:
            return await waiting.answer
        finally:
            late.cancel()
            self._forget(waiting)

    def _close(self, context: str) -> None:
        """Send what was gathered in this turn."""
        gathered = [waiting for waiting in self._gathering.pop(context) if not waiting.answer.done()]
        if len(gathered) == 1:
            gathered[0].answer.set_result(None)
            return
        for some in cut(gathered, lambda waiting: len(waiting.call.body)):
            task = asyncio.create_task(self._post(context, some))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)

    async def _post(self, context: str, some: Sequence[_Waiting]) -> None:
        number = next(self._numbers)
        self._open[number] = dict(enumerate(some))
        for place, waiting in enumerate(some):
            waiting.number, waiting.place = number, place
        try:
            inbox = self._inbox or await self._open_inbox()
            body = _encode([waiting.call for waiting in some])
            subject = f"{self._connection.prefix}rpc.{context}.{METHOD}"
            await self._connection.client.publish(subject, body, reply=f"{inbox}.{number}")
        except (NatsError, TimeoutError) as error:
            self._fail(some, error)

    async def _open_inbox(self) -> str:
        async with self._opening:
            if not self._inbox:
                inbox = self._connection.client.new_inbox()
                await self._connection.client.subscribe(f"{inbox}.*", cb=self._on_answer)
                self._inbox = inbox
        return self._inbox

    async def _on_answer(self, message: Msg) -> None:
        waiting = self._open.get(int(message.subject.rpartition(".")[2]))
        if waiting is None:
            return  # all of them gave up
        if message.headers:
            self._on_refusal(message, list(waiting.values()))
            return
        for answered in _answers(message.data):
            found = waiting.get(answered.place)
            if found is not None and not found.answer.done():
                found.answer.set_result(Answer(answered.body, answered.headers))

    def _on_refusal(self, message: Msg, waiting: Sequence[_Waiting]) -> None:
        """Nobody serves the context, or somebody who knows no parcels."""
        if (message.headers or {}).get("Status") == _NOBODY:
            self._fail(waiting, None)
            return
        for each in waiting:
            if not each.answer.done():
                each.answer.set_result(None)

    def _fail(self, waiting: Sequence[_Waiting], cause: Exception | None) -> None:
        for each in waiting:
            if not each.answer.done():
                msg = f"Nobody serves {each.call.method}." if cause is None else "The message bus does not answer."
                problem = BusUnavailable(msg)
                problem.__cause__ = cause
                each.answer.set_exception(problem)

    def _forget(self, waiting: _Waiting) -> None:
        others = self._open.get(waiting.number)
        if others is not None:
            others.pop(waiting.place, None)
            if not others:
                del self._open[waiting.number]


class Replies:
    """The answerers' side: answers to one parcel that are ready in the same turn go as one message."""

    def __init__(self, connection: Connection, keep: Callable[["asyncio.Task[None]"], None]) -> None:
        self._connection = connection
        self._keep = keep
        self._ready: dict[str, list[Answered]] = {}

    def put(self, reply: str, answered: Answered) -> None:
        """Send an answer with those of the same moment."""
        ready = self._ready.setdefault(reply, [])
        ready.append(answered)
        if len(ready) == 1:
            self._keep(asyncio.create_task(self._send(reply)))

    async def _send(self, reply: str) -> None:
        for some in cut(self._ready.pop(reply), lambda answered: len(answered.body)):
            await self._connection.client.publish(reply, _encode(some))


def read(body: bytes) -> list[Called]:
    """Return the calls of a parcel."""
    return _calls(body)


def cut(parts: Sequence[Part], size: Callable[[Part], int]) -> list[list[Part]]:
    """Cut into runs that are neither too many nor too large for a message."""
    runs: list[list[Part]] = []
    total = _MOST_BYTES
    for part in parts:
        total += size(part)
        if total >= _MOST_BYTES or len(runs[-1]) >= _MOST:
            runs.append([])
            total = size(part)
        runs[-1].append(part)
    return runs
