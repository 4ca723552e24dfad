"""Taking events: as a durable consumer that acknowledges, or as a follower that only looks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress

from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from springtide.platform.bus import arrivals as came
from springtide.platform.bus.arrivals import Arrivals, Delivery
from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import BusUnavailable
from springtide.platform.bus.stream import EventStream

_ACK_WAIT_S = 15
# Twice what a consumer takes at once: the next batch lies ready while this one commits.
_MAX_ACK_PENDING = 1_024


class Taker:
    """Takes the events of one process."""

    def __init__(self, connection: Connection, stream: EventStream) -> None:
        self._connection = connection
        self._stream = stream

    async def deliveries(
        self, consumer: str, types: Sequence[str], *, batch: int = 512
    ) -> AsyncGenerator[list[Delivery], None]:
        """Yield batches for a durable consumer as they arrive; replicas share the work through one deliver group.

        Every delivery must be acked or asked for later by the caller. What was not acked in time comes again.
        """
        config = ConsumerConfig(
            durable_name=consumer,
            deliver_subject=f"{self._connection.prefix}deliver.{consumer}",
            deliver_group=consumer,
            filter_subjects=[self._stream.subject(name) for name in sorted(types)],
            ack_policy=AckPolicy.EXPLICIT,
            deliver_policy=DeliverPolicy.ALL,
            ack_wait=_ACK_WAIT_S,
            max_ack_pending=_MAX_ACK_PENDING,
        )
        stream = await self._stream.get()
        await stream.add_consumer(self._stream.name, config)
        arrivals = Arrivals()
        subscription = await self._connection.client.subscribe(
            f"{self._connection.prefix}deliver.{consumer}", queue=consumer, cb=arrivals.take
        )
        try:
            while True:
                try:
                    yield await came.next_batch(arrivals, batch)
                except TimeoutError:
                    await self._stream.require_consumer(consumer)
        finally:
            with suppress(NatsError, TimeoutError):
                await self._give_back(subscription, arrivals)

    async def _give_back(self, subscription: Subscription, arrivals: Arrivals) -> None:
        """Leave the deliver group and let the others have at once what arrived here and nobody has taken."""
        await self._connection.hush(subscription)
        await subscription.unsubscribe()
        for delivery in arrivals.rest():
            await delivery.retry_later(0)

    async def follow(self, types: Sequence[str], *, after_sequence: int | None) -> AsyncIterator[list[Delivery]]:
        """Yield events in stream order from just after `after_sequence` (None: from now on), without acknowledging.

        An idle stream yields empty lists every few seconds, so that a follower can look after itself. When deliveries
        were lost (the connection broke), the stream was emptied of events not seen yet, or the server has forgotten the
        follower, `BusUnavailable`: read the state anew and follow again.
        """
        inbox = self._connection.client.new_inbox()
        config = ConsumerConfig(
            deliver_subject=inbox,
            filter_subjects=[self._stream.subject(name) for name in sorted(types)],
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.NEW if after_sequence is None else DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=None if after_sequence is None else after_sequence + 1,
            inactive_threshold=60,
            mem_storage=True,
        )
        stream = await self._stream.get()
        arrivals = Arrivals()
        subscription = await self._connection.client.subscribe(inbox, cb=arrivals.take)
        try:
            info = await stream.add_consumer(self._stream.name, config)
            seen, newest, looked_at = 0, after_sequence, -came.IDLE_S
            clock = asyncio.get_running_loop().time
            while True:
                if clock() - looked_at >= came.IDLE_S:  # by the clock: a stream that is never idle can lose events too
                    await self._stream.require_unseen(newest)
                    looked_at = clock()
                try:
                    batch = await came.next_batch(arrivals, 256)
                except TimeoutError:
                    await self._stream.require_consumer(info.name)
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
