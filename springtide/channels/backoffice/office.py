"""What the back office is made of: the contracts it asks, its addresses, the few things it keeps in memory."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar, cast

from springtide.contracts.catalog.api import CatalogApi, Category
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.customers.api import CustomersApi
from springtide.contracts.insight.api import InsightApi
from springtide.contracts.inventory.api import InventoryApi, Location
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.peak.api import PeakApi
from springtide.contracts.pricing.api import PricingApi, ShopFront
from springtide.platform.caller import Caller
from springtide.platform.errors import Unavailable
from springtide.platform.telemetry import logger
from springtide.platform.wiring import Ask

log = logger(__name__)

REFERENCE_TTL_S = 20.0
ASK_AGAIN_AFTER_S = 3.0

Value = TypeVar("Value")
NO_SHOP_FRONT = ShopFront(sellers=(), markets=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are reached. `trusted_proxies`: addresses whose X-Forwarded-For is believed."""

    office_url: str
    shop_url: str
    trusted_proxies: tuple[str, ...] = ()


@dataclass(slots=True)
class Reference:
    """Markets, locations and categories: small, asked for by nearly every page, kept for `REFERENCE_TTL_S` seconds.

    When their context does not answer, the last known ones are used, or none, and it is left alone for
    `ASK_AGAIN_AFTER_S`: a page about orders works without them, and does not wait for them each time.
    """

    pricing: PricingApi
    inventory: InventoryApi
    catalog: CatalogApi
    _kept: dict[str, tuple[float, object]] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def shop_front(self, caller: Caller) -> ShopFront:
        """Return sellers and markets."""
        return await self._known("shop_front", lambda: self.pricing.shop_front(caller=caller), NO_SHOP_FRONT)

    async def locations(self, caller: Caller) -> tuple[Location, ...]:
        """Return the places with stock."""
        return await self._known("locations", lambda: self.inventory.list_locations(caller=caller), ())

    async def categories(self, caller: Caller) -> tuple[Category, ...]:
        """Return the category tree, parents before children."""
        return await self._known("categories", lambda: self.catalog.list_categories(caller=caller), ())

    async def _known(self, name: str, ask: Callable[[], Awaitable[Value]], empty: Value) -> Value:
        async with self._locks.setdefault(name, asyncio.Lock()):
            until, value = self._kept.get(name, (0.0, empty))
            if until > time.monotonic():
                return cast("Value", value)
            kept_for_s = REFERENCE_TTL_S
            try:
                value = await ask()
            except Unavailable as error:
                log.warning("reference.not_answered", what=name, error=error.detail)
                kept_for_s = ASK_AGAIN_AFTER_S
            self._kept[name] = (time.monotonic() + kept_for_s, value)
            return cast("Value", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The contracts, asked for once, and what belongs to this process."""

    catalog: CatalogApi
    pricing: PricingApi
    inventory: InventoryApi
    customers: CustomersApi
    checkout: CheckoutApi
    orders: OrdersApi
    payments: PaymentsApi
    insight: InsightApi
    peak: PeakApi
    reference: Reference
    places: Places
    secret_key: str
    as_of: date | None = None


def open_office(ask: Ask, *, secret_key: str, places: Places, as_of: date | None = None) -> Office:
    """Ask for every contract the back office talks to."""
    catalog, pricing, inventory = ask(CatalogApi), ask(PricingApi), ask(InventoryApi)
    return Office(
        catalog=catalog,
        pricing=pricing,
        inventory=inventory,
        customers=ask(CustomersApi),
        checkout=ask(CheckoutApi),
        orders=ask(OrdersApi),
        payments=ask(PaymentsApi),
        insight=ask(InsightApi),
        peak=ask(PeakApi),
        reference=Reference(pricing=pricing, inventory=inventory, catalog=catalog),
        places=places,
        secret_key=secret_key,
        as_of=as_of,
    )
