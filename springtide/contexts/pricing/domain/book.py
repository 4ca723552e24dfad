"""A market's price book in memory: prices, promotions, vouchers and shipping methods, and a SKU's price at a moment.

Nothing in a book changes once it is built. Between two boundaries (the start or end of any price, list or catalogue
promotion) prices stand still, so they are worked out once per SKU and boundary and then looked up.

Which price counts, of those in force at a moment:

    regular    the list with the highest priority, in it the price that began last
    reduction  the lowest one, where it is below the regular price and the SKU had a price before it began
    then       catalogue promotions on the lower of the two, where the SKU had a price before they began
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from springtide.contexts.pricing.domain.promotions import Promotion, UnitPrice, Window, shop_window_price
from springtide.contexts.pricing.domain.tax import STANDARD_CATEGORY
from springtide.contracts.pricing.api import Market, PromotionLevel, Seller, ShippingMethod

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A list of prices with a validity of its own. `customer_group`: only for its members ("" is for everybody)."""

    key: str
    window: Window = Window()
    priority: int = 0
    customer_group: str = ""

    @property
    def rank(self) -> tuple[int, str]:
        """Sort key: highest priority first, then key."""
        return (-self.priority, self.key)


class PriceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a SKU in a list, minor units in the market's price mode. `is_reduction`: announced as one."""

    list_key: str
    amount_minor: int
    window: Window = Window()
    is_reduction: bool = False


class Item(msgspec.Struct, frozen=True):
    """What pricing must know of a product: its tax category, its category with all above it, whether it is on sale."""

    tax_category: str = STANDARD_CATEGORY
    categories: frozenset[str] = frozenset()
    published: bool = True


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """A code that opens a promotion. `is_limited`: needs a hold. `is_used_up`: every use was claimed."""

    code: str
    promotion: str
    window: Window = Window()
    is_limited: bool = False
    is_used_up: bool = False


_NOT_AN_ITEM = Item()


class MarketBook:
    """All that a quote in one market needs."""

    def __init__(
        self,
        market: Market,
        seller: Seller,
        *,
        lists: Iterable[PriceList] = (),
        prices: Mapping[str, Sequence[PriceEntry]] | None = None,
        listed_since: Mapping[str, datetime] | None = None,
        announced: Mapping[str, int] | None = None,
        items: Mapping[str, Item] | None = None,
        promotions: Iterable[Promotion] = (),
        vouchers: Mapping[str, Voucher] | None = None,
    ) -> None:
        """Put the parts together.

        `prices`: SKU -> entries of all lists. `listed_since`: when a SKU first had a price for everybody here.
        `announced`: SKU -> the reduced price that may be called a reduction, because it is below the 30 days before.
        """
        self.market = market
        self.seller = seller
        self.lists = {one.key: one for one in sorted(lists, key=lambda one: one.rank)}
        self.prices = prices or {}
        self.listed_since = listed_since or {}
        self._announced = announced or {}
        self.items = items or {}
        self.promotions = {promotion.key: promotion for promotion in promotions}
        self.cart_promotions = [p for p in self.promotions.values() if p.level is PromotionLevel.CART]
        self.catalogue_promotions = [p for p in self.promotions.values() if p.level is PromotionLevel.CATALOGUE]
        self.vouchers = vouchers or {}
        self.methods: dict[str, ShippingMethod] = {method.key: method for method in market.shipping_methods}
        self.boundaries = _moments(self._price_windows())
        self._ends = _moments([p.window for p in self.cart_promotions] + [v.window for v in self.vouchers.values()])
        self._groups = {one.customer_group for one in self.lists.values()}
        self._memo: dict[tuple[str, str], UnitPrice | None] = {}
        self._interval = -1
        self._lists_now: Mapping[str, int] = {}
        self._promotions_now: Sequence[Promotion] = ()
        self._at = _LONG_AGO

    def item(self, sku: str) -> Item:
        """Return what is known of a SKU; an unknown one is standard-rated, in no category and on sale."""
        return self.items.get(sku, _NOT_AN_ITEM)

    def price(self, sku: str, at: datetime, customer_group: str = "") -> UnitPrice | None:
        """Return the shop-window price of `sku` at a moment, None when no list in force names it."""
        interval = bisect_right(self.boundaries, at)
        if interval != self._interval:
            self._enter(interval, at)
        group = customer_group if customer_group in self._groups else ""
        key = (sku, group)
        if key not in self._memo:
            self._memo[key] = self._work_out(sku, group)
        return self._memo[key]

    def former_price(self, sku: str, price: UnitPrice) -> int | None:
        """Return the list price to show beside a reduced one; None where it must not be called a reduction."""
        is_announced = price.is_reduced and self._announced.get(sku) == price.effective_minor
        return price.list_minor if is_announced else None

    def next_change(self, at: datetime) -> datetime | None:
        """Return the next moment after `at` at which a price, promotion or voucher starts or ends, None if never."""
        following = [
            moments[position]
            for moments in (self.boundaries, self._ends)
            if (position := bisect_right(moments, at)) < len(moments)
        ]
        return min(following, default=None)

    def _price_windows(self) -> Iterable[Window]:
        yield from (one.window for one in self.lists.values())
        yield from (promotion.window for promotion in self.catalogue_promotions)
        for entries in self.prices.values():
            yield from (entry.window for entry in entries)

    def _enter(self, interval: int, at: datetime) -> None:
        self._memo = {}
        self._interval = interval
        self._at = at
        in_force = [one.key for one in self.lists.values() if one.window.contains(at)]
        self._lists_now = {key: position for position, key in enumerate(in_force)}
        self._promotions_now = [one for one in self.catalogue_promotions if one.window.contains(at)]

    def _work_out(self, sku: str, customer_group: str) -> UnitPrice | None:
        entries = [entry for entry in self.prices.get(sku, ()) if self._counts(entry, customer_group)]
        regular = [entry for entry in entries if not entry.is_reduction]
        if not regular:
            return None
        since = self.listed_since.get(sku)
        best = max(regular, key=self._preference).amount_minor
        reduced = [entry.amount_minor for entry in entries if entry.is_reduction and _has_prior(since, entry.window)]
        categories = self.item(sku).categories
        promotions = [
            promotion
            for promotion in self._promotions_now
            if _has_prior(since, promotion.window) and promotion.selects(sku, categories)
        ]
        shown = shop_window_price(min([best, *reduced]), promotions)
        return UnitPrice(best, shown.effective_minor, shown.promotions)

    def _counts(self, entry: PriceEntry, customer_group: str) -> bool:
        if entry.list_key not in self._lists_now or not entry.window.contains(self._at):
            return False
        return self.lists[entry.list_key].customer_group in {"", customer_group}

    def _preference(self, entry: PriceEntry) -> tuple[int, datetime, int]:
        return (-self._lists_now[entry.list_key], entry.window.starts_at or _LONG_AGO, -entry.amount_minor)


def _has_prior(since: datetime | None, window: Window) -> bool:
    """Tell whether a product had a price before a reduction began: without one there is nothing to reduce from."""
    return since is not None and window.starts_at is not None and since < window.starts_at


def _moments(windows: Iterable[Window]) -> list[datetime]:
    return sorted({moment for window in windows for moment in (window.starts_at, window.ends_at) if moment})
