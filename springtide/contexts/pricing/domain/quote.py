"""The quote: what a cart costs, row by row, decided from values alone.

    lines -> unit prices (book) -> promotions and vouchers -> discounts by row -> tax by row -> total = sum of gross

The same request, book, table and moment give the same quote, whatever the order of promotions in the book. In a gross
market the buyer pays the price shown wherever it goes: another country's VAT moves net, not gross.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from springtide.contexts.pricing.domain.book import MarketBook
from springtide.contexts.pricing.domain.cart_promotions import Applied, CartLine
from springtide.contexts.pricing.domain.money_rows import Tax
from springtide.contexts.pricing.domain.priced_cart import PricedCart, PricedLine
from springtide.contexts.pricing.domain.tax import Destination, SellerTax, TaxTable
from springtide.contexts.pricing.domain.voucher_codes import ShownCodes
from springtide.contracts.pricing.api import (
    AppliedPromotion,
    DestinationNotServed,
    InvalidPrice,
    Market,
    PriceNotFound,
    Quote,
    QuoteRequest,
    Seller,
    ShippingMethod,
    ShippingMethodUnknown,
)

MAX_LINES = 100
MAX_QUANTITY = 9_999
MAX_CODES = 10
QUOTE_LIFETIME = timedelta(minutes=15)
# A VAT number under this key of `Seller.vat_numbers` is the registration for the EU's one-stop shop.
ONE_STOP_SHOP = "EU"
_ID_DIGITS = 32
_NO_TIME = datetime.min.replace(tzinfo=UTC)


def seller_tax(seller: Seller) -> SellerTax:
    """Return how a seller is registered: countries of its VAT numbers, and "EU" for the one-stop shop."""
    return SellerTax(seller.country, frozenset(seller.vat_numbers), ONE_STOP_SHOP in seller.vat_numbers)


def local_day(market: Market, moment: datetime) -> date:
    """Return the market's calendar day at a moment: VAT changes at its midnight."""
    return moment.astimezone(ZoneInfo(market.time_zone)).date()


def next_midnight(market: Market, moment: datetime) -> datetime:
    """Return the moment at which the market's next calendar day begins."""
    return datetime.combine(local_day(market, moment) + timedelta(days=1), time.min, ZoneInfo(market.time_zone))


class TaxHere(msgspec.Struct, frozen=True):
    """Tax of a category for one seller, destination and day; asked of the table once per category."""

    table: TaxTable
    seller: SellerTax
    destination: Destination
    day: date
    known: dict[str, Tax]

    def of(self, category: str) -> Tax:
        """Return the tax of goods of `category`."""
        if category not in self.known:
            rate = self.table.rate(self.seller, self.destination, category, self.day)
            self.known[category] = Tax(rate.rate_bp, category)
        return self.known[category]


def quote(request: QuoteRequest, book: MarketBook, taxes: TaxTable, now: datetime) -> Quote:
    """Price a cart at a moment. Lines come back in the order asked.

    Raises `InvalidPrice` (limits), `DestinationNotServed`, `PriceNotFound`, `ShippingMethodUnknown`. A voucher that
    does not apply is an outcome.
    """
    _check(request)
    mode = book.market.price_mode
    destination = _destination(request, book)
    if destination.country not in book.market.countries:
        raise DestinationNotServed(country=destination.country, market=book.market.key)
    tax = TaxHere(taxes, seller_tax(book.seller), destination, local_day(book.market, now), {})
    codes = ShownCodes(request.vouchers, book, now)
    cart = PricedCart(_priced(request, book, tax, now), codes.open_promotions(), request.customer_group, mode)
    methods = methods_to(book, destination.country)
    if request.shipping_method and request.shipping_method not in methods:
        raise ShippingMethodUnknown(method=request.shipping_method, country=destination.country)
    chosen = methods.get(request.shipping_method)
    charge = cart.charge_minor(chosen) if chosen else 0
    applied = cart.applied(charge)
    unsealed = Quote(
        id="",
        market=book.market.key,
        seller=book.seller.key,
        currency=book.market.currency,
        base_currency=book.seller.base_currency,
        fx_to_base=book.market.fx_to_base,
        price_mode=mode,
        destination=destination.country,
        lines=cart.line_rows(charge),
        shipping=cart.shipping_rows(chosen) if chosen else (),
        shipping_options=tuple(cart.option(method) for method in methods.values()) if request.lines else (),
        promotions=_applied(applied, codes),
        vouchers=codes.outcomes(cart.lines, cart.buyer(charge), applied),
        goods_minor=0,
        shipping_minor=0,
        discount_minor=0,
        tax_minor=0,
        total_minor=0,
        quoted_at=now,
        expires_at=expiry(book, now),
    )
    return _sealed(unsealed)


