"""The stream events travel on: made at the first use, asked how far it is."""

import asyncio

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StreamConfig, StreamState
from nats.js.errors import BadRequestError, NoStreamResponseError, NotFoundError, ServerError

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import BusUnavailable

STREAM = "SPRINGTIDE"
_KEEP_EVENTS_S = 7 * 24 * 3600
_DEDUPLICATE_S = 120
_CREATE_DEADLINE_S = 20.0


class EventStream:
    """The shop's stream on one connection; every event is kept on `replicas` servers."""

    def __init__(self, connection: Connection, *, name: str, replicas: int) -> None:
        self.name = name
        self._replicas = replicas
        self._connection = connection
        self._stream: JetStreamContext | None = None

    def subject(self, type_: str) -> str:
        """Return the subject events of a type travel on."""
        return f"{self._connection.prefix}ev.{type_}"

    def forget(self) -> None:
        """Make the stream again at the next use."""
        self._stream = None

    async def get(self) -> JetStreamContext:
        """Return the JetStream context; make the stream the first time, again while the cluster is electing."""
        if self._stream is not None:
            return self._stream
        self._connection.require()
        context = self._connection.client.jetstream(timeout=5)
        config = self._config()
        deadline = asyncio.get_running_loop().time() + _CREATE_DEADLINE_S
        while True:
            try:
                await context.add_stream(config)
                break
            except BadRequestError:
                await context.update_stream(config)
                break
            except (NatsTimeout, NoRespondersError, ServerError) as error:  # a cluster that is still electing
                if asyncio.get_running_loop().time() > deadline:
                    msg = "The event stream cannot be created."
                    raise BusUnavailable(msg) from error
                await asyncio.sleep(0.2)
        self._stream = context
        return context

    def _config(self) -> StreamConfig:
        return StreamConfig(
            name=self.name,
            subjects=[self.subject(">")],
            retention=RetentionPolicy.LIMITS,
            max_age=_KEEP_EVENTS_S,
            discard=DiscardPolicy.OLD,
            duplicate_window=_DEDUPLICATE_S,
            num_replicas=self._replicas,
        )

    async def begin_anew(self) -> int:
        """Make the stream again, empty: after a restore, when outboxes are the truth. Return its first sequence.

        With the events go all positions of consumers and what was remembered against repeats. The sequence goes on
        beyond the old one, so that every follower sees a gap and reads its state anew.
        """
        first = await self.last_sequence() + 2
        stream = await self.get()
        await stream.delete_stream(self.name)
        config = self._config()
        config.first_seq = first
        await stream.add_stream(config)
        return first

    async def require_consumer(self, name: str) -> None:
        """Raise `BusUnavailable` when the server does not answer or knows no such consumer (any more)."""
        stream = await self.get()
        try:
            await stream.consumer_info(self.name, name)
        except (NatsError, TimeoutError) as error:
            self._forget_stream_after(error)
            msg = f"The event stream has no consumer {name}."
            raise BusUnavailable(msg) from error

    async def require_unseen(self, newest: int | None) -> None:
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
        stream = await self.get()
        self._connection.require()
        try:
            info = await stream.stream_info(self.name)
        except (NatsError, TimeoutError) as error:
            self._forget_stream_after(error)
            msg = "The event stream does not answer."
            raise BusUnavailable(msg) from error
        return info.state

    async def drop(self) -> None:
        """Delete the stream with all its events, and the shop's buckets: for tests with a namespace of their own."""
        stream = await self.get()
        await stream.delete_stream(self.name)
        for found in await stream.streams_info():
            if (found.config.name or "").startswith(f"KV_{self.name}_"):
                await stream.delete_stream(str(found.config.name))
        self._stream = None

    async def consumer_lag(self, consumer: str) -> int:
        """Return how many events the durable consumer has not acked yet; 0 when it does not exist."""
        stream = await self.get()
        try:
            info = await stream.consumer_info(self.name, consumer)
        except NotFoundError:
            return 0
        return (info.num_pending or 0) + (info.num_ack_pending or 0)
