"""Contract calls: subjects `rpc.<context>.<method>`, a queue group per context. Many at once: see `parcels`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, NoRespondersError, OutboundBufferLimitError
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import MAX_PAYLOAD_BYTES, BusUnavailable, PayloadTooLarge
from springtide.platform.bus.parcels import METHOD, Answer, Answered, Called, Parcels, Replies, read
from springtide.platform.errors import DeadlineExceeded
from springtide.platform.tasks import heeding

_LEAVING_S = 0.1
_ANSWERED_WITHIN_S = 12.0  # as long as whoever asked waits

Handler = Callable[[str, bytes, dict[str, str]], Awaitable[tuple[bytes, dict[str, str]]]]


class Calls:
    """Makes and answers the calls of one process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._serving: set[asyncio.Task[None]] = set()
        self._parcels = Parcels(connection)
        self._replies = Replies(connection, self._keep)

    async def finish(self) -> None:
        """Wait until what was handed over is answered, at most as long as anybody waits for it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                while self._serving:  # a last answer may still have to be sent when its call is done
                    await asyncio.wait(self._serving)

    async def call(
        self, context: str, method: str, body: bytes, headers: dict[str, str], *, timeout_s: float
    ) -> Answer:
        """Send a request and wait for the reply. Nobody there: `BusUnavailable`; too late: `DeadlineExceeded`."""
        subject = f"rpc.{context}.{method}"
        if len(body) > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(subject)
        self._connection.require()
        try:
            together = await self._parcels.call(context, Called(method, body, headers), timeout_s=timeout_s)
            if together is not None:
                return together
            message = await heeding(
                self._connection.client.request(
                    self._connection.prefix + subject, body, timeout=timeout_s, headers=headers
                )
            )
            return Answer(message.data, dict(message.headers or {}))
        except NoRespondersError as error:
            msg = f"Nobody serves {subject}."
            raise BusUnavailable(msg) from error
        except (ConnectionClosedError, OutboundBufferLimitError) as error:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg) from error
        except (NatsTimeout, TimeoutError) as error:
            msg = f"{subject} did not answer within {timeout_s:.1f} s."
            raise DeadlineExceeded(msg) from error

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    @asynccontextmanager
    async def serving(self, context: str, handler: Handler, *, max_concurrent: int = 256) -> AsyncIterator[None]:
        """Answer calls to `rpc.<context>.*` while the block runs; calls above `max_concurrent` wait their turn."""
        limit = asyncio.Semaphore(max_concurrent)

        async def answer(message: Msg, method: str) -> None:
            async with limit:
                body, headers = await handler(method, message.data, dict(message.headers or {}))
                if message.reply:
                    await self._connection.client.publish(message.reply, body, headers=headers)

        async def answer_part(reply: str, place: int, call: Called) -> None:
            async with limit:
                body, headers = await handler(call.method, call.body, call.headers)
                self._replies.put(reply, Answered(place, body, headers))

        async def on_message(message: Msg) -> None:
            method = message.subject.rpartition(".")[2]
            if method != METHOD:
                self._keep(asyncio.create_task(answer(message, method)))
                return
            for place, call in enumerate(read(message.data)):
                self._keep(asyncio.create_task(answer_part(message.reply, place, call)))

        await self._connection.wait()
        subscription = await self._connection.client.subscribe(
            f"{self._connection.prefix}rpc.{context}.*", queue=context, cb=on_message
        )
        await self._connection.settle()
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
        await self._connection.hush(subscription)
        await asyncio.sleep(_LEAVING_S)
        await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py left it untyped
