"""What every use case of checkout works with."""

import asyncio
from dataclasses import dataclass, field

from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentMethod, PaymentMethodUnknown, PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.wiring import Defer

_METHODS_KEPT_S = 15.0


@dataclass(slots=True)
class Tools:
    """The database, the neighbours, and the shop's secret key for cart tokens."""

    db: Database
    pricing: PricingApi
    inventory: InventoryApi
    payments: PaymentsApi
    orders: OrdersApi
    secret_key: str
    defer: Defer
    _methods: dict[str, tuple[float, tuple[PaymentMethod, ...]]] = field(default_factory=dict)

    async def methods(self, market: str, amount_minor: int) -> tuple[PaymentMethod, ...]:
        """Return the methods offered for an amount; the market's list is asked for again every few seconds."""
        now = asyncio.get_running_loop().time()
        kept = self._methods.get(market)
        if kept is None or now - kept[0] > _METHODS_KEPT_S:
            found = await self.payments.methods(caller=system("checkout"), market=market)
            self._methods[market] = (now, found)
        return self.known_methods(market, amount_minor)

    def known_methods(self, market: str, amount_minor: int) -> tuple[PaymentMethod, ...]:
        """Return the methods offered for an amount from memory: for use inside a transaction, after `methods`."""
        return tuple(
            method
            for method in self._methods.get(market, (0.0, ()))[1]
            if method.min_minor <= amount_minor and (method.max_minor is None or amount_minor <= method.max_minor)
        )

    async def method(self, market: str, amount_minor: int, key: str) -> PaymentMethod:
        """Return one offered method; `PaymentMethodUnknown`."""
        for method in await self.methods(market, amount_minor):
            if method.key == key:
                return method
        msg = f"{key} is not offered in {market} for this amount."
        raise PaymentMethodUnknown(msg, method=key, market=market)
