"""Events as they arrive."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec
from nats.aio.msg import Msg

from springtide.platform.events import Envelope

IDLE_S = 5.0
_MAX_ARRIVED = 65_536
_ACK_TOKENS = 9
_ENVELOPE = msgspec.json.Decoder(Envelope)


class Delivery(msgspec.Struct, frozen=True):
    """One event as it arrived: `sequence` is its place in the stream, `place` the one among what its consumer was
    given, `attempt` counts from 1.
    """

    envelope: Envelope
    sequence: int
    place: int
    attempt: int
    _message: Any

    async def ack(self) -> None:
        """Tell the stream that this consumer is done with it."""
        await self._message.ack()

    async def retry_later(self, delay_s: float) -> None:
        """Ask for another delivery after `delay_s` seconds."""
        await self._message.nak(delay=delay_s)


class Arrivals:
    """What a subscription brought and nobody has taken yet."""

    def __init__(self) -> None:
        self._messages: deque[Msg] = deque()
        self._came = asyncio.Event()

    async def take(self, message: Msg) -> None:
        """Lay a message aside. Beyond the limit it is dropped: a follower sees the gap, a consumer gets it again."""
        if len(self._messages) < _MAX_ARRIVED:
            self._messages.append(message)
            self._came.set()

    async def next(self, size: int) -> list[Msg]:
        """Wait for one message, then give what lies there already: no added latency. TimeoutError when idle."""
        if not self._messages:
            self._came.clear()
            async with asyncio.timeout(IDLE_S):
                await self._came.wait()
        return [self._messages.popleft() for _ in range(min(size, len(self._messages)))]

    def rest(self) -> list[Delivery]:
        """Give everything that nobody has taken."""
        rest = [_delivery(message) for message in self._messages]
        self._messages.clear()
        return rest


async def next_batch(arrivals: Arrivals, size: int) -> list[Delivery]:
    """Wait for events, then give those that lie there, at most `size`. TimeoutError after `IDLE_S` without one."""
    return [_delivery(message) for message in await arrivals.next(size)]


def _delivery(message: Msg) -> Delivery:
    attempt, sequence, place = _numbers(message.reply)
    return Delivery(_ENVELOPE.decode(message.data), sequence, place, attempt, message)


def _numbers(reply: str) -> tuple[int, int, int]:
    """Read attempt, stream sequence and place from the address an ack goes to.

    $JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<place>.<time>.<pending>; servers with a domain put it and an
    account after ACK.
    """
    tokens = reply.split(".")
    first = 4 if len(tokens) == _ACK_TOKENS else 6
    return int(tokens[first]), int(tokens[first + 1]), int(tokens[first + 2])


async def ack_all(deliveries: Iterable[Delivery]) -> None:
    """Tell the stream that the consumer is done with these: sent together."""
    for delivery in deliveries:
        await delivery.ack()
