"""What pricing tells the others. Additions only."""

from springtide.contracts.pricing.api import Price, ShopFront
from springtide.platform.events import Event


class PricesChanged(Event, frozen=True, kw_only=True):
    """Prices as they are now, at most 500 an event. Each price carries its own version: newer wins."""

    TYPE = "pricing.prices_changed"

    prices: tuple[Price, ...]


class ShopFrontChanged(Event, frozen=True, kw_only=True):
    """Sellers and markets as they are now. Aggregate: "shop_front"."""

    TYPE = "pricing.shop_front_changed"

    shop_front: ShopFront
