"""The connection to NATS. Connecting goes on in the background: a process starts while NATS is away."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from springtide.platform.bus.errors import BusUnavailable
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import logger

_ANSWERED_WITHIN_S = 5

log = logger(__name__)


class Connection:
    """One connection; `prefix` stands before every subject of this shop. `on_loss` is called when it breaks."""

    def __init__(self, url: str, *, name: str, prefix: str) -> None:
        self.client = Client()
        self.prefix = prefix
        self.on_loss: list[Callable[[], None]] = []
        self._servers = url.split(",")
        self._name = name
        self._connecting: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Tell whether the server answers now."""
        return self.client.is_connected

    def require(self) -> None:
        """Raise `BusUnavailable` when the server does not answer."""
        if not self.client.is_connected:
            msg = "The message bus does not answer."
            raise BusUnavailable(msg)

    async def wait(self) -> None:
        """Wait until the first connection stands."""
        if self._connecting is not None:
            await self._connecting

    async def open(self, *, wait_s: float = 5.0) -> None:
        """Connect; after `wait_s` seconds without an answer go on trying in the background."""
        self._connecting = asyncio.create_task(self._connect())
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await asyncio.shield(self._connecting)

    async def _connect(self) -> None:
        await self.client.connect(
            self._servers,
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

    async def hush(self, subscription: Subscription) -> None:
        """Have the server send nothing more on `subscription`; what is under way still arrives. `NatsError`."""
        await self.client._send_unsubscribe(subscription._id)  # noqa: SLF001 - drain() sends it too, but forgets at once
        await self.settle()

    async def settle(self) -> None:
        """Wait until the server has taken everything that was sent before: what it was asked for holds. `NatsError`.

        nats-py's flush() alone does not promise it: its PING goes straight to the socket and overtakes commands that
        still wait for the client's writing task, such as the subscription made a moment ago.
        """
        await self.client._flush_pending(force_flush=True)  # noqa: SLF001 - the writing task has no other door
        await self.client.flush(timeout=_ANSWERED_WITHIN_S)

    async def _on_disconnect(self) -> None:
        for told in self.on_loss:
            told()

    async def close(self) -> None:
        """Leave, after what was sent is on its way."""
        if self._connecting is not None and not self._connecting.done():
            await stopped([self._connecting])
        if self.client.is_connected:
            with suppress(NatsError, TimeoutError):
                async with asyncio.timeout(_ANSWERED_WITHIN_S):
                    await self.client.drain()
        else:
            await self.client.close()
