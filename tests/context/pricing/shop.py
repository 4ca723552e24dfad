"""A small shop to price things in: one seller, two markets, and short ways to write."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from springtide.bootstrap import Node
from springtide.contracts.common import Address, Quantity
from springtide.contracts.pricing.api import (
    Market,
    Price,
    PriceChange,
    PriceMode,
    PricingApi,
    Promotion,
    PromotionKind,
    PromotionLevel,
    Quote,
    QuoteRequest,
    Seller,
    ShippingMethod,
    Voucher,
    VoucherHold,
)
from springtide.platform.caller import system
from springtide.platform.ids import uuid7

US = system("test")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

SELLER = Seller(
    key="gifts",
    name="Gifts Ltd",
    country="GB",
    base_currency="GBP",
    vat_numbers={"GB": "GB123456789", "NL": "NL123456789B01"},
    address=Address(name="Gifts Ltd", line1="1 Quay", city="Leeds", postcode="LS1 1AA", country="GB"),
    number_prefix="G",
)


def market(key: str, currency: str, country: str, fx: str = "1", mode: PriceMode = PriceMode.GROSS) -> Market:
    return Market(
        key=key,
        seller="gifts",
        currency=currency,
        price_mode=mode,
        countries=(country,),
        languages=("en",),
        time_zone="Europe/London",
        shipping_methods=(
            ShippingMethod(
                key="post",
                names={"en": "Post"},
                carrier="post",
                countries=(),
                price_minor=395,
                free_from_minor=None,
                days_min=1,
                days_max=3,
                cut_off_local="16:00",
            ),
        ),
        fx_to_base=fx,
    )


GB, NL = market("GB", "GBP", "GB"), market("NL", "EUR", "NL", fx="0.86")


class Shop:
    """Pricing as a test talks to it: through the contract, every write under a key of its own."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.api = node.ask(PricingApi)

    async def open(self, *markets: Market) -> "Shop":
        for one in markets or (GB, NL):
            await self.api.put_market(caller=US, key=uuid7().hex, seller=SELLER, market=one)
        return self

    async def loop(self, name: str) -> object:
        (found,) = [loop for loop in self.node.built["pricing"].loops if loop.name == name]
        return await found.work()

    async def price(self, sku: str, amount_minor: int, at: str = "GB", **fields: object) -> tuple[Price, ...]:
        change = PriceChange(market=at, sku=sku, amount_minor=amount_minor, **fields)  # type: ignore[arg-type]
        return await self.api.set_prices(caller=US, key=uuid7().hex, changes=(change,))

    async def promote(self, key: str, **fields: object) -> Promotion:
        basis: dict[str, object] = {
            "key": key,
            "names": {"en": key},
            "kind": PromotionKind.PERCENTAGE,
            "level": PromotionLevel.CATALOGUE,
            "percent_bp": 1000,
        }
        promotion = Promotion(**{**basis, **fields})  # type: ignore[arg-type]
        return await self.api.put_promotion(caller=US, key=uuid7().hex, promotion=promotion)

    async def voucher(self, code: str, limit: int | None, **fields: object) -> Voucher:
        await self.promote(f"for-{code}", level=PromotionLevel.CART, needs_voucher=True)
        voucher = Voucher(code=code, promotion=f"for-{code}", limit=limit, **fields)  # type: ignore[arg-type]
        return await self.api.put_voucher(caller=US, key=uuid7().hex, voucher=voucher)

    async def quote(self, *lines: tuple[str, int], at: str = "GB", **fields: object) -> Quote:
        quantities = tuple(Quantity(sku=sku, quantity=quantity) for sku, quantity in lines)
        request = QuoteRequest(market=at, lines=quantities, **fields)  # type: ignore[arg-type]
        return await self.api.quote(caller=US, request=request)

    async def history(self, sku: str, at: str = "GB") -> list[tuple[int, int]]:
        rows = await self.api.price_history(caller=US, market=at, sku=sku)
        return [(row.amount_minor, row.list_minor) for row in reversed(rows)]

    async def current(self, sku: str, at: str = "GB") -> Price:
        page = await self.api.snapshot(caller=US)
        (found,) = [price for price in page.items if (price.market, price.sku) == (at, sku)]
        return found

    async def hold(self, checkout: UUID, *codes: str, expires_after_s: int = 600, key: str = "") -> VoucherHold:
        return await self.api.hold_vouchers(
            caller=US, key=key or uuid7().hex, checkout_id=checkout, codes=codes, expires_after_s=expires_after_s
        )

    async def claim(self, checkout: UUID) -> VoucherHold:
        return await self.api.claim_vouchers(caller=US, key=uuid7().hex, checkout_id=checkout)

    async def release(self, checkout: UUID) -> None:
        await self.api.release_vouchers(caller=US, key=uuid7().hex, checkout_id=checkout)

    async def counts(self, code: str) -> tuple[int, int]:
        page = await self.api.list_vouchers(caller=US)
        (found,) = [voucher for voucher in page.items if voucher.code == code]
        return found.used, found.held

    async def assert_clean(self) -> None:
        assert await self.api.check(caller=US) == ()


def now() -> datetime:
    return datetime.now(UTC)


SetClock = Callable[[Node, float], Awaitable[None]]
