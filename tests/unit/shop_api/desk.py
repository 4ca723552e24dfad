"""The web role over fakes: every contract call goes through the wire encoding and is written down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2

from springtide.channels.web import Web, web
from springtide.contracts.catalog.api import CatalogApi
from springtide.contracts.checkout.api import Cart, CartNotFound, CartState, CheckoutApi, Completion, Line, Step
from springtide.contracts.customers.api import (
    Customer,
    CustomersApi,
    EmailTaken,
    Session,
    SessionGone,
    WrongCredentials,
)
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrderNotFound, OrdersApi
from springtide.contracts.payments.api import PaymentMethod, PaymentsApi, WebhookRefused
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.caller import Caller, Kind
from springtide.platform.rpc import Contract, local
from tests.unit.browse.goods import Contexts, FakeBus, until

CART_ID = UUID("0198c0de-0000-7000-8000-00000000ca47")
CHECKOUT_ID = UUID("0198c0de-0000-7000-8000-00000000c4ec")
CUSTOMER_ID = UUID("0198c0de-0000-7000-8000-00000000c057")
TOKEN = "cart-token"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

Calls = list[tuple[str, dict[str, Any]]]


def cart(**values: Any) -> Cart:
    return Cart(
        **{
            "id": CART_ID,
            "token": TOKEN,
            "version": 1,
            "state": CartState.OPEN,
            "market": "GB",
            "locale": "en",
            "lines": (Line(sku="L1", quantity=1, name="White metal lantern"),),
            "contact": None,
            "delivery": None,
            "vouchers": (),
            "customer_id": None,
            "quote": None,
            "payment_methods": (
                PaymentMethod(key="card", names={"en": "Card"}, market="GB", kind="card", awaits_buyer_s=None),
            ),
            "checkout_id": None,
            **values,
        }
    )


def completion(**values: Any) -> Completion:
    return Completion(
        **{
            "checkout_id": CHECKOUT_ID,
            "cart_id": CART_ID,
            "step": Step.COMPLETED,
            "total_minor": 1295,
            "currency": "GBP",
            "method": "card",
            **values,
        }
    )


class Fake:
    """Answers by verb from `answers` (a value, or an exception to raise) and writes every call down."""

    def __init__(self, calls: Calls, answers: dict[str, Any]) -> None:
        self._calls = calls
        self._answers = answers

    def __getattr__(self, verb: str) -> Any:
        async def answer(**arguments: Any) -> Any:
            self._calls.append((verb, arguments))
            value = self._answers[verb]
            value = value(**arguments) if callable(value) and not isinstance(value, Exception) else value
            if isinstance(value, Exception):
                raise value
            return value

        return answer


def session(token: str, **_: Any) -> Session | Exception:
    kinds = {"customer-session": Kind.CUSTOMER, "staff-session": Kind.STAFF}
    if token not in kinds:
        return SessionGone("That session has ended.")
    caller = Caller(actor=str(CUSTOMER_ID), kind=kinds[token])
    return Session(token=token, caller=caller, expires_at=NOW, name="Sanne")


def owned(token: str, **_: Any) -> Cart | Exception:
    return cart() if token == TOKEN else CartNotFound("There is no such cart.")


def sign_in(password: str, **_: Any) -> Session | Exception:
    return session("customer-session") if password == "right horse" else WrongCredentials("That does not match.")


def take_webhook(body: bytes, **_: Any) -> Exception | None:
    return None if body == b"signed" else WebhookRefused("The signature is wrong.")


CUSTOMER = Customer(id=CUSTOMER_ID, email="sanne@example.org", name="Sanne", locale="nl", version=1, created_at=NOW)


class Shop:
    """A running web role: `http` talks to it, `calls` are the contract calls it made, `answers` can be replaced."""

    def __init__(self, app: Web, http: httpx2.AsyncClient, calls: Calls, answers: dict[str, Any]) -> None:
        self.app, self.http, self.calls, self.answers = app, http, calls, answers

    def made(self, verb: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments in self.calls if called == verb]


@asynccontextmanager
async def shop(contexts: Contexts | None = None) -> AsyncIterator[Shop]:
    contexts = contexts or Contexts()
    calls: Calls = []
    answers: dict[str, Any] = {
        "create_cart": cart(),
        **dict.fromkeys(("get_cart", "set_lines", "set_details", "set_vouchers"), owned),
        "merge": cart(customer_id=CUSTOMER_ID),
        "my_cart": None,
        **dict.fromkeys(("complete", "completion", "buyer_returned"), completion()),
        "get": OrderNotFound("There is no such order."),
        "get_with_token": OrderNotFound("There is no such order."),
        "document": OrderNotFound("There is no such order."),
        "session": session,
        "sign_up": EmailTaken("Taken."),
        "sign_in": sign_in,
        **dict.fromkeys(("sign_out", "request_reset", "reset_password", "erase"), None),
        **dict.fromkeys(("me", "change_me", "put_address", "drop_address", "set_consent"), CUSTOMER),
        "list_mine": lambda **_: {"items": [], "after": None},
        "webhook": take_webhook,
    }
    fakes = {
        api: local(Contract(api.__module__.split(".")[-2], api), Fake(calls, answers), through_wire=True)
        for api in (CheckoutApi, OrdersApi, CustomersApi, PaymentsApi)
    }

    def ask(api: type[Any]) -> Any:
        return contexts.ask(api) if api in {CatalogApi, PricingApi, InventoryApi} else fakes[api]

    async with (
        web(ask=ask, bus=FakeBus(), public_url="http://shop", default_market="GB", data_dir=None) as app,  # type: ignore[arg-type]
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop") as http,  # type: ignore[arg-type]
    ):
        if contexts.away is None:
            await until(lambda: app.browse.ready)
        yield Shop(app, http, calls, answers)
