"""What every use case of checkout works with."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from uuid import UUID

from springtide.contexts.checkout.store import CartRow, find_cart
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentMethod, PaymentMethodUnknown, PaymentsApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import system
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.wiring import Defer

_METHODS_KEPT_S = 15.0
_CARTS_KEPT = 2_000
TELL_BUYER = "tell_buyer"
"""The job that mails a buyer whose charge is undone."""


class RecentCarts:
    """Carts as this process wrote them last. Only a hint that spares a read: every write compares the version under
    the lock, and what turns out to be old is read again.
    """

    def __init__(self, most: int = _CARTS_KEPT) -> None:
        self._rows: OrderedDict[UUID, CartRow] = OrderedDict()
        self._most = most

    def get(self, cart_id: UUID) -> CartRow | None:
        """Return the row, if it was written here lately."""
        return self._rows.get(cart_id)

    def put(self, row: CartRow) -> None:
        """Remember a row that was committed; the oldest is forgotten."""
        self._rows[row.id] = row
        self._rows.move_to_end(row.id)
        if len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def drop(self, cart_id: UUID) -> None:
        """Forget a row."""
        self._rows.pop(cart_id, None)


@dataclass(slots=True)
class Tools:
    """The database and its lane, the neighbours, and the shop's secret key for cart tokens."""

    db: Database
    pricing: PricingApi
    inventory: InventoryApi
    payments: PaymentsApi
    orders: OrdersApi
    secret_key: str
    defer: Defer
    lane: Lane = field(init=False)
    carts: RecentCarts = field(default_factory=RecentCarts)
    _methods: dict[str, tuple[float, tuple[PaymentMethod, ...]]] = field(default_factory=dict)

    async def cart(self, cart_id: UUID) -> CartRow | None:
        """Return a cart as it was seen last, perhaps not the newest: for asks that are checked under the lock."""
        return self.carts.get(cart_id) or await self.read_cart(cart_id)

    async def read_cart(self, cart_id: UUID) -> CartRow | None:
        """Return a cart as it is."""
        self.carts.drop(cart_id)
        async with self.db.read() as read:
            return await find_cart(read, "get_cart", {"id": cart_id})

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
