"""Questions to everybody: each process that listens answers, and whoever asks takes what comes in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from springtide.platform.bus.connection import Connection

Answer = Callable[[], Awaitable[bytes]]


class Questions:
    """Asks and answers for one process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def answering(self, subjects: Iterable[str], answer: Answer) -> AsyncIterator[None]:
        """Answer questions on these subjects while the block runs. Waits until the first connection stands."""

        async def take(message: Msg) -> None:
            if message.reply:
                await self._connection.client.publish(message.reply, await answer())

        await self._connection.wait()
        async with AsyncExitStack() as stack:
            for subject in subjects:
                subscription = await self._connection.client.subscribe(self._connection.prefix + subject, cb=take)
                stack.push_async_callback(_forget, subscription)
            await self._connection.settle()
            yield

    async def ask_all(self, subject: str, *, within_s: float) -> list[bytes]:
        """Ask everybody who listens to `subject`; return what came within `within_s` seconds. `BusUnavailable`."""
        self._connection.require()
        client, answers, nobody = self._connection.client, list[bytes](), asyncio.Event()

        async def take(message: Msg) -> None:
            if (message.headers or {}).get("Status") == "503":
                nobody.set()
            else:
                answers.append(message.data)

        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox, cb=take)
        try:
            await client.publish(self._connection.prefix + subject, b"", reply=inbox)
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await nobody.wait()
        finally:
            await _forget(subscription)
        return answers


async def _forget(subscription: Subscription) -> None:
    with suppress(NatsError):
        await subscription.unsubscribe()
