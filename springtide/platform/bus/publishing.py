"""Publishing events: sent together, confirmed one by one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import MAX_PAYLOAD_BYTES, PayloadTooLarge
from springtide.platform.bus.stream import EventStream
from springtide.platform.events import Envelope
from springtide.platform.telemetry import logger

_PUBLISHED_WITHIN_S = 5.0
_PUBLISHED_BETWEEN_BREATHS = 64

log = logger(__name__)


class Publisher:
    """Publishes the events of one process."""

    def __init__(self, connection: Connection, stream: EventStream) -> None:
        self._connection = connection
        self._stream = stream
        self._confirmations = _Confirmations(connection.client)
        connection.on_loss.append(self._confirmations.give_up)

    async def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Publish in one pipelined batch; return those the stream confirmed (repeats count as confirmed).

        Rows of one aggregate stay in order: after a failure the aggregate's later rows are not reported as sent.
        """
        await self._stream.get()
        self._connection.require()
        bodies = [msgspec.json.encode(envelope) for envelope in envelopes]
        for envelope, body in zip(envelopes, bodies, strict=True):
            if len(body) > MAX_PAYLOAD_BYTES:
                raise PayloadTooLarge(envelope.type)
        confirmed = await self._confirmed(envelopes, bodies)
        failed: set[str] = set()
        sent: list[Envelope] = []
        for envelope, is_confirmed in zip(envelopes, confirmed, strict=True):
            if not is_confirmed:
                failed.add(envelope.aggregate_id)
            elif envelope.aggregate_id not in failed:
                sent.append(envelope)
        if failed:
            log.warning("bus.publish_failed", events=len(envelopes) - sum(confirmed))
        return sent

    async def _confirmed(self, envelopes: Sequence[Envelope], bodies: Sequence[bytes]) -> list[bool]:
        """Send everything, then wait for the stream's word on each."""
        round_ = await self._confirmations.expect(len(envelopes))
        try:
            for number, (envelope, body) in enumerate(zip(envelopes, bodies, strict=True)):
                subject = self._stream.subject(envelope.type)
                headers = {"Nats-Msg-Id": str(envelope.id)}
                await self._connection.client.publish(subject, body, reply=round_.address(number), headers=headers)
                if number % _PUBLISHED_BETWEEN_BREATHS == 0:
                    await asyncio.sleep(0)  # whoever else lives in this process gets a turn
            with suppress(TimeoutError):
                async with asyncio.timeout(_PUBLISHED_WITHIN_S):
                    await round_.complete.wait()
        except NatsError as error:
            log.debug("bus.publish_broke_off", error=repr(error))
        finally:
            self._confirmations.forget(round_)
        if round_.stream_is_gone:
            self._stream.forget()
        return round_.confirmed


class _Round:
    """The stream's answers to one batch of events."""

    def __init__(self, address: str, size: int) -> None:
        self.confirmed = [False] * size
        self.complete = asyncio.Event()
        self.stream_is_gone = False
        self._address = address
        self._waiting = size

    def address(self, number: int) -> str:
        """Return where the answer about an event goes."""
        return f"{self._address}.{number}"

    def take(self, number: int, message: Msg) -> None:
        """Note an answer: {"stream": …, "seq": …}, with "error" in it when the event was not stored."""
        if message.data:
            self.confirmed[number] = b'"error"' not in message.data
        else:  # nobody listens where the stream should be
            self.stream_is_gone = True
        self._waiting -= 1
        if not self._waiting:
            self.complete.set()


class _Confirmations:
    """One subscription for the stream's answers to everything this process publishes."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = ""
        self._rounds: dict[str, _Round] = {}
        self._count = 0

    async def expect(self, size: int) -> _Round:
        """Open a round of `size` answers."""
        if not self._inbox:
            self._inbox = self._client.new_inbox()
            await self._client.subscribe(f"{self._inbox}.*.*", cb=self._take)
        self._count += 1
        round_ = self._rounds[str(self._count)] = _Round(f"{self._inbox}.{self._count}", size)
        return round_

    def forget(self, round_: _Round) -> None:
        """Close a round: answers that come later are dropped."""
        self._rounds = {name: known for name, known in self._rounds.items() if known is not round_}

    def give_up(self) -> None:
        """Let nobody wait for answers that a broken connection has lost."""
        for round_ in self._rounds.values():
            round_.complete.set()

    async def _take(self, message: Msg) -> None:
        _, name, number = message.subject.rsplit(".", 2)
        if name in self._rounds:
            self._rounds[name].take(int(number), message)
