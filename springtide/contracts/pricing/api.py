"""What pricing promises: sellers, markets, prices and their history, tax, shipping, promotions, vouchers, quotes."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import Address, AuditEntry, Finding, Page, Quantity, Snapshot, Texts
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unprocessable
from springtide.platform.promise import always_answered


class MarketNotFound(NotFound):
    """There is no such market."""

    code = "market_not_found"


class PriceNotFound(Unprocessable):
    """A SKU has no price in this market now, or its product is hidden; facts: sku, market."""

    code = "price_not_found"


class NoPriorPrice(Unprocessable):
    """A reduction must show the lowest price of the 30 days before, and there is none (Directive (EU) 2019/2161)."""

    code = "no_prior_price"


class NotAReduction(Unprocessable):
    """The announced price is not below the lowest prior price; facts: sku, lowest_prior_minor."""

    code = "not_a_reduction"


class DestinationNotServed(Unprocessable):
    """The market does not ship to this country or postcode; facts: country."""

    code = "destination_not_served"


class ShippingMethodUnknown(Unprocessable):
    """The shipping method is not offered for this cart."""

    code = "shipping_method_unknown"


class VoucherRefused(Unprocessable):
    """A voucher cannot be used; facts: code, why ("unknown", "expired", "not_started", "used_up", "conditions",
    "not_combinable").
    """

    code = "voucher_refused"


class VoucherHoldGone(Conflict):
    """The hold on a voucher has expired and somebody else took the last use; facts: code."""

    code = "voucher_hold_gone"


class InvalidPrice(BadInput):
    """A price, promotion or voucher is not well-formed; facts name the field."""

    code = "invalid_price"


class PriceMode(StrEnum):
    """Whether the market's price lists are with or without VAT."""

    GROSS = "gross"
    NET = "net"


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A legal entity that sells. `vat_numbers`: country -> number. `number_prefix` starts its order numbers."""

    key: str
    name: str
    country: str
    base_currency: str
    vat_numbers: dict[str, str]
    address: Address
    number_prefix: str


class ShippingMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to deliver in one market. Price in the market's currency and price mode.

    `free_from_minor`: goods gross from which it costs nothing (None: never). `days_min`..`days_max`: working days.
    """

    key: str
    names: Texts
    carrier: str
    countries: tuple[str, ...]
    price_minor: int
    free_from_minor: int | None
    days_min: int
    days_max: int
    cut_off_local: str


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how one sells. `time_zone` judges cut-offs. `languages`: first is the default.

    `fx_to_base`: units of the seller's base currency for one unit of `currency`, a decimal string.
    """

    key: str
    seller: str
    currency: str
    price_mode: PriceMode
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    time_zone: str
    shipping_methods: tuple[ShippingMethod, ...]
    fx_to_base: str = "1"


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a SKU costs in a market now, after catalogue promotions, as shown to buyers (VAT included).

    `was_minor` and `lowest_30d_minor` are set together, only while a reduction is announced.
    `version` rises with every change of this SKU in this market. `for_sale` False: no list in force names the SKU any
    more; the price is the last one it had.
    """

    market: str
    sku: str
    gross_minor: int
    was_minor: int | None = None
    lowest_30d_minor: int | None = None
    version: int = 0
    for_sale: bool = True


class PriceHistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the append-only history: the effective amount from `at` on."""

    at: datetime
    amount_minor: int
    list_minor: int
    cause: str


class TaxedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Money of one row in minor units: gross = net + tax. `rate_bp` is the VAT rate in basis points (2100 = 21 %).

    `discount_minor` is the allocated discount already taken off `gross_minor`.
    """

    gross_minor: int
    net_minor: int
    tax_minor: int
    rate_bp: int
    tax_category: str
    discount_minor: int = 0


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of goods as priced: `unit_minor` is what one costs before cart discounts, VAT included."""

    sku: str
    quantity: int
    unit_minor: int
    was_minor: int | None
    money: TaxedRow


class QuotedShipping(msgspec.Struct, frozen=True, kw_only=True):
    """A row of shipping: one per VAT rate of the goods it is split over."""

    method: str
    money: TaxedRow


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """What a method would cost for this cart (VAT included, after promotions)."""

    method: str
    names: Texts
    carrier: str
    gross_minor: int
    days_min: int
    days_max: int


class AppliedPromotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that took part. `voucher` is the code that brought it, "" when automatic."""

    key: str
    names: Texts
    discount_minor: int
    voucher: str = ""


class VoucherOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a code: `why` is "" when it applies, else as in `VoucherRefused`. `limited`: needs a hold."""

    code: str
    why: str
    limited: bool


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A cart, priced: what the buyer sees and what the order will store, as it was sold.

    total_minor = Σ gross of `lines` and `shipping`. `fx_to_base`: units of the seller's base currency per unit of
    `currency`, as a decimal string. `id` is stable for equal content.
    """

    id: str
    market: str
    seller: str
    currency: str
    base_currency: str
    fx_to_base: str
    price_mode: PriceMode
    destination: str
    lines: tuple[QuotedLine, ...]
    shipping: tuple[QuotedShipping, ...]
    shipping_options: tuple[ShippingOption, ...]
    promotions: tuple[AppliedPromotion, ...]
    vouchers: tuple[VoucherOutcome, ...]
    goods_minor: int
    shipping_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    quoted_at: datetime
    expires_at: datetime


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A cart to be priced. `country` "" means the market's first; `shipping_method` "" means none chosen yet."""

    market: str
    lines: tuple[Quantity, ...]
    country: str = ""
    postcode: str = ""
    shipping_method: str = ""
    vouchers: tuple[str, ...] = ()
    customer_group: str = ""


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A price to set in a market's list, in its price mode. `valid_from` None: now; `valid_to` None: until changed.

    `reduction`: announce it as a reduction from the current price (checked against the 30 days before).
    `price_list`: key of one of the market's further lists; "" is its base list.
    """

    market: str
    sku: str
    amount_minor: int
    tax_category: str = "standard"
    reduction: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    price_list: str = ""


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A further list of prices of a market, besides its base list (priority 0): a season, a customer group.

    Of the lists in force that name a SKU, the highest priority counts. `customer_group`: only for its members.
    """

    key: str
    market: str
    priority: int = 1
    customer_group: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class PromotionKind(StrEnum):
    """What a promotion gives."""

    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"
    BUY_X_GET_Y = "buy_x_get_y"


