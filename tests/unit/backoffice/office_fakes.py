"""A shop made of fakes: every contract call is recorded and goes through the wire encoding, as between processes."""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from springtide.contracts.catalog.api import Category, Product, ProductRow, Variant
from springtide.contracts.common import (
    Address,
    AuditEntry,
    Contact,
    Difference,
    DifferenceState,
    Finding,
    Origin,
    Page,
)
from springtide.contracts.customers.api import (
    Consent,
    Customer,
    CustomerRow,
    Role,
    SavedAddress,
    Session,
    SessionGone,
    Staff,
)
from springtide.contracts.insight.api import (
    AnswerDay,
    Availability,
    ExportCount,
    Funnel,
    FunnelSlice,
    Looked,
    MonitorResult,
    OrderMinute,
    PageCount,
    SearchCount,
)
from springtide.contracts.inventory.api import (
    Allocation,
    Inbound,
    LedgerKind,
    LedgerRow,
    Location,
    StockOuts,
    StockRow,
    Supplier,
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
    RhythmHour,
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
    Price,
    PriceHistoryRow,
    PriceMode,
    Promotion,
    PromotionKind,
    PromotionLevel,
    Seller,
    ShippingMethod,
    ShopFront,
    TaxedRow,
    Voucher,
)
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import KeyReused
from springtide.platform.rpc import Contract, local

Api = TypeVar("Api")

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
        HistoryDay(day=day, orders=60 + day.day, units=9_000 + day.day, gross_minor=1_800_050)
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


