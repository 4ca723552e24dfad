"""Orders, products, stock and money of a made-up shop, as its contracts tell them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from springtide.contracts.catalog.api import Product, Variant
from springtide.contracts.common import (
    Address,
    Contact,
    Difference,
    DifferenceState,
    Origin,
)
from springtide.contracts.insight.api import (
    Funnel,
    FunnelSlice,
)
from springtide.contracts.inventory.api import (
    Allocation,
    Location,
    StockRow,
    Supply,
)
from springtide.contracts.orders.api import (
    Adjustment,
    AdjustmentKind,
    Document,
    DocumentKind,
    FulfilmentStatus,
    HistoryDay,
    Order,
    OrderLine,
    OrderRow,
    OrderStatus,
    PaymentStatus,
    Shipment,
    ShippingRow,
    TimelineEntry,
)
from springtide.contracts.payments.api import (
    Attempt,
    AttemptState,
    GatewayStatus,
    GatewaySwitch,
    GatewaySwitched,
    Operation,
    OperationState,
    Payment,
    PaymentLedgerRow,
)
from springtide.contracts.payments.api import LedgerKind as MoneyKind
from springtide.contracts.pricing.api import (
    Market,
    PriceMode,
    Seller,
    ShippingMethod,
    TaxedRow,
)

AT = datetime(2011, 8, 31, 14, 5, tzinfo=UTC)
ORDER = UUID("01931f00-0000-7000-8000-00000000000a")
PRODUCT = UUID("01931f00-0000-7000-8000-0000000000b1")
CUSTOMER = UUID("01931f00-0000-7000-8000-0000000000c1")
OWNER = UUID("01931f00-0000-7000-8000-0000000000d1")
INBOUND = UUID("01931f00-0000-7000-8000-0000000000e1")
SKU = "85123A"
NASTY = '<script>alert("x")</script><img src=x onerror=y>'


def uid(number: int) -> UUID:
    return UUID(int=0x01931F00_0000_7000_8000_000000000000 + number)


def taxed(gross: int, rate_bp: int = 2000, discount: int = 0) -> TaxedRow:
    net = round(gross * 10_000 / (10_000 + rate_bp))
    return TaxedRow(
        gross_minor=gross,
        net_minor=net,
        tax_minor=gross - net,
        rate_bp=rate_bp,
        tax_category="standard",
        discount_minor=discount,
    )


def postal(name: str = "Sanne de Vries") -> Address:
    return Address(name=name, line1="Prinsengracht 263", city="Amsterdam", postcode="1016 GV", country="NL")


def funnel_slice(name: str, visits: int, orders: int) -> FunnelSlice:
    return FunnelSlice(
        name=name, visits=visits, products=visits * 2, carts=visits // 5, checkouts=visits // 10, orders=orders
    )


def funnel(*slices: FunnelSlice) -> Funnel:
    shown = slices or (funnel_slice("2011-08-29", 600, 12), funnel_slice("2011-08-31", 400, 18))
    whole = funnel_slice("", sum(one.visits for one in shown), sum(one.orders for one in shown))
    return Funnel(counts=whole, visits=funnel_slice("", 80, 3), slices=shown)


def order(**changes: Any) -> Order:
    goods, shipping = (taxed(5_160, 2100, discount=240), taxed(2_950, 2100)), taxed(495, 2100)
    total = sum(row.gross_minor for row in (*goods, shipping))
    made = Order(
        id=ORDER,
        number="SPT-100042",
        version=3,
        placed_at=AT,
        market="NL",
        seller="springtide-nl",
        locale="nl-NL",
        currency="EUR",
        base_currency="GBP",
        fx_to_base="0.8712",
        origin=Origin(channel="storefront"),
        customer_id=CUSTOMER,
        contact=Contact(email="sanne@example.org", phone="+31 20 555 0142"),
        shipping_address=postal(),
        billing_address=postal(),
        status=OrderStatus.OPEN,
        payment_status=PaymentStatus.AUTHORISED,
        fulfilment_status=FulfilmentStatus.PARTLY_FULFILLED,
        payment_method="bank_redirect",
        lines=(
            OrderLine(
                line=1,
                sku=SKU,
                name="Hartvormige theelichthouder, wit",
                unit_minor=450,
                ordered=12,
                cancelled=0,
                fulfilled=8,
                returned=1,
                money=goods[0],
                allocations=(Allocation(sku=SKU, location="tilburg", quantity=12),),
            ),
            OrderLine(
                line=2,
                sku="22423",
                name="Etagère, Regency",
                unit_minor=2_950,
                ordered=1,
                cancelled=0,
                fulfilled=0,
                returned=0,
                money=goods[1],
            ),
        ),
        shipping=(ShippingRow(method="postnl-standard", money=shipping),),
        goods_minor=sum(row.gross_minor for row in goods),
        shipping_minor=495,
        discount_minor=240,
        tax_minor=sum(row.tax_minor for row in (*goods, shipping)),
        total_minor=total,
        authorised_minor=total,
        captured_minor=0,
        refunded_minor=0,
        vouchers=("SUMMER10",),
        shipments=(
            Shipment(id=uid(21), at=AT + timedelta(hours=20), carrier="postnl", tracking="3SABCD001", lines={1: 8}),
        ),
        adjustments=(
            Adjustment(
                id=uid(22),
                at=AT + timedelta(days=3),
                kind=AdjustmentKind.RETURN,
                lines={1: -1},
                money=(taxed(-430, 2100),),
                reason="One was broken",
                actor="staff",
            ),
        ),
        documents=(
            Document(
                number="NL-2011-000042",
                kind=DocumentKind.INVOICE,
                issued_on=date(2011, 8, 31),
                gross_minor=total,
                adjustment_id=None,
            ),
        ),
        timeline=(
            TimelineEntry(at=AT, what="placed", facts={"channel": "storefront"}, actor=""),
            TimelineEntry(
                at=AT + timedelta(hours=20), what="shipped", facts={"tracking": "3SABCD001"}, actor="Ruth Okafor"
            ),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def order_rows(count: int) -> tuple[OrderRow, ...]:
    names = ("Sanne de Vries", "Oliver Whitfield", "Astrid Lindqvist", "Priya Chandrasekaran-Hollingworth", "J. Bakker")
    markets = (("NL", "EUR"), ("GB", "GBP"), ("SE", "SEK"))
    payments, fulfilments = list(PaymentStatus), list(FulfilmentStatus)
    rows = []
    for number in range(count):
        market, currency = markets[number % 3]
        rows.append(
            OrderRow(
                id=ORDER if number == 0 else uid(0x1000 + number),
                number=f"SPT-{100042 - number}",
                placed_at=AT - timedelta(minutes=37 * number),
                market=market,
                buyer=names[number % len(names)],
                currency=currency,
                total_minor=(number * 7919) % 90_000 + 495,
                status=OrderStatus.COMPLETED if number % 4 == 3 else OrderStatus.OPEN,
                payment_status=payments[(number + 1) % len(payments)],
                fulfilment_status=fulfilments[number % len(fulfilments)],
                imported=False,
            )
        )
    return tuple(rows)


def history() -> tuple[HistoryDay, ...]:
    """Return the 40 days before 2011-09-01, without Saturdays."""
    days = (date(2011, 9, 1) - timedelta(days=left) for left in range(40, 0, -1))
    return tuple(
        HistoryDay(day=day, orders=60 + day.day, units=9_000 + day.day, gross_minor={"GBP": 1_800_050})
        for day in days
        if day.isoweekday() != 6  # the shop of the history never sold on a Saturday
    )


def product(**changes: Any) -> Product:
    made = Product(
        id=PRODUCT,
        version=4,
        names={"en": "White hanging heart T-light holder", "nl": "Hartvormige theelichthouder, wit"},
        slugs={"en": "white-hanging-heart", "nl": "hartvormige-theelichthouder"},
        descriptions={"en": "A heart of white metal for one tea light."},
        category="candles",
        attributes={"material": {"en": "Metal"}},
        variants=(
            Variant(
                sku=SKU,
                options={"style": {"en": "White", "nl": "Wit", "sv": "Vit"}},
                barcode="5012345678900",
                weight_g=140,
            ),
            Variant(sku="85123B", options={"style": {"en": "Red"}}, weight_g=140),
        ),
        published=True,
        popularity=35_211,
    )
    return msgspec.structs.replace(made, **changes)


MARKETS = tuple(
    Market(
        key=key,
        seller="springtide-nl",
        currency=currency,
        price_mode=PriceMode.GROSS,
        countries=(country,),
        languages=languages,
        time_zone=zone,
        fx_to_base=rate,
        shipping_methods=(
            ShippingMethod(
                key=f"{carrier}-standard",
                names={"en": "Standard"},
                carrier=carrier,
                countries=(country,),
                price_minor=495,
                free_from_minor=5_000,
                days_min=1,
                days_max=2,
                cut_off_local="17:00",
            ),
        ),
    )
    for key, currency, country, languages, zone, rate, carrier in (
        ("GB", "GBP", "GB", ("en",), "Europe/London", "1", "royal-mail"),
        ("NL", "EUR", "NL", ("nl", "en"), "Europe/Amsterdam", "0.8712", "postnl"),
        ("SE", "SEK", "SE", ("sv", "en"), "Europe/Stockholm", "0.0951", "postnord"),
    )
)
SELLER = Seller(
    key="springtide-nl",
    name="Springtide Demo B.V.",
    country="NL",
    base_currency="GBP",
    vat_numbers={"NL": "NL000099998B57"},
    address=postal("Springtide Demo B.V."),
    number_prefix="SPT-",
)
LOCATIONS = (
    Location(key="leicester", name="Leicester", external=False, ranks={"GB": 1, "NL": 2, "SE": 2}),
    Location(key="tilburg", name="Tilburg (partner)", external=True, ranks={"NL": 1, "SE": 1}),
)


def stock_row(**changes: Any) -> StockRow:
    made = StockRow(
        sku=SKU,
        location="leicester",
        supply=Supply.STOCK,
        on_hand=1_204,
        held=3,
        claimed=41,
        inbound=500,
        available=1_160,
        low_stock_at=200,
    )
    return msgspec.structs.replace(made, **changes)


def payment() -> Payment:
    return Payment(
        checkout_id=ORDER,
        attempts=(
            Attempt(
                id=uid(31),
                checkout_id=ORDER,
                market="NL",
                method="bank_redirect",
                gateway="sandbox-north",
                state=AttemptState.AUTHORISED,
                amount_minor=8_605,
                currency="EUR",
                authorised_minor=8_605,
                captured_minor=0,
                refunded_minor=0,
                version=2,
                provider_ref="pay_7Q2",
            ),
        ),
        ledger=(
            PaymentLedgerRow(
                id=uid(32),
                at=AT,
                attempt_id=uid(31),
                checkout_id=ORDER,
                gateway="sandbox-north",
                kind=MoneyKind.AUTHORISED,
                amount_minor=8_605,
                currency="EUR",
                provider_ref="pay_7Q2",
                cause="checkout",
            ),
        ),
        operations=(
            Operation(
                id=uid(33),
                attempt_id=uid(31),
                kind="capture",
                amount_minor=8_605,
                state=OperationState.FAILED,
                reason="shipped",
                why="The gateway did not know the payment.",
            ),
        ),
    )


def difference(number: int, **changes: Any) -> Difference:
    made = Difference(
        id=uid(900 + number),
        rule="payment_differs_from_gateway",
        subject=str(uid(950 + number)),
        detail="sandbox: captured 5 there, 0 here",
        state=DifferenceState.OPEN,
        first_seen=AT,
        last_seen=AT,
    )
    return msgspec.structs.replace(made, **changes)


def gateway(name: str, **changes: Any) -> GatewayStatus:
    """Return a gateway in good health."""
    status = GatewayStatus(
        name=name,
        provider="sandbox",
        switch=GatewaySwitch.ON,
        switched=None,
        weight=100,
        markets={"NL": ("card", "bank_redirect")},
        min_minor=0,
        max_minor=None,
        max_per_s=50.0,
        max_in_flight=0,
        in_process=False,
        breaker="closed",
        breaker_mode="on",
        diverted=0,
        attempts=1_204,
        failures=12,
        p50_ms=182,
        p99_ms=1_930,
        in_flight=3,
        window_s=60,
        process="shop-1:4711",
    )
    return msgspec.structs.replace(status, **changes)


def moved(before: GatewaySwitch, state: GatewaySwitch) -> GatewaySwitched:
    """Return a move of north's switch."""
    return GatewaySwitched(
        gateway="north", before=before, state=state, by=f"staff:{OWNER}", at=AT, reason="slow since noon"
    )
