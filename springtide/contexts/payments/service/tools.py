"""What every use case of payments works with."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from springtide.contexts.payments.providers.port import Provider
from springtide.contexts.payments.providers.registry import Registry
from springtide.contexts.payments.service.attempt_lane import AttemptLane
from springtide.contexts.payments.service.desk import Desk
from springtide.contracts.payments.api import GatewaySwitch
from springtide.platform.caller import Caller, system
from springtide.platform.db import Database
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import logger

# Most gateways answer within this time: then the caller's next look sees the outcome.
SOON_S = 1.5

log = logger(__name__)


@dataclass(slots=True)
class Tools:
    """The database and the lane of attempts, the gateways and the desk that chooses, and where gateways find us."""

    db: Database
    registry: Registry
    desk: Desk
    lane: AttemptLane
    public_url: str
    caller: Caller = field(default_factory=lambda: system("payments"))
    _work: set[asyncio.Task[None]] = field(default_factory=set)

    def provider(self, gateway: str) -> Provider | None:
        """Return a gateway; None when the settings do not name it any more."""
        return self.registry.providers.get(gateway)

    def open_provider(self, gateway: str) -> Provider | None:
        """Return a gateway that may be asked; None when its switch is off, too."""
        return None if self.desk.switch(gateway) is GatewaySwitch.OFF else self.provider(gateway)

    def webhook_url(self, gateway: str) -> str:
        """Return where this gateway sends its messages."""
        return f"{self.public_url}/webhooks/{gateway}"

    async def soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` on its own and wait a moment for it; what is not done then goes on, and is durable anyway."""
        task = asyncio.create_task(self._logged(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        await asyncio.wait({task}, timeout=SOON_S)

    async def close(self) -> None:
        """Stop what goes on by itself and let go of connections."""
        await stopped(self._work)
        await self.registry.close()

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("payments.work_failed")
