"""NATS: the stream events travel on and the subjects contract calls travel on. The only module that imports nats.

Events: JetStream stream `SPRINGTIDE`, subjects `ev.<type>`, kept seven days, de-duplicated by outbox row id.
Calls: subjects `rpc.<context>.<method>`, queue group = the context's name (the load balancer between replicas).
A namespace puts everything under a prefix, so that several shops (or tests) share one server.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, NoRespondersError, OutboundBufferLimitError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StreamConfig,
    StreamState,
)
from nats.js.errors import BadRequestError, NoStreamResponseError, NotFoundError

from springtide.platform.errors import DeadlineExceeded, Unavailable
from springtide.platform.events import Envelope
from springtide.platform.telemetry import logger

STREAM = "SPRINGTIDE"
MAX_PAYLOAD_BYTES = 512 * 1024
_KEEP_EVENTS_S = 7 * 24 * 3600
_DEDUPLICATE_S = 120
_PUBLISHED_WITHIN_S = 5.0
_PUBLISHED_BETWEEN_BREATHS = 64
_ACK_WAIT_S = 15
_LEAVING_S = 0.1
# Twice what a consumer takes at once: the next batch lies ready while this one commits.
_MAX_ACK_PENDING = 1_024
_MAX_ARRIVED = 65_536
_CREATE_DEADLINE_S = 20.0
_IDLE_S = 5.0

log = logger(__name__)


class BusUnavailable(Unavailable):
    """NATS does not answer, or nobody serves the subject."""

    code = "bus_unavailable"


class PayloadTooLarge(ValueError):
    """Bytes above 512 KB never travel by call or event: media go through the blob port."""


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


Handler = Callable[[str, bytes, dict[str, str]], Awaitable[tuple[bytes, dict[str, str]]]]


class Bus:
    """One connection to NATS. Connecting goes on in the background: a process starts while NATS is away."""

    def __init__(self, url: str, *, name: str, namespace: str = "") -> None:
        self._url = url
        self._name = name
        self._prefix = f"{namespace}." if namespace else ""
        self._stream_name = f"{STREAM}_{namespace}" if namespace else STREAM
        self._client = Client()
        self._stream: JetStreamContext | None = None
        self._confirmations = _Confirmations(self._client)
        self._serving: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Tell whether the server answers now."""
        return self._client.is_connected

    async def open(self, *, wait_s: float = 5.0) -> None:
        """Connect; after `wait_s` seconds without an answer go on trying in the background."""
        self._connecting = asyncio.create_task(self._connect())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._connecting), wait_s)

    async def _connect(self) -> None:
        await self._client.connect(
            self._url,
            name=self._name,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2,  # type: ignore[arg-type]  # it is slept for: fractions work
            connect_timeout=2,
            max_outstanding_pings=3,
            ping_interval=10,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            pending_size=8 * 1024 * 1024,
        )

    async def _on_error(self, error: Exception) -> None:
        log.debug("bus.error", error=repr(error))

    async def _on_disconnect(self) -> None:
        self._confirmations.give_up()

    async def close(self) -> None:
        """Finish what is being served, then leave."""
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._serving:
            await asyncio.wait(self._serving, timeout=5)
        if self._client.is_connected:
            with suppress(NatsError, TimeoutError):
                await asyncio.wait_for(self._client.drain(), 5)
        else:
            await self._client.close()

    async def stream(self) -> JetStreamContext:
        """Return the JetStream context; make the stream the first time, again while the cluster is electing."""
        if self._stream is not None:
            return self._stream
        self._require_connection()
        context = self._client.jetstream(timeout=5)
        config = StreamConfig(
            name=self._stream_name,
            subjects=[f"{self._prefix}ev.>"],
            retention=RetentionPolicy.LIMITS,
            max_age=_KEEP_EVENTS_S,
            discard=DiscardPolicy.OLD,
            duplicate_window=_DEDUPLICATE_S,
        )
        deadline = asyncio.get_running_loop().time() + _CREATE_DEADLINE_S
        while True:
            try:
                await context.add_stream(config)
                break
            except BadRequestError:
                await context.update_stream(config)
                break
            except NatsTimeout as error:
                if asyncio.get_running_loop().time() > deadline:
                    msg = "The event stream cannot be created."
                    raise BusUnavailable(msg) from error
                await asyncio.sleep(0.2)
        self._stream = context
        return context

    def _require_connection(self) -> None:
        if not self._client.is_connected:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg)

    async def publish(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Publish in one pipelined batch; return those the stream confirmed (repeats count as confirmed).

        Rows of one aggregate stay in order: after a failure the aggregate's later rows are not reported as sent.
        """
        await self.stream()
        self._require_connection()
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
                subject = f"{self._prefix}ev.{envelope.type}"
                headers = {"Nats-Msg-Id": str(envelope.id)}
                await self._client.publish(subject, body, reply=round_.address(number), headers=headers)
                if number % _PUBLISHED_BETWEEN_BREATHS == 0:
                    await asyncio.sleep(0)  # whoever else lives in this process gets a turn
            with suppress(TimeoutError):
                await asyncio.wait_for(round_.complete.wait(), _PUBLISHED_WITHIN_S)
        except NatsError as error:
            log.debug("bus.publish_broke_off", error=repr(error))
        finally:
            self._confirmations.forget(round_)
        if round_.stream_is_gone:
            self._stream = None
        return round_.confirmed

    async def deliveries(
        self, consumer: str, types: Sequence[str], *, batch: int = 512
    ) -> AsyncIterator[list[Delivery]]:
        """Yield batches for a durable consumer as they arrive; replicas share the work through one deliver group.

        Every delivery must be acked or asked for later by the caller. What was not acked in time comes again.
        """
        config = ConsumerConfig(
            durable_name=consumer,
            deliver_subject=f"{self._prefix}deliver.{consumer}",
            deliver_group=consumer,
            filter_subjects=[f"{self._prefix}ev.{name}" for name in sorted(types)],
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=_MAX_ACK_PENDING,
        )
        stream = await self.stream()
        await stream.add_consumer(self._stream_name, config)
        arrivals = _Arrivals()
        subscription = await self._client.subscribe(
            f"{self._prefix}deliver.{consumer}", queue=consumer, cb=arrivals.take
        )
        try:
            while True:
                try:
                    yield await _next_batch(arrivals, batch)
                except TimeoutError:
                    await self._require_consumer(consumer)
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def follow(self, types: Sequence[str], *, after_sequence: int | None) -> AsyncIterator[list[Delivery]]:
        """Yield events in stream order from just after `after_sequence` (None: from now on), without acknowledging.

        An idle stream yields empty lists every few seconds, so that a follower can look after itself. When deliveries
        were lost (the connection broke), the stream was emptied of events not seen yet, or the server has forgotten the
        follower, `BusUnavailable`: read the state anew and follow again.
        """
        inbox = self._client.new_inbox()
        config = ConsumerConfig(
            deliver_subject=inbox,
            filter_subjects=[f"{self._prefix}ev.{name}" for name in sorted(types)],
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.NEW if after_sequence is None else DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=None if after_sequence is None else after_sequence + 1,
            inactive_threshold=60,
            mem_storage=True,
        )
        stream = await self.stream()
        arrivals = _Arrivals()
        subscription = await self._client.subscribe(inbox, cb=arrivals.take)
        try:
            info = await stream.add_consumer(self._stream_name, config)
            seen, newest, looked_at = 0, after_sequence, -_IDLE_S
            clock = asyncio.get_running_loop().time
            while True:
                if clock() - looked_at >= _IDLE_S:  # by the clock: a stream that is never idle can lose events too
                    await self._require_unseen(newest)
                    looked_at = clock()
                try:
                    batch = await _next_batch(arrivals, 256)
                except TimeoutError:
                    await self._require_consumer(info.name)
                    batch = []
                seen += len(batch)
                if batch and batch[-1].place != seen:  # nothing is acked, so what was lost would not come again
                    msg = "Events were lost on the way: follow again."
                    raise BusUnavailable(msg)
                newest = batch[-1].sequence if batch else newest
                yield batch
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    async def _require_consumer(self, name: str) -> None:
        """Raise `BusUnavailable` when the server does not answer or knows no such consumer (any more)."""
        stream = await self.stream()
        try:
            await stream.consumer_info(self._stream_name, name)
        except (NatsError, TimeoutError) as error:
            self._forget_stream_after(error)
            msg = f"The event stream has no consumer {name}."
            raise BusUnavailable(msg) from error

    async def _require_unseen(self, newest: int | None) -> None:
        """Raise `BusUnavailable` when events after the `newest` that was seen were purged, or the stream began anew."""
        state = await self._state()
        if newest is not None and not state.first_seq - 1 <= newest <= state.last_seq:
            msg = f"The stream has events {state.first_seq} to {state.last_seq}, not all after {newest}: read anew."
            raise BusUnavailable(msg)

    def _forget_stream_after(self, error: Exception) -> None:
        """Make the stream again at the next use when a server came back with an empty store."""
        if isinstance(error, NoStreamResponseError | NotFoundError):
            self._stream = None

    async def last_sequence(self) -> int:
        """Return the sequence of the newest event in the stream (0 when it is empty). `BusUnavailable`."""
        return (await self._state()).last_seq

    async def _state(self) -> StreamState:
        stream = await self.stream()
        self._require_connection()
        try:
            info = await stream.stream_info(self._stream_name)
        except (NatsError, TimeoutError) as error:
            self._forget_stream_after(error)
            msg = "The event stream does not answer."
            raise BusUnavailable(msg) from error
        return info.state

    async def drop_stream(self) -> None:
        """Delete the stream with all its events: for tests with a namespace of their own."""
        stream = await self.stream()
        await stream.delete_stream(self._stream_name)
        self._stream = None

    async def consumer_lag(self, consumer: str) -> int:
        """Return how many events the durable consumer has not acked yet; 0 when it does not exist."""
        stream = await self.stream()
        try:
            info = await stream.consumer_info(self._stream_name, consumer)
        except NotFoundError:
            return 0
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def call(self, subject: str, body: bytes, headers: dict[str, str], *, timeout_s: float) -> Msg:
        """Send a request and wait for the reply. Nobody there: `BusUnavailable`; too late: `DeadlineExceeded`."""
        if len(body) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(subject)
        self._require_connection()
        try:
            return await self._client.request(self._prefix + subject, body, timeout=timeout_s, headers=headers)
        except NoRespondersError as error:
            msg = f"Nobody serves {subject}."
            raise BusUnavailable(msg) from error
        except (ConnectionClosedError, OutboundBufferLimitError) as error:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg) from error
        except (NatsTimeout, TimeoutError) as error:
            msg = f"{subject} did not answer within {timeout_s:.1f} s."
            raise DeadlineExceeded(msg) from error

    async def tell(self, subject: str, body: bytes) -> None:
        """Send a message that nobody has to hear and nobody keeps. `BusUnavailable`."""
        self._require_connection()
        try:
            await self._client.publish(self._prefix + subject, body)
        except NatsError as error:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg) from error

    @asynccontextmanager
    async def hearing(self, subject: str, take: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[None]:
        """Hand every message told under `subject.*` to `take` while the block lasts, also after a reconnect.

        `BusUnavailable` when there is no connection to begin with.
        """

        async def on_message(message: Msg) -> None:
            await take(message.data)

        if self._connecting is not None:
            await self._connecting
        self._require_connection()
        subscription = await self._client.subscribe(f"{self._prefix}{subject}.*", cb=on_message)
        try:
            yield
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()

    @asynccontextmanager
    async def serving(self, context: str, handler: Handler, *, max_concurrent: int = 256) -> AsyncIterator[None]:
        """Answer calls to `rpc.<context>.*` while the block runs; calls above `max_concurrent` wait their turn."""
        limit = asyncio.Semaphore(max_concurrent)

        async def answer(message: Msg) -> None:
            async with limit:
                method = message.subject.rpartition(".")[2]
                body, headers = await handler(method, message.data, dict(message.headers or {}))
                if message.reply:
                    await self._client.publish(message.reply, body, headers=headers)

        async def on_message(message: Msg) -> None:
            task = asyncio.create_task(answer(message))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        if self._connecting is not None:
            await self._connecting
        subscription = await self._client.subscribe(f"{self._prefix}rpc.{context}.*", queue=context, cb=on_message)
        await self._client.flush(timeout=5)
        try:
            yield
        finally:
            with suppress(NatsError, TimeoutError):
                await self._leave(subscription)

    async def _leave(self, subscription: Subscription) -> None:
        """Stop taking calls, then answer what was handed over.

        The server may have chosen us for a call in the very moment we left and hand it over a little later, after its
        answer to our goodbye: so the subscription is kept for that moment before it is drained.
        """
        await self._client._send_unsubscribe(subscription._id)  # noqa: SLF001 - drain() sends it too, but forgets at once
        await self._client.flush(timeout=5)
        await asyncio.sleep(_LEAVING_S)
        await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py left it untyped


class _Arrivals:
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
            await asyncio.wait_for(self._came.wait(), _IDLE_S)
        return [self._messages.popleft() for _ in range(min(size, len(self._messages)))]


async def _next_batch(arrivals: _Arrivals, size: int) -> list[Delivery]:
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


_ACK_TOKENS = 9
_ENVELOPE = msgspec.json.Decoder(Envelope)


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


async def ack_all(deliveries: Iterable[Delivery]) -> None:
    """Tell the stream that the consumer is done with these: sent together."""
    for delivery in deliveries:
        await delivery.ack()