def territory(request: QuoteRequest, book: MarketBook, taxes: TaxTable) -> int | None:
    """Return what the postcode changes: the VAT rate (basis points) of a territory of its own, None on the mainland."""
    return taxes.exception(_destination(request, book))


def _destination(request: QuoteRequest, book: MarketBook) -> Destination:
    return Destination(request.country or book.market.countries[0], request.postcode)


def _check(request: QuoteRequest) -> None:
    problems = [
        text
        for is_broken, text in (
            (len(request.lines) > MAX_LINES, f"At most {MAX_LINES} lines."),
            (any(not 1 <= line.quantity <= MAX_QUANTITY for line in request.lines), f"1 to {MAX_QUANTITY} units."),
            (len(request.vouchers) > MAX_CODES, f"At most {MAX_CODES} voucher codes."),
        )
        if is_broken
    ]
    if problems:
        raise InvalidPrice(" ".join(problems), field="request", problems=problems)


def methods_to(book: MarketBook, country: str) -> dict[str, ShippingMethod]:
    """Return the market's shipping methods that go to `country`, by key, in the market's order."""
    return {key: method for key, method in book.methods.items() if not method.countries or country in method.countries}


def _priced(request: QuoteRequest, book: MarketBook, tax: TaxHere, now: datetime) -> list[PricedLine]:
    found: list[PricedLine] = []
    for position, line in enumerate(request.lines):
        price = book.price(line.sku, now, request.customer_group)
        item = book.item(line.sku)
        if price is None or not item.published:
            raise PriceNotFound(sku=line.sku, market=book.market.key)
        cart_line = CartLine(
            key=f"{line.sku}#{line.quantity:04}#{position:03}",
            sku=line.sku,
            quantity=line.quantity,
            unit_price_minor=price.effective_minor,
            categories=item.categories,
        )
        found.append(PricedLine(cart_line, book.former_price(line.sku, price), tax.of(item.tax_category)))
    return found


def _applied(applied: Sequence[Applied], codes: ShownCodes) -> tuple[AppliedPromotion, ...]:
    return tuple(
        AppliedPromotion(
            key=one.promotion.key,
            names=one.promotion.names,
            discount_minor=one.total_minor,
            voucher=codes.code_of(one.promotion),
        )
        for one in applied
    )


def expiry(book: MarketBook, now: datetime) -> datetime:
    """Return until when a quote of this moment holds: a quarter of an hour, or until something starts or ends."""
    change = book.next_change(now)
    return min(now + QUOTE_LIFETIME, change) if change else now + QUOTE_LIFETIME


def _sealed(unsealed: Quote) -> Quote:
    """Add sums and the id: a digest of everything but the two times, so an equal quote has an equal id."""
    goods = [line.money for line in unsealed.lines]
    shipping = [row.money for row in unsealed.shipping]
    rows = [*goods, *shipping]
    summed = msgspec.structs.replace(
        unsealed,
        goods_minor=sum(row.gross_minor for row in goods),
        shipping_minor=sum(row.gross_minor for row in shipping),
        discount_minor=sum(row.discount_minor for row in rows),
        tax_minor=sum(row.tax_minor for row in rows),
        total_minor=sum(row.gross_minor for row in rows),
    )
    timeless = msgspec.structs.replace(summed, quoted_at=_NO_TIME, expires_at=_NO_TIME)
    digest = hashlib.sha256(msgspec.json.encode(timeless, order="deterministic")).hexdigest()[:_ID_DIGITS]
    return msgspec.structs.replace(summed, id=digest)