class PromotionLevel(StrEnum):
    """Catalogue promotions change the shown price and its history; cart promotions apply to a cart."""

    CATALOGUE = "catalogue"
    CART = "cart"


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """When a promotion applies; empty means no limit. Amounts in minor units of the market's currency, VAT included."""

    min_goods_minor: int = 0
    categories: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    customer_group: str = ""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion in one or several markets ("" in `markets` is not allowed; empty tuple means every market).

    `percent_bp`: 1000 = 10 %. `amount_minor`: per cart, shared over its rows, per market (market -> minor units).
    `buy_quantity`/`get_quantity`: of the matching SKUs, the cheapest `get` of every `buy + get` are free.
    `exclusive`: at most one exclusive promotion applies, the best for the buyer; others stack by `priority`.
    """

    key: str
    names: Texts
    kind: PromotionKind
    level: PromotionLevel
    markets: tuple[str, ...] = ()
    percent_bp: int = 0
    amount_minor: dict[str, int] = {}
    buy_quantity: int = 0
    get_quantity: int = 0
    conditions: Conditions = Conditions()
    needs_voucher: bool = False
    exclusive: bool = False
    priority: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    active: bool = True


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """A code for a promotion. `limit` None: unlimited; `used`: claimed; `held`: promised to open checkouts."""

    code: str
    promotion: str
    limit: int | None
    used: int = 0
    held: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class VoucherHold(msgspec.Struct, frozen=True, kw_only=True):
    """Vouchers promised to a checkout until `expires_at` (None once claimed)."""

    checkout_id: UUID
    codes: tuple[str, ...]
    expires_at: datetime | None


class ShopFront(msgspec.Struct, frozen=True, kw_only=True):
    """What a web process needs of pricing besides prices."""

    sellers: tuple[Seller, ...]
    markets: tuple[Market, ...]


class PricingApi(Protocol):
    """Pricing's verbs. Writing needs the scope "pricing.write"; voucher holds are the system's."""

    async def shop_front(self, *, caller: Caller) -> ShopFront:
        """Return sellers and markets."""
        ...

    async def snapshot(self, *, caller: Caller, after: str | None = None) -> Snapshot[Price]:
        """Return one page of all current prices of all markets for read models."""
        ...

    async def quote(self, *, caller: Caller, request: QuoteRequest) -> Quote:
        """Price a cart. `MarketNotFound`, `PriceNotFound`, `DestinationNotServed`, `ShippingMethodUnknown`.

        A voucher that does not apply is an outcome, not a refusal.
        """
        ...

    async def price_history(self, *, caller: Caller, market: str, sku: str) -> tuple[PriceHistoryRow, ...]:
        """Return the append-only history, newest first, at most 200 rows."""
        ...

    async def set_prices(self, *, caller: Caller, key: str, changes: tuple[PriceChange, ...]) -> tuple[Price, ...]:
        """Set or schedule prices, all or none (at most 500). `NoPriorPrice`, `NotAReduction`, `InvalidPrice`."""
        ...

    async def import_prices(
        self, *, caller: Caller, key: str, batch: str, changes: tuple[PriceChange, ...], at: datetime
    ) -> int:
        """Set many prices (at most 2,000 a call) with history dated `at`; return how many rows changed."""
        ...

    async def put_price_list(self, *, caller: Caller, key: str, price_list: PriceList) -> PriceList:
        """Add or change a further price list (by key); it stays in its market. `MarketNotFound`, `InvalidPrice`."""
        ...

    async def list_price_lists(self, *, caller: Caller) -> tuple[PriceList, ...]:
        """Return the further price lists of all markets."""
        ...

    async def put_market(self, *, caller: Caller, key: str, seller: Seller, market: Market) -> Market:
        """Add or replace a seller and a market: a further country is data."""
        ...

    async def put_promotion(self, *, caller: Caller, key: str, promotion: Promotion) -> Promotion:
        """Add or replace a promotion (by key). Catalogue promotions are reductions: `NoPriorPrice` names the SKUs."""
        ...

    async def list_promotions(self, *, caller: Caller) -> tuple[Promotion, ...]:
        """Return all promotions by priority."""
        ...

    async def put_voucher(self, *, caller: Caller, key: str, voucher: Voucher) -> Voucher:
        """Add or change a voucher; its `used` and `held` are ignored; a limit below what is used is refused."""
        ...

    async def list_vouchers(self, *, caller: Caller, after: str | None = None, limit: int = 50) -> Page[Voucher]:
        """Return vouchers by code."""
        ...

    async def hold_vouchers(
        self, *, caller: Caller, key: str, checkout_id: UUID, codes: tuple[str, ...], expires_after_s: int
    ) -> VoucherHold:
        """Promise one use of each code to the checkout, all or none; a repeat extends. `VoucherRefused`."""
        ...

    @always_answered
    async def claim_vouchers(self, *, caller: Caller, key: str, checkout_id: UUID) -> VoucherHold:
        """Turn the hold into a use without expiry; a hold that ran out is taken again if any use is left, else
        `VoucherHoldGone`. A checkout without holds claims nothing.
        """
        ...

    @always_answered
    async def release_vouchers(self, *, caller: Caller, key: str, checkout_id: UUID) -> None:
        """Give back what the checkout holds or used (undo); a repeat does nothing."""
        ...

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Compare counters with holds and uses, prices with the newest history row; return the differences."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
