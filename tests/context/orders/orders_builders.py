"""Made-up placements, and pricing as orders needs it."""

from datetime import UTC, datetime
from uuid import UUID

from springtide.contracts.common import Address, Contact, Origin
from springtide.contracts.inventory.api import Allocation
from springtide.contracts.orders.api import OrdersApi, Placed, PlacedLine, Placement
from springtide.contracts.pricing.api import (
    PriceMode,
    Quote,
    QuotedLine,
    QuotedShipping,
    Seller,
    ShopFront,
    TaxedRow,
)
from springtide.platform.caller import Caller, Kind, system
from springtide.platform.ids import uuid7

CHECKOUT = system("checkout")
SELLER = Seller(
    key="marlow",
    name="Marlow & Finch Gifts Ltd",
    country="GB",
    base_currency="GBP",
    vat_numbers={"GB": "GB123456789", "NL": "NL001234567B01"},
    address=Address(name="Marlow & Finch", line1="1 Mill Lane", city="Leicester", postcode="LE1 1AA", country="GB"),
    number_prefix="MF-",
)
HOME = Address(name="Ann Buyer", line1="Keizersgracht 1", city="Amsterdam", postcode="1015 AA", country="NL")


class FakePricing:
    async def shop_front(self, *, caller: Caller) -> ShopFront:
        return ShopFront(sellers=(SELLER,), markets=())


def staff(*scopes: str) -> Caller:
    return Caller(actor="0190aaaa", kind=Kind.STAFF, scopes=frozenset(scopes), request_id="test")


OFFICE = staff("orders.*")


def row(gross: int, rate_bp: int = 2100, discount: int = 0) -> TaxedRow:
    net = round(gross * 10_000 / (10_000 + rate_bp))
    return TaxedRow(
        gross_minor=gross,
        net_minor=net,
        tax_minor=gross - net,
        rate_bp=rate_bp,
        tax_category="standard",
        discount_minor=discount,
    )


def quote(lines: dict[str, tuple[int, int]], shipping_minor: int = 495) -> Quote:
    """Lines as sku -> (quantity, gross minor of the row)."""
    quoted = tuple(
        QuotedLine(sku=sku, quantity=quantity, unit_minor=gross // quantity, was_minor=None, money=row(gross))
        for sku, (quantity, gross) in lines.items()
    )
    shipping = (QuotedShipping(method="parcel", money=row(shipping_minor)),)
    now = datetime.now(UTC)
    return Quote(
        id="q1",
        market="NL",
        seller="marlow",
        currency="EUR",
        base_currency="GBP",
        fx_to_base="0.86",
        price_mode=PriceMode.GROSS,
        destination="NL",
        lines=quoted,
        shipping=shipping,
        shipping_options=(),
        promotions=(),
        vouchers=(),
        goods_minor=sum(line.money.gross_minor for line in quoted),
        shipping_minor=shipping_minor,
        discount_minor=0,
        tax_minor=sum(line.money.tax_minor for line in quoted) + shipping[0].money.tax_minor,
        total_minor=sum(line.money.gross_minor for line in quoted) + shipping_minor,
        quoted_at=now,
        expires_at=now,
    )


def placement(
    lines: dict[str, tuple[int, int]] | None = None,
    *,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    captured: bool = False,
    locale: str = "nl",
    batch: str = "",
    name: str = "Ann Buyer",
    email: str = "ann@example.com",
) -> Placement:
    sold = quote(lines or {"MUG": (3, 1000), "CARD": (2, 301)})
    address = Address(name=name, line1=HOME.line1, city=HOME.city, postcode=HOME.postcode, country=HOME.country)
    return Placement(
        order_id=order_id or uuid7(),
        quote=sold,
        lines=tuple(
            PlacedLine(
                sku=line.sku,
                name=f"{line.sku} kaart",
                allocations=(Allocation(sku=line.sku, location="own", quantity=line.quantity),),
            )
            for line in sold.lines
        ),
        locale=locale,
        origin=Origin(channel="storefront", import_batch=batch),
        customer_id=customer_id,
        contact=Contact(email=email, phone="+31 20 1234567"),
        shipping_address=address,
        billing_address=address,
        payment_method="ideal",
        attempt_id=uuid7(),
        authorised_minor=sold.total_minor,
        captured_minor=sold.total_minor if captured else 0,
    )


async def placed(api: OrdersApi, value: Placement | None = None) -> tuple[Placement, Placed]:
    value = value or placement()
    return value, await api.place(caller=CHECKOUT, key=f"place-{value.order_id}", placement=value)
