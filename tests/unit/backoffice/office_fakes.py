"""A shop made of fakes: every contract call is recorded and goes through the wire encoding, as between processes."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, TypeVar, cast

from springtide.contracts.catalog.api import Category, ProductRow
from springtide.contracts.common import (
    AuditEntry,
    DifferenceState,
    Finding,
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
    Looked,
    MonitorResult,
    OrderMinute,
    PageCount,
    SearchCount,
)
from springtide.contracts.inventory.api import (
    Inbound,
    LedgerKind,
    LedgerRow,
    StockOuts,
    Supplier,
)
from springtide.contracts.orders.api import (
    RhythmHour,
)
from springtide.contracts.payments.api import (
    GatewaySwitch,
)
from springtide.contracts.pricing.api import (
    Price,
    PriceHistoryRow,
    Promotion,
    PromotionKind,
    PromotionLevel,
    ShopFront,
    Voucher,
)
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import KeyReused
from springtide.platform.rpc import Contract, local
from tests.unit.backoffice.office_facts import (
    AT,
    CUSTOMER,
    INBOUND,
    LOCATIONS,
    MARKETS,
    NASTY,
    ORDER,
    OWNER,
    PRODUCT,
    SELLER,
    SKU,
    difference,
    funnel,
    gateway,
    history,
    moved,
    order,
    order_rows,
    payment,
    postal,
    product,
    stock_row,
    uid,
)

Api = TypeVar("Api")


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
        "orders.rhythm": (RhythmHour(weekday=7, hour=14, orders=120.0),),
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
