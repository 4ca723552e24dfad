"""Messages to whoever listens right now: nobody has to hear them, and nobody keeps them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from springtide.platform.bus.connection import Connection
from springtide.platform.bus.errors import BusUnavailable


class Teller:
    """Tells and hears for one process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def tell(self, subject: str, body: bytes) -> None:
        """Tell whoever listens to `subject`. `BusUnavailable`."""
        self._connection.require()
        try:
            await self._connection.client.publish(self._connection.prefix + subject, body)
        except NatsError as error:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg) from error

    @asynccontextmanager
    async def hearing(self, subject: str, take: Callable[[bytes], None]) -> AsyncIterator[None]:
        """Hand over what is told on `subject` (`*` stands for a word) while the block runs, also after a reconnect.

        Waits until the first connection stands.
        """

        async def on_message(message: Msg) -> None:
            take(message.data)

        await self._connection.wait()
        subscription = await self._connection.client.subscribe(self._connection.prefix + subject, cb=on_message)
        await self._connection.settle()
        try:
            yield
        finally:
            with suppress(NatsError):
                await subscription.unsubscribe()
