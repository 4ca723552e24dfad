"""The deep health check: buy the test product through the sandbox gateway, end to end, and give everything back.

One guest's purchase through the contracts: cart, details, complete, pay at the sandbox's page, come back, order; then
the order is cancelled, units and money go back. Its orders carry the channel `HEALTH_CHANNEL`: no invoice, no mail, not
in the sums of a day. The test product is a price and stock without a product in the catalogue, so no list shows it.
Orders that an earlier check left behind are cancelled first.
"""

import asyncio
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4

import msgspec

from springtide.contracts.checkout.api import Cart, CheckoutApi, Completion, Delivery, Line, Step
from springtide.contracts.common import HEALTH_CHANNEL, Address, Contact, Origin
from springtide.contracts.inventory.api import InventoryApi, StockLevel
from springtide.contracts.orders.api import OrderFilter, OrdersApi, OrderStatus
from springtide.contracts.payments.api import PaymentsApi
from springtide.contracts.pricing.api import Market, PriceChange, PriceNotFound, PricingApi
from springtide.platform.caller import guest, system
from springtide.platform.errors import Forbidden, TooMany, Unavailable, Unprocessable
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.platform.wiring import Ask

SKU = "SPRINGTIDE-HEALTH"
PRICE_MINOR = 1_00
STOCK = 1_000
TOKEN_HEADER = "springtide-health-token"  # noqa: S105 - the name of a header
EMAIL = "health-check@springtide.example"
_METHODS = ("bank_redirect", "pay_later")
"""Methods that the sandbox's page approves by a button: no card number is typed anywhere."""
_EVERY_S = 10.0
_SETTLED_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.1
_SEE_OTHER = 303
_LEFTOVERS = 20
_SYSTEM = system("health")


class NoSandbox(Unprocessable):
    """No market and method are served by sandbox gateways alone: the check would risk a real charge."""

    code = "no_sandbox"
    title = "No sandbox gateway to buy through"


class NoTestProduct(Unprocessable):
    """The test product has no price or stock in the market (`springtide import health-product`); facts: sku, market."""

    code = "no_test_product"
    title = "There is no test product"


class PurchaseFailed(Unavailable):
    """The purchase stopped; facts: at (the step), said."""

    code = "purchase_failed"
    title = "The test purchase did not succeed"


