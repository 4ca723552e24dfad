"""The clerk: ships and cancels some of what was sold, so that captures, refunds and ledgers are under fire too."""

import asyncio
from dataclasses import dataclass
from random import Random
from uuid import UUID

from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import system
from springtide.platform.errors import Refusal, Unavailable
from springtide.rehearsal.drill.record import Purchase, Record

_PAUSE_S = 0.25
_PATIENCE_S = 25.0
_AGAIN_S = 0.5
_CALLER = system("drill-clerk")


@dataclass(slots=True)
class Clerk:
    """Takes success answers in their order: ships some, cancels some, leaves the rest to be shipped."""

    orders: OrdersApi
    record: Record
    random: Random
    _seen: int = 0

    async def work_until(self, closes: asyncio.Event) -> None:
        """Work until the shop closes; what was begun is finished."""
        while not closes.is_set():
            successes = self.record.successes
            if self._seen < len(successes):
                purchase = successes[self._seen]
                self._seen += 1
                await self._decide(purchase)
            await asyncio.sleep(_PAUSE_S)

    async def _decide(self, purchase: Purchase) -> None:
        mood = self.random.random()
        if mood < 0.4:  # noqa: PLR2004 - two of five are shipped at once
            self.record.shipped.add(purchase.order_id)
            await self._insist(purchase, ships=True)
        elif mood < 0.6:  # noqa: PLR2004 - every fifth buyer changes their mind
            self.record.cancelled.add(purchase.order_id)
            await self._insist(purchase, ships=False)

    async def _insist(self, purchase: Purchase, *, ships: bool) -> None:
        """Repeat with the same key until there is an answer; a refusal is one."""
        order_id = UUID(purchase.order_id)
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            try:
                if ships:
                    await self.orders.ship(
                        caller=_CALLER,
                        key=f"drill-ship:{order_id}",
                        order_id=order_id,
                        lines={},
                        carrier="parcelpost",
                        tracking="DRILL",
                    )
                else:
                    await self.orders.cancel(
                        caller=_CALLER, key=f"drill-cancel:{order_id}", order_id=order_id, lines={}, reason="drill"
                    )
            except Unavailable:
                await asyncio.sleep(_AGAIN_S)
            except Refusal as refusal:
                text = f"the clerk was refused: {refusal.code} {refusal.detail}"
                self.record.broken.append(("a success answer is never taken back", purchase.order_id, text))
                return
            else:
                return
