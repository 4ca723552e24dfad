"""Add or replace a seller and a market: a further country is data."""

from decimal import Decimal, InvalidOperation

from springtide.contexts.pricing import store
from springtide.contexts.pricing.domain.tax import TaxTable
from springtide.contexts.pricing.service.set_prices import base_list
from springtide.contexts.pricing.service.settle_prices import MarketPen
from springtide.contexts.pricing.store import FrontRow, MarketRow
from springtide.contracts.pricing.api import InvalidPrice, Market, Seller, ShopFront
from springtide.contracts.pricing.events import ShopFrontChanged
from springtide.platform.db import Tx
from springtide.platform.zones import zone_named

_CODE = 2
_CURRENCY = 3


def check_market(seller: Seller, market: Market) -> None:
    """Raise `InvalidPrice` naming every field that is wrong in `facts["problems"]`."""
    methods = market.shipping_methods
    countries = {*market.countries, *(country for method in methods for country in method.countries)}
    rules = (
        (not seller.key or not market.key, "Seller and market need a key."),
        (market.seller != seller.key, "The market names another seller."),
        (not market.countries or not market.languages, "A market needs a country and a language."),
        (any(len(country) != _CODE for country in {*countries, seller.country}), "Countries have two letters."),
        (any(len(code) != _CURRENCY for code in (market.currency, seller.base_currency)), "Currencies have three."),
        (zone_named(market.time_zone) is None, "The time zone is a name of the tz database."),
        (not _is_rate(market.fx_to_base), "The exchange rate is a decimal number above 0."),
        (market.currency == seller.base_currency and Decimal(1) != _rate(market.fx_to_base), "Same currency: rate 1."),
        (len({method.key for method in methods}) != len(methods), "Shipping methods need keys of their own."),
        (any(method.price_minor < 0 for method in methods), "Shipping prices must not be negative."),
        (any((method.free_from_minor or 0) < 0 for method in methods), "A threshold must not be negative."),
        (any(not 0 <= method.days_min <= method.days_max for method in methods), "Days are from least to most."),
        (any("en" not in method.names for method in methods), "Shipping methods need an English name."),
    )
    problems = [text for is_broken, text in rules if is_broken]
    if problems:
        raise InvalidPrice(" ".join(problems), field="market", problems=problems)


def _rate(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _is_rate(text: str) -> bool:
    rate = _rate(text)
    return rate is not None and rate.is_finite() and rate > 0


async def put_market(tx: Tx, seller: Seller, market: Market, taxes: TaxTable) -> Market:
    """Write both; every price of the seller's markets is settled again, for VAT may have changed."""
    check_market(seller, market)
    rows = {row.key: row for row in await store.lock_markets(tx, None)}
    _check_currency(rows.get(market.key), market)
    front = await tx.one("bump_front", row=FrontRow)
    await tx.run("upsert_seller", {"key": seller.key, "body": store.encoded(seller)})
    document = {"key": market.key, "seller": seller.key, "body": store.encoded(market), "now": tx.now}
    for key in sorted(
        {key for key, row in rows.items() if row.market.seller == seller.key} | {market.key} & rows.keys()
    ):
        pen = MarketPen(tx, rows[key], taxes, front.revision)
        await pen.settle_due()
        if key == market.key:
            await tx.run("upsert_market", document)
            pen.market = market
        await pen.settle_all(cause="market")
        await pen.close()
    if market.key not in rows:
        await tx.run("upsert_market", document)
    await tx.run("ensure_base_list", {"key": base_list(market.key), "market": market.key, "revision": front.revision})
    shop_front = ShopFront(sellers=await store.sellers(tx), markets=await store.markets(tx))
    tx.emit(ShopFrontChanged(shop_front=shop_front), aggregate_id="shop_front", aggregate_version=front.front_version)
    tx.audit("market_put", market.key, seller=seller.key, currency=market.currency)
    return market


def _check_currency(before: MarketRow | None, market: Market) -> None:
    """Prices are amounts of a market's currency: it stays what it is. A new currency is a new market."""
    if before is not None and (before.market.currency, before.market.price_mode) != (
        market.currency,
        market.price_mode,
    ):
        msg = "Currency and price mode of a market never change: its prices and their history are amounts of them."
        raise InvalidPrice(msg, field="currency")
