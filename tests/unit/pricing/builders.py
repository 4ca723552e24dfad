"""Short ways to build what pricing decides on; every test states only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime

from springtide.contexts.pricing.domain.book import Item, MarketBook, PriceEntry, PriceList, Voucher
from springtide.contexts.pricing.domain.cart_promotions import CartLine
from springtide.contexts.pricing.domain.promotions import Promotion, Window
from springtide.contracts.common import Address, Quantity
from springtide.contracts.pricing.api import (
    Market,
    PriceMode,
    PromotionKind,
    PromotionLevel,
    QuoteRequest,
    Seller,
    ShippingMethod,
)

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
TOMORROW = NOW.replace(day=28)
YESTERDAY = NOW.replace(day=26)

GIFTS = Seller(
    key="gifts",
    name="Gifts Ltd",
    country="GB",
    base_currency="GBP",
    vat_numbers={"GB": "GB123456789", "NL": "NL123456789B01"},
    address=Address(name="Gifts Ltd", line1="1 Quay", city="Leeds", postcode="LS1 1AA", country="GB"),
    number_prefix="G",
)


def method(key: str = "post", price_minor: int = 495, free_from_minor: int | None = None) -> ShippingMethod:
    return ShippingMethod(
        key=key,
        names={"en": key},
        carrier="post",
        countries=(),
        price_minor=price_minor,
        free_from_minor=free_from_minor,
        days_min=1,
        days_max=3,
        cut_off_local="16:00",
    )


def market(
    mode: PriceMode = PriceMode.GROSS,
    countries: tuple[str, ...] = ("NL",),
    methods: Sequence[ShippingMethod] = (method(),),
) -> Market:
    return Market(
        key="nl",
        seller="gifts",
        currency="EUR",
        price_mode=mode,
        countries=countries,
        languages=("nl", "en"),
        time_zone="Europe/Amsterdam",
        shipping_methods=tuple(methods),
        fx_to_base="0.86",
    )


def percentage(key: str, percent_bp: int, **fields: object) -> Promotion:
    return Promotion(key=key, names={"en": key}, kind=PromotionKind.PERCENTAGE, percent_bp=percent_bp, **fields)  # type: ignore[arg-type]


def amount(key: str, amount_minor: int, **fields: object) -> Promotion:
    return Promotion(key=key, names={"en": key}, kind=PromotionKind.AMOUNT, amount_minor=amount_minor, **fields)  # type: ignore[arg-type]


def in_catalogue(key: str, percent_bp: int, **fields: object) -> Promotion:
    window = fields.pop("window", Window(YESTERDAY))
    return percentage(key, percent_bp, level=PromotionLevel.CATALOGUE, window=window, **fields)


def line(sku: str, quantity: int, unit_price_minor: int, *categories: str) -> CartLine:
    return CartLine(
        key=sku, sku=sku, quantity=quantity, unit_price_minor=unit_price_minor, categories=frozenset(categories)
    )


def book(
    prices: dict[str, int],
    *,
    here: Market | None = None,
    seller: Seller = GIFTS,
    items: dict[str, Item] | None = None,
    promotions: Sequence[Promotion] = (),
    vouchers: Sequence[Voucher] = (),
    announced: dict[str, int] | None = None,
) -> MarketBook:
    """A book whose SKUs have had one regular price for a long time."""
    return MarketBook(
        here or market(),
        seller,
        lists=[PriceList(key="base")],
        prices={sku: [PriceEntry(list_key="base", amount_minor=price)] for sku, price in prices.items()},
        listed_since=dict.fromkeys(prices, LONG_AGO),
        announced=announced,
        items=items or {},
        promotions=promotions,
        vouchers={voucher.code: voucher for voucher in vouchers},
    )


def cart(*lines: tuple[str, int], **fields: object) -> QuoteRequest:
    quantities = tuple(Quantity(sku=sku, quantity=quantity) for sku, quantity in lines)
    return QuoteRequest(market="nl", lines=quantities, **fields)  # type: ignore[arg-type]
