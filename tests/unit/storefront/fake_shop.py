"""The storefront over faithful fakes: a checkout that keeps carts, customers that keep sessions, orders that are there.

Every contract call goes through the wire encoding and is written down in `calls`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import msgspec

from springtide.channels.browse import browsing
from springtide.channels.browse.desk import Desk
from springtide.channels.storefront.app import app_of
from springtide.channels.storefront.looking import LISTS_KEPT_S
from springtide.channels.storefront.shop import Shop
from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.checkout.api import (
    Cart,
    CartClosed,
    CartNotFound,
    CartState,
    CheckoutApi,
    Completion,
    Line,
    PaymentStillOpen,
    Step,
    TotalChanged,
)
from springtide.contracts.common import Contact, Page
from springtide.contracts.customers.api import (
    Customer,
    CustomersApi,
    EmailTaken,
    SavedAddress,
    Session,
    SessionGone,
    WrongCredentials,
)
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import (
    Document,
    DocumentKind,
    FulfilmentStatus,
    Order,
    OrderLine,
    OrderNotFound,
    OrderRow,
    OrdersApi,
    OrderStatus,
    PaymentStatus,
    ShippingRow,
)
from springtide.contracts.payments.api import PaymentMethod
from springtide.contracts.pricing.api import (
    PriceMode,
    PricingApi,
    Quote,
    QuotedLine,
    QuotedShipping,
    ShippingOption,
    TaxedRow,
    VoucherRefused,
)
from springtide.edge.entrance import Entrance
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import KeyReused
from springtide.platform.ids import uuid7
from springtide.platform.rpc import Contract, local
from tests.unit.browse.goods import Contexts, FakeBus, until

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # a Wednesday morning
CUSTOMER_ID = UUID("0198c0de-0000-7000-8000-00000000c057")
PASSWORD = "a right horse"
RATES = {"GB": 2000, "NL": 2100, "SE": 2500}
Calls = list[tuple[str, dict[str, Any]]]


def row(gross: int, rate_bp: int, discount: int = 0) -> TaxedRow:
    tax = gross * rate_bp // (10_000 + rate_bp)
    return TaxedRow(
        gross_minor=gross,
        net_minor=gross - tax,
        tax_minor=tax,
        rate_bp=rate_bp,
        tax_category="standard",
        discount_minor=discount,
    )


@dataclass
class FakeCheckout:
    """Carts in memory. `bank`: what a completion comes to; `price_rise_minor` changes totals behind one's back."""

    contexts: Contexts
    bank: Step = Step.COMPLETED
    stays_open: bool = False
    price_rise_minor: int = 0
    message: str = "De betaling is geweigerd."
    carts: dict[UUID, Cart] = field(default_factory=dict)
    kept: dict[tuple[str, str], tuple[Any, Any]] = field(default_factory=dict)
    completions: dict[UUID, Completion] = field(default_factory=dict)

    def _once(self, verb: str, key: str, request: Any, work: Any) -> Any:
        known = self.kept.get((verb, key))
        if known is not None:
            if known[0] != request:
                msg = "reused"
                raise KeyReused(msg)
            return known[1]
        reply = work()
        self.kept[verb, key] = (request, reply)
        return reply

    def quote(self, cart: Cart) -> Quote | None:
        if not cart.lines:
            return None
        prices = {(price.market, price.sku): price for price in self.contexts.prices}
        rate = RATES[cart.market]
        cut = 10 if "TEN" in cart.vouchers else 0
        lines = []
        for line in cart.lines:
            price = prices[cart.market, line.sku]
            full = (price.gross_minor + self.price_rise_minor) * line.quantity
            lines.append(
                QuotedLine(
                    sku=line.sku,
                    quantity=line.quantity,
                    unit_minor=price.gross_minor,
                    was_minor=price.was_minor,
                    money=row(full - full * cut // 100, rate, full * cut // 100),
                )
            )
        method = "standard" if cart.delivery else ""
        shipping = (QuotedShipping(method=method, money=row(495, rate)),) if method else ()
        goods = sum(line.money.gross_minor for line in lines)
        total = goods + sum(part.money.gross_minor for part in shipping)
        return Quote(
            id=f"q{total}",
            market=cart.market,
            seller="springtide",
            currency={"GB": "GBP", "NL": "EUR", "SE": "SEK"}[cart.market],
            base_currency="GBP",
            fx_to_base="1",
            price_mode=PriceMode.GROSS,
            destination=cart.market,
            lines=tuple(lines),
            shipping=shipping,
            shipping_options=(
                ShippingOption(
                    method="standard", names={"en": "Standard"}, carrier="post", gross_minor=495, days_min=1, days_max=3
                ),
            ),
            promotions=(),
            vouchers=(),
            goods_minor=goods,
            shipping_minor=total - goods,
            discount_minor=sum(line.money.discount_minor for line in lines),
            tax_minor=sum(part.money.tax_minor for part in (*lines, *shipping)),
            total_minor=total,
            quoted_at=NOW,
            expires_at=NOW + timedelta(minutes=30),
        )

    def _put(self, cart: Cart) -> Cart:
        priced = msgspec.structs.replace(cart, quote=self.quote(cart), version=cart.version + 1)
        self.carts[cart.id] = priced
        return priced

    def _mine(self, cart_id: UUID, token: str) -> Cart:
        cart = self.carts.get(cart_id)
        if cart is None or cart.token != token:
            msg = "no such cart"
            raise CartNotFound(msg)
        return cart

    def _open(self, cart_id: UUID, token: str) -> Cart:
        cart = self._mine(cart_id, token)
        if cart.state is not CartState.OPEN:
            msg = "closed"
            raise CartClosed(msg, state=cart.state)
        return cart

    async def create_cart(self, *, caller, key, market, locale, lines, origin, sold_out=()) -> Cart:
        names = {"en": "Card", "nl": "Kaart", "sv": "Kort"}
        ideal = {"en": "iDEAL", "nl": "iDEAL", "sv": "iDEAL"}
        cart = Cart(
            id=uuid7(),
            token=f"token-{len(self.carts)}",
            version=0,
            state=CartState.OPEN,
            market=market,
            locale=locale,
            lines=merged(lines),
            contact=None,
            delivery=None,
            vouchers=(),
            customer_id=None,
            quote=None,
            payment_methods=(
                PaymentMethod(key="ideal", names=ideal, market=market, kind="bank_redirect", awaits_buyer_s=900),
                PaymentMethod(key="card", names=names, market=market, kind="card", awaits_buyer_s=900),
            ),
            checkout_id=None,
        )
        return self._once("create_cart", key, (market, locale, lines), lambda: self._put(cart))

    async def get_cart(self, *, caller, cart_id, token) -> Cart:
        cart = self._mine(cart_id, token)
        return self._put(cart) if cart.state is CartState.OPEN else cart

    async def my_cart(self, *, caller, market) -> Cart | None:
        return next(
            (cart for cart in self.carts.values() if str(cart.customer_id) == caller.actor and cart.market == market),
            None,
        )

    async def set_lines(self, *, caller, key, cart_id, token, lines) -> Cart:
        cart = self._open(cart_id, token)
        changed = msgspec.structs.replace(cart, lines=merged(lines))
        return self._once("set_lines", key, (cart_id, lines), lambda: self._put(changed))

    async def set_details(self, *, caller, key, cart_id, token, contact, delivery, vouchers=()) -> Cart:
        cart = self._open(cart_id, token)
        changed = msgspec.structs.replace(cart, contact=contact, delivery=delivery, vouchers=tuple(vouchers))
        return self._once("set_details", key, (contact, delivery), lambda: self._put(changed))

    async def set_vouchers(self, *, caller, key, cart_id, token, vouchers) -> Cart:
        cart = self._open(cart_id, token)
        for code in vouchers:
            if code != "TEN":
                msg = "no"
                raise VoucherRefused(msg, code=code, why="unknown")
        changed = msgspec.structs.replace(cart, vouchers=tuple(vouchers))
        return self._once("set_vouchers", key, vouchers, lambda: self._put(changed))

    async def merge(self, *, caller, key, cart_id, token) -> Cart:
        cart = self._open(cart_id, token)
        return self._put(msgspec.structs.replace(cart, customer_id=UUID(caller.actor)))

    async def complete(self, *, caller, key, cart_id, token, method, total_minor, return_url) -> Completion:
        known = self.carts.get(cart_id)
        if self.stays_open and known is not None and known.state is CartState.COMPLETING:
            facts = {"checkout_id": str(known.checkout_id), "method": "bank_redirect", "expires_at": NOW.isoformat()}
            msg = "still open"
            raise PaymentStillOpen(msg, **facts)
        cart = self._put(self._open(cart_id, token))
        assert cart.quote is not None
        if total_minor != cart.quote.total_minor:
            msg = "changed"
            raise TotalChanged(
                msg, total_minor=cart.quote.total_minor, currency=cart.quote.currency, quote_id=cart.quote.id
            )
        checkout_id = cart.checkout_id or uuid7()
        self.carts[cart_id] = msgspec.structs.replace(cart, checkout_id=checkout_id, state=CartState.COMPLETING)
        return self._settle(self.carts[cart_id], method, self.bank, return_url)

    def _settle(self, cart: Cart, method: str, step: Step, return_url: str = "") -> Completion:
        assert cart.quote is not None
        assert cart.checkout_id is not None
        done = step is Step.COMPLETED
        failed = step in {Step.REFUSED, Step.DECLINED, Step.EXPIRED, Step.UNDONE}
        completion = Completion(
            checkout_id=cart.checkout_id,
            cart_id=cart.id,
            step=step,
            total_minor=cart.quote.total_minor,
            currency=cart.quote.currency,
            method=method,
            redirect_url=f"https://bank.example/pay?back={return_url}" if step is Step.AWAITING_BUYER else "",
            reason="payment_declined" if failed else "",
            message=self.message if failed else "",
            order_id=cart.checkout_id if done else None,
            order_number="ST-1001" if done else "",
            order_token="order-token" if done else "",
            ask_again_s=2 if not (done or failed) else 0,
            expires_at=NOW + timedelta(minutes=15),
        )
        state = CartState.COMPLETED if done else CartState.OPEN if failed else CartState.COMPLETING
        self.carts[cart.id] = msgspec.structs.replace(cart, state=state)
        self.completions[cart.checkout_id] = completion
        return completion

    async def completion(self, *, caller, checkout_id, token) -> Completion:
        completion = self.completions.get(checkout_id)
        if completion is None or self.carts[completion.cart_id].token != token:
            msg = "no such checkout"
            raise CartNotFound(msg)
        return completion

    async def buyer_returned(self, *, caller, checkout_id, token) -> Completion:
        known = await self.completion(caller=caller, checkout_id=checkout_id, token=token)
        return self._settle(self.carts[known.cart_id], known.method, self.bank)


def merged(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    units: dict[str, int] = {}
    for line in lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    names = {line.sku: line.name for line in lines}
    return tuple(Line(sku=sku, quantity=count, name=names[sku]) for sku, count in units.items() if count)


@dataclass
class FakeCustomers:
    """One account, anna@example.com. `kind`: whose sessions its tokens open."""

    kind: Kind = Kind.CUSTOMER
    addresses: tuple[SavedAddress, ...] = ()
    sessions: set[str] = field(default_factory=set)

    def _customer(self) -> Customer:
        return Customer(
            id=CUSTOMER_ID,
            email="anna@example.com",
            name="Anna de Vries",
            locale="nl-NL",
            version=1,
            created_at=NOW,
            addresses=self.addresses,
        )

    async def sign_up(self, *, caller, key, email, password, name, locale, origin, source="") -> Customer:
        if email == "anna@example.com":
            msg = "taken"
            raise EmailTaken(msg)
        return self._customer()

    async def sign_in(self, *, caller, email, password, source) -> Session:
        if (email, password) != ("anna@example.com", PASSWORD):
            msg = "no"
            raise WrongCredentials(msg)
        self.sessions.add("session-1")
        return await self.session(caller=caller, token="session-1")

    async def session(self, *, caller, token) -> Session:
        if token not in self.sessions:
            msg = "gone"
            raise SessionGone(msg)
        return Session(
            token=token,
            caller=Caller(actor=str(CUSTOMER_ID), kind=self.kind),
            expires_at=NOW + timedelta(days=30),
            name="Anna de Vries",
        )

    async def sign_out(self, *, caller, token) -> None:
        self.sessions.discard(token)

    async def request_reset(self, *, caller, email, source) -> None:
        return None

    async def reset_password(self, *, caller, token, password) -> None:
        return None

    async def me(self, *, caller) -> Customer:
        return self._customer()

    async def put_address(self, *, caller, key, address_id, address, is_default) -> Customer:
        self.addresses = (*self.addresses, SavedAddress(id=uuid7(), address=address, is_default=is_default))
        return self._customer()

    async def drop_address(self, *, caller, key, address_id) -> Customer:
        self.addresses = tuple(saved for saved in self.addresses if saved.id != address_id)
        return self._customer()

    async def change_me(self, *, caller, key, name, locale) -> Customer:
        return self._customer()

    async def set_consent(self, *, caller, key, purpose, given, text_version) -> Customer:
        return self._customer()

    async def erase(self, *, caller, key, customer_id, reason) -> None:
        self.sessions.clear()


@dataclass
class FakeOrders:
    """The order of a completed cart."""

    checkout: FakeCheckout

    def _order(self, order_id: UUID) -> Order:
        cart = next((cart for cart in self.checkout.carts.values() if cart.checkout_id == order_id), None)
        if cart is None or cart.quote is None or cart.delivery is None:
            msg = "no such order"
            raise OrderNotFound(msg)
        quote = cart.quote
        return Order(
            id=order_id,
            number="ST-1001",
            version=1,
            placed_at=NOW,
            market=cart.market,
            seller="springtide",
            locale=cart.locale,
            currency=quote.currency,
            base_currency="GBP",
            fx_to_base="1",
            origin={"channel": "storefront"},  # type: ignore[arg-type]
            customer_id=None,
            contact=cart.contact or Contact(email="x@example.com"),
            shipping_address=cart.delivery.address,
            billing_address=cart.delivery.billing or cart.delivery.address,
            status=OrderStatus.OPEN,
            payment_status=PaymentStatus.PAID,
            fulfilment_status=FulfilmentStatus.UNFULFILLED,
            payment_method="ideal",
            lines=tuple(
                OrderLine(
                    line=place + 1,
                    sku=line.sku,
                    name=cart.lines[place].name,
                    unit_minor=line.unit_minor,
                    ordered=line.quantity,
                    cancelled=0,
                    fulfilled=0,
                    returned=0,
                    money=line.money,
                )
                for place, line in enumerate(quote.lines)
            ),
            shipping=tuple(ShippingRow(method=part.method, money=part.money) for part in quote.shipping),
            goods_minor=quote.goods_minor,
            shipping_minor=quote.shipping_minor,
            discount_minor=quote.discount_minor,
            tax_minor=quote.tax_minor,
            total_minor=quote.total_minor,
            authorised_minor=quote.total_minor,
            captured_minor=quote.total_minor,
            refunded_minor=0,
            vouchers=(),
            shipments=(),
            adjustments=(),
            documents=(
                Document(
                    number="ST-2026-1",
                    kind=DocumentKind.INVOICE,
                    issued_on=date(2026, 11, 25),
                    gross_minor=quote.total_minor,
                    adjustment_id=None,
                ),
            ),
            timeline=(),
            token="order-token",
        )

    async def get_with_token(self, *, caller, order_id, token) -> Order:
        if token != "order-token":
            msg = "no such order"
            raise OrderNotFound(msg)
        return self._order(order_id)

    async def get(self, *, caller, order_id) -> Order:
        if caller.kind is not Kind.CUSTOMER:
            msg = "no such order"
            raise OrderNotFound(msg)
        return self._order(order_id)

    async def list_mine(self, *, caller, after=None, limit=20) -> Page[OrderRow]:
        return Page(items=())

    async def document(self, *, caller, order_id, token, number) -> str:
        return "<!doctype html><title>Invoice</title>"


class Noted:
    """Writes every call down, then passes it on."""

    def __init__(self, inner: Any, calls: Calls) -> None:
        self._inner = inner
        self._calls = calls

    def __getattr__(self, verb: str) -> Any:
        async def answer(**arguments: Any) -> Any:
            self._calls.append((verb, arguments))
            return await getattr(self._inner, verb)(**arguments)

        return answer


class FakeShop:
    """A running storefront with everything behind it in reach."""

    def __init__(self, shop: Shop, contexts: Contexts, bus: FakeBus) -> None:
        self.shop = shop
        self.contexts = contexts
        self.bus = bus
        self.calls: Calls = []
        self.checkout = FakeCheckout(contexts)
        self.customers = FakeCustomers()
        self.orders = FakeOrders(self.checkout)
        self.app = Entrance(app_of(shop), channel="storefront")  # type: ignore[arg-type]

    def made(self, *verbs: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called in verbs]

    def writes(self) -> list[str]:
        reads = {"get_cart", "my_cart", "completion", "session", "me", "list_mine", "get", "get_with_token", "document"}
        return [verb for verb, _ in self.calls if verb not in reads]

    def let_lists_run_out(self) -> None:
        """Make every kept list as old as lists may get, in the pages and in the read model."""
        for page in self.shop.list_pages._pages.values():
            page.made_at -= LISTS_KEPT_S
        self.shop.browse._listings.clear()

    def client(self, **options: Any) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app),  # type: ignore[arg-type]
            base_url="http://shop",
            **options,
        )


@asynccontextmanager
async def fake_shop(contexts: Contexts | None = None, *, public_url: str = "http://shop") -> AsyncIterator[FakeShop]:
    contexts = contexts or Contexts()
    bus = FakeBus()
    made: list[FakeShop] = []

    def ask(api: type[Any]) -> Any:
        if api in {CatalogApi, PricingApi, InventoryApi}:
            return contexts.ask(api)
        fakes = {CheckoutApi: made[0].checkout, CustomersApi: made[0].customers, OrdersApi: made[0].orders}
        noted = Noted(fakes[api], made[0].calls)
        return local(Contract(api.__module__.split(".")[-2], api), noted, through_wire=True)

    async with browsing(ask=ask, bus=bus, folder=None) as browse:  # type: ignore[arg-type]
        desk = Desk(ask=ask, browse=browse, public_url=public_url, default_market="GB")
        made.append(FakeShop(Shop(desk, now=lambda: NOW), contexts, bus))
        if contexts.away is None:
            await until(lambda: browse.ready)
        yield made[0]
