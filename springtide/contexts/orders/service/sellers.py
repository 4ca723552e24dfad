"""The sellers' data, for order numbers and printed documents: asked from pricing, kept for five minutes.

While pricing is away the copy is used however old it is; only a process that never saw a seller has to wait.
"""

import time

from springtide.contracts.common import Address
from springtide.contracts.pricing.api import PricingApi, Seller
from springtide.platform.caller import system
from springtide.platform.errors import Unavailable

_KEPT_FOR_S = 300.0


class Sellers:
    """Call `refresh` outside a transaction, read with `named` anywhere."""

    def __init__(self, pricing: PricingApi) -> None:
        self._pricing = pricing
        self._known: dict[str, Seller] = {}
        self._stale_at = 0.0

    async def refresh(self, key: str) -> None:
        """Make sure that `key` is known, if pricing knows it."""
        if key in self._known and time.monotonic() < self._stale_at:
            return
        try:
            front = await self._pricing.shop_front(caller=system("orders"))
        except Unavailable:
            if key in self._known:
                return
            raise
        self._known = {seller.key: seller for seller in front.sellers}
        self._stale_at = time.monotonic() + _KEPT_FOR_S

    def named(self, key: str) -> Seller:
        """Return a seller; one that pricing does not know any more by its key alone: a paid order is never refused."""
        known = self._known.get(key)
        return known or Seller(
            key=key,
            name=key,
            country="",
            base_currency="",
            vat_numbers={},
            address=Address(name=key, line1="", city="", postcode="", country=""),
            number_prefix=f"{key.upper()}-",
        )