class Account(Protocol):
    """What the check reads of a gateway's settings."""

    @property
    def provider(self) -> str: ...  # noqa: D102 - see `settings.Gateway`
    @property
    def markets(self) -> Mapping[str, tuple[str, ...]]: ...  # noqa: D102 - see `settings.Gateway`


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought and given back. `steps`: name -> milliseconds it took, in order."""

    order_id: UUID
    order_number: str
    market: str
    method: str
    steps: dict[str, int]


def sandbox_route(accounts: Iterable[Account], *, preferred: str) -> tuple[str, str]:
    """Return a market and method that only sandbox gateways serve, the preferred market first; `NoSandbox`."""
    accounts = list(accounts)
    sandboxes = [account for account in accounts if account.provider == "sandbox"]
    real = {(m, way) for a in accounts if a.provider != "sandbox" for m, ways in a.markets.items() for way in ways}
    served = {(m, way) for account in sandboxes for m, ways in account.markets.items() for way in ways} - real
    for market in sorted({market for market, _ in served}, key=lambda name: (name != preferred, name)):
        for method in _METHODS:
            if (market, method) in served:
                return market, method
    msg = "No market and method are served by sandbox gateways alone."
    raise NoSandbox(msg)


async def load_test_product(ask: Ask, accounts: Iterable[Account], *, preferred: str) -> tuple[str, int]:
    """Give the test product a price, and stock where it has none; return the market and the units on sale."""
    market, _ = sandbox_route(accounts, preferred=preferred)
    change = PriceChange(market=market, sku=SKU, amount_minor=PRICE_MINOR)
    await ask(PricingApi).set_prices(caller=_SYSTEM, key=uuid4().hex, changes=(change,))
    inventory = ask(InventoryApi)
    serving = [place for place in await inventory.list_locations(caller=_SYSTEM) if market in place.ranks]
    if not serving:
        msg = "No location serves the market."
        raise NoTestProduct(msg, sku=SKU, market=market)
    place = min(serving, key=lambda location: location.ranks[market])
    level = StockLevel(sku=SKU, location=place.key, quantity=STOCK)
    await inventory.import_stock(caller=_SYSTEM, key=uuid4().hex, batch="health", levels=(level,), at=datetime.now(UTC))
    rows = (await inventory.stock(caller=_SYSTEM, skus=(SKU,))).items
    return market, sum(row.available for row in rows)


class PurchaseProbe:
    """Buys when somebody asks who knows the token; one at a time, and not again within ten seconds."""

    def __init__(self, ask: Ask, accounts: Iterable[Account], *, token: str, preferred: str, shop_url: str) -> None:
        self._ask = ask
        self._accounts = tuple(accounts)
        self._token = token
        self._preferred = preferred
        self._shop_url = shop_url
        self._next_at = 0.0

    async def __call__(self, headers: Mapping[str, str]) -> Purchase:
        """Buy and give back. `Forbidden`, `TooMany`, `NoSandbox`, `NoTestProduct`, `PurchaseFailed`."""
        if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            msg = "This needs the health token."
            raise Forbidden(msg)
        now = time.monotonic()
        if now < self._next_at:
            msg = "A test purchase was made just now."
            raise TooMany(msg, retry_after_s=int(self._next_at - now) + 1)
        self._next_at = now + _EVERY_S
        market, method = sandbox_route(self._accounts, preferred=self._preferred)
        return await _Visit(self._ask, market, method, self._shop_url).run()


class _Visit:
    """One purchase. Each step is timed; what goes wrong is named by it."""

    def __init__(self, ask: Ask, market: str, method: str, shop_url: str) -> None:
        self._checkout = ask(CheckoutApi)
        self._orders = ask(OrdersApi)
        self._payments = ask(PaymentsApi)
        self._pricing = ask(PricingApi)
        self._market = market
        self._method = method
        self._shop_url = shop_url
        self._guest = guest(request_id=f"health-{uuid4().hex}")
        self._steps: dict[str, int] = {}
        self._at = ""

    async def run(self) -> Purchase:
        with self._timed("tidy"):
            await self._cancel_leftovers()
        with self._timed("cart"):
            cart = await self._cart(await self._known_market())
        with self._timed("complete"):
            waiting = await self._complete(cart)
        with self._timed("pay"):
            await self._approve(waiting.redirect_url)
        with self._timed("return"):
            done = await self._completed(cart, waiting.checkout_id)
        with self._timed("cancel"):
            await self._cancel(waiting.checkout_id)
        with self._timed("money back"):
            await self._paid_back(waiting.checkout_id)
        return Purchase(
            order_id=waiting.checkout_id,
            order_number=done.order_number,
            market=self._market,
            method=self._method,
            steps=self._steps,
        )

    async def _known_market(self) -> Market:
        front = await self._pricing.shop_front(caller=self._guest)
        for market in front.markets:
            if market.key == self._market and market.shipping_methods:
                return market
        msg = f"The market {self._market} is not set up."
        raise NoTestProduct(msg, sku=SKU, market=self._market)

    async def _cart(self, market: Market) -> Cart:
        try:
            cart = await self._checkout.create_cart(
                caller=self._guest,
                key=uuid4().hex,
                market=market.key,
                locale=market.languages[0],
                lines=(Line(sku=SKU, quantity=1, name="Test purchase"),),
                origin=Origin(channel=HEALTH_CHANNEL),
            )
        except PriceNotFound as error:
            msg = "The test product has no price: springtide import health-product"
            raise NoTestProduct(msg, sku=SKU, market=market.key) from error
        country = market.countries[0]
        address = Address(name="Health Check", line1="1 Test Street", city="Testing", postcode="", country=country)
        address = msgspec.structs.replace(address, postcode=_POSTCODES.get(country, "10000"))
        delivery = Delivery(address=address, shipping_method=market.shipping_methods[0].key)
        return await self._checkout.set_details(
            caller=self._guest,
            key=uuid4().hex,
            cart_id=cart.id,
            token=cart.token,
            contact=Contact(email=EMAIL),
            delivery=delivery,
        )

    async def _complete(self, cart: Cart) -> Completion:
        if cart.quote is None:
            raise self._failed(", ".join(cart.problems) or "the cart has no quote")
        done = await self._checkout.complete(
            caller=self._guest,
            key=uuid4().hex,
            cart_id=cart.id,
            token=cart.token,
            method=self._method,
            total_minor=cart.quote.total_minor,
            return_url=f"{self._shop_url}/",
        )
        if done.step is Step.REFUSED and done.reason in {"not_enough_stock", "sku_unknown"}:
            msg = "The test product has no stock: springtide import health-product"
            raise NoTestProduct(msg, sku=SKU, market=self._market)
        if done.step is not Step.AWAITING_BUYER:
            raise self._failed(f"{done.step} {done.reason}")
        return done

    async def _approve(self, page: str) -> None:
        form = {"content-type": "application/x-www-form-urlencoded"}
        try:
            async with HttpClient(base_url="", deadline_s=5.0) as client:
                answer = await client.request("POST", page, headers=form, content=b"act=approve")
        except OutboundError as error:
            raise self._failed(str(error)) from error
        if answer.status != _SEE_OTHER:
            raise self._failed(f"the sandbox answered {answer.status}")

    async def _completed(self, cart: Cart, checkout_id: UUID) -> Completion:
        until = time.monotonic() + _SETTLED_WITHIN_S
        done = await self._checkout.buyer_returned(caller=self._guest, checkout_id=checkout_id, token=cart.token)
        while done.step is not Step.COMPLETED:
            if done.step in {Step.REFUSED, Step.DECLINED, Step.EXPIRED, Step.UNDONE} or time.monotonic() > until:
                raise self._failed(f"{done.step} {done.reason}")
            await asyncio.sleep(_LOOK_EVERY_S)
            done = await self._checkout.completion(caller=self._guest, checkout_id=checkout_id, token=cart.token)
        return done

    async def _cancel(self, order_id: UUID) -> None:
        key = f"health-check:{order_id}"
        await self._orders.cancel(caller=_SYSTEM, key=key, order_id=order_id, lines={}, reason="health check")

    async def _paid_back(self, order_id: UUID) -> None:
        until = time.monotonic() + _SETTLED_WITHIN_S
        while True:
            payment = await self._payments.payment(caller=_SYSTEM, checkout_id=order_id)
            owed = sum(
                attempt.authorised_minor + attempt.captured_minor - attempt.refunded_minor
                for attempt in payment.attempts
                if attempt.state not in {"voided", "refunded"}
            )
            if owed == 0:
                return
            if time.monotonic() > until:
                raise self._failed(f"{owed} minor units are not back")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _cancel_leftovers(self) -> None:
        where = OrderFilter(text=EMAIL, status=OrderStatus.OPEN)
        for row in (await self._orders.list_orders(caller=_SYSTEM, where=where, limit=_LEFTOVERS)).items:
            order = await self._orders.get(caller=_SYSTEM, order_id=row.id)
            if order.origin.channel == HEALTH_CHANNEL:
                await self._cancel(row.id)

    def _failed(self, said: str) -> PurchaseFailed:
        msg = f"The test purchase stopped at {self._at}: {said}"
        return PurchaseFailed(msg, at=self._at, said=said, steps=dict(self._steps))

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        self._at, started = step, time.perf_counter()
        yield
        self._steps[step] = round((time.perf_counter() - started) * 1000)


_POSTCODES = {"NL": "3511 AB", "GB": "BS1 4DB", "SE": "223 50"}