def answers() -> dict[str, Any]:
    customer = Customer(
        id=CUSTOMER,
        email="sanne@example.org",
        name="Sanne de Vries",
        locale="nl",
        version=2,
        created_at=AT,
        addresses=(SavedAddress(id=uid(41), address=postal(), is_default=True),),
        consents=(Consent(purpose="newsletter", given=True, at=AT, text_version="2011-06"),),
    )
    person = Staff(id=OWNER, email="owner@example.org", name="Ruth Okafor", roles=(Role.OWNER,), active=True)
    entry = AuditEntry(
        id=uid(51),
        at=AT,
        actor="staff:01931f00-0000-7000-8000-0000000000d1",
        action="order_shipped",
        aggregate_id=str(ORDER),
        request_id="f3a9c1d2e5b84f0a",
        reason="",
        difference={"carrier": "postnl", "units": 8},
    )
    promotion = Promotion(
        key="summer",
        names={"en": "Summer"},
        kind=PromotionKind.PERCENTAGE,
        level=PromotionLevel.CART,
        percent_bp=1_000,
        needs_voucher=True,
    )
    voucher = Voucher(code="SUMMER10", promotion="summer", limit=500, used=17, held=2)
    return {
        "orders.list_orders": Page(items=order_rows(40), after="next-page"),
        "orders.get": order(),
        "orders.document": "<h1>Invoice</h1>",
        "orders.history": history(),
        "orders.late_by": 0.0,
        "payments.payment": payment(),
        "pricing.shop_front": ShopFront(sellers=(SELLER,), markets=MARKETS),
        "pricing.price_history": (
            PriceHistoryRow(at=AT, amount_minor=295, list_minor=295, cause="set"),
            PriceHistoryRow(at=AT - timedelta(days=90), amount_minor=325, list_minor=325, cause="import"),
        ),
        "pricing.list_promotions": (promotion,),
        "pricing.list_vouchers": Page(items=(voucher,)),
        "pricing.put_promotion": promotion,
        "pricing.put_voucher": voucher,
        "pricing.set_prices": (Price(market="GB", sku=SKU, gross_minor=295),),
        "inventory.stock": Page(
            items=(
                stock_row(),
                stock_row(location="tilburg", on_hand=120, claimed=0, held=0, inbound=0, available=120),
                stock_row(sku="22423", on_hand=0, claimed=0, held=0, inbound=0, available=0),
            )
        ),
        "inventory.ledger": (
            LedgerRow(
                id=uid(61),
                at=AT,
                sku=SKU,
                location="leicester",
                kind=LedgerKind.SHIPPED,
                quantity=-8,
                reason="",
                reference="SPT-100042",
                actor="staff:ruth",
            ),
            LedgerRow(
                id=uid(62),
                at=AT - timedelta(days=200),
                sku=SKU,
                location="leicester",
                kind=LedgerKind.OPENING,
                quantity=1_212,
                reason="opening stock",
                reference="import",
                actor="system:import",
            ),
        ),
        "inventory.list_locations": LOCATIONS,
        "inventory.list_inbound": (
            Inbound(
                id=INBOUND,
                supplier="ningbo-gifts",
                sku=SKU,
                location="leicester",
                quantity=500,
                received=0,
                expected_on=date(2011, 9, 20),
                confirmed=True,
            ),
        ),
        "inventory.receive_inbound": Inbound(
            id=INBOUND,
            supplier="ningbo-gifts",
            sku=SKU,
            location="leicester",
            quantity=500,
            received=500,
            expected_on=date(2011, 9, 20),
            confirmed=True,
        ),
        "inventory.list_suppliers": (
            Supplier(key="ningbo-gifts", name="Ningbo Gifts", country="CN", lead_time_days=62),
        ),
        "inventory.put_inbound": Inbound(
            id=INBOUND,
            supplier="ningbo-gifts",
            sku=SKU,
            location="leicester",
            quantity=500,
            received=0,
            expected_on=date(2011, 9, 20),
            confirmed=True,
        ),
        "inventory.adjust": stock_row(),
        "inventory.transfer": (stock_row(), stock_row(location="tilburg")),
        "inventory.set_policy": stock_row(),
        "catalog.list_products": Page(
            items=tuple(
                ProductRow(
                    id=PRODUCT if n == 0 else uid(0x2000 + n),
                    name=name,
                    skus=skus,
                    category="candles",
                    published=n != 2,
                    popularity=35_211 - n * 917,
                )
                for n, (name, skus) in enumerate(
                    (
                        ("White hanging heart T-light holder", (SKU, "85123B")),
                        ("Regency cakestand, three tiers", ("22423",)),
                        ("Jumbo bag, red retrospot", ("85099B",)),
                    )
                )
            )
        ),
        "catalog.list_categories": (
            Category(key="home", parent="", position=0, names={"en": "Home"}, slugs={"en": "home"}),
            Category(key="candles", parent="home", position=0, names={"en": "Candles"}, slugs={"en": "candles"}),
        ),
        "catalog.get_product": product(),
        "catalog.create_product": product(published=False),
        "catalog.change_product": product(version=5),
        "catalog.set_published": product(),
        "customers.list_customers": Page(
            items=(CustomerRow(id=CUSTOMER, email="sanne@example.org", name="Sanne de Vries", created_at=AT),)
        ),
        "customers.get_customer": customer,
        "customers.erase": None,
        "customers.sign_out": None,
        "customers.list_staff": (person,),
        "customers.add_staff": person,
        "customers.change_staff": person,
        **{f"orders.{verb}": order() for verb in ("capture", "refund", "cancel", "ship", "take_return")},
        **{
            f"{context}.list_audit": (entry,)
            for context in ("orders", "payments", "checkout", "catalog", "pricing", "inventory", "customers")
        },
        **{f"{context}.check": () for context in ("orders", "pricing", "checkout")},
        "inventory.check": (
            Finding(
                rule="on_hand_is_ledger", subject=f"{SKU}@leicester", detail="On hand 1,204, the ledger says 1,203."
            ),
        ),
        "payments.check": (),
        "orders.rhythm": (RhythmHour(weekday=7, hour=14, orders=120.0, gross_minor=900_000.0),),
        "inventory.stock_outs": (StockOuts(market="GB", skus=3_761, sold_out=12),),
        "insight.order_minutes": (OrderMinute(at=AT, market="GB", currency="GBP", orders=4, gross_minor=13_960),),
        "insight.funnel": funnel(),
        "insight.looked": Looked(
            pages=(PageCount(page="product/white-hanging-heart", views=1_204),),
            searches=(SearchCount(words="heart", searches=88, without_results=0),),
            searches_without_results=(SearchCount(words=NASTY[:60], searches=7, without_results=7),),
        ),
        "insight.availability": Availability(
            days=(AnswerDay(day=AT.date(), good=99_990, bad=10, bad_minutes=2),),
            monitors=(
                MonitorResult(
                    source="uptimerobot", name="Shop NL", state="down", up_30d="99.973", response_ms=212, read_at=AT
                ),
            ),
            exports=(ExportCount(target="ga4", state="refused", purchases=3, problem="answered 403"),),
        ),
        "peak.list_plans": (),
        "peak.list_inputs": (),
        "payments.gateways": (gateway("north"), gateway("invoice", provider="invoice", in_process=True)),
        "payments.gateway_history": (moved(GatewaySwitch.ON, GatewaySwitch.DRAIN),),
        "payments.switch_gateway": moved(GatewaySwitch.ON, GatewaySwitch.OFF),
        "payments.list_differences": Page(items=(difference(1),)),
        "inventory.list_differences": Page(
            items=(difference(2, rule="on_hand_is_ledger_sum", subject=f"{SKU} @ leicester"),)
        ),
        "payments.resolve_difference": difference(1, state=DifferenceState.RESOLVED, note="found"),
        "inventory.resolve_difference": difference(2, state=DifferenceState.RESOLVED, note="found"),
    }


class FakeShop:
    """All contracts at once. `calls`: what was asked, in order; `effects`: writes that were not repeats of a key."""

    def __init__(self) -> None:
        self.answers = answers()
        self.refusals: dict[str, Exception] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.effects: list[tuple[str, dict[str, Any]]] = []
        self.sessions: dict[str, Session] = {}
        self._done: dict[tuple[str, str], dict[str, Any]] = {}
        self._tokens = itertools.count(1)

    def ask(self, api: type[Api]) -> Api:
        context = api.__module__.split(".")[-2]
        return local(Contract(context, api), cast("Api", _Fake(self, context)), through_wire=True)

    def signed_in(self, *scopes: str, kind: Kind = Kind.STAFF, name: str = "Ruth Okafor") -> str:
        """Return the token of a live session with these scopes."""
        token = f"token-{next(self._tokens)}-{'x' * 30}"
        caller = Caller(actor=str(OWNER), kind=kind, scopes=frozenset(scopes))
        self.sessions[token] = Session(token=token, caller=caller, expires_at=AT + timedelta(hours=8), name=name)
        return token

    def asked(self, verb: str) -> list[dict[str, Any]]:
        """Return the arguments of every call of a verb ("orders.ship")."""
        return [arguments for name, arguments in self.calls if name == verb]

    def writes(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every writing call: those that carry a key."""
        return [(name, arguments) for name, arguments in self.calls if "key" in arguments]

    async def answer(self, verb: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((verb, arguments))
        if verb in self.refusals:
            raise self.refusals[verb]
        if verb == "customers.session":
            if arguments["token"] not in self.sessions:
                raise SessionGone
            return self.sessions[arguments["token"]]
        if "key" in arguments:
            self._once(verb, arguments)
        answer = self.answers[verb]
        return answer(arguments) if callable(answer) else answer

    def _once(self, verb: str, arguments: dict[str, Any]) -> None:
        request = {name: value for name, value in arguments.items() if name not in {"caller", "key"}}
        before = self._done.setdefault((verb, arguments["key"]), request)
        if before is request:
            self.effects.append((verb, arguments))
        elif before != request:
            raise KeyReused


class _Fake:
    def __init__(self, shop: FakeShop, context: str) -> None:
        self._shop = shop
        self._context = context

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(**arguments: Any) -> Any:
            return await self._shop.answer(f"{self._context}.{name}", arguments)

        return call
