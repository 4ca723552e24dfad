"""Payments on Stripe's hosted page, against the faithful fake: the browser, messages in any order, lost answers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from springtide.bootstrap import Node
from springtide.contexts.payments.providers.outside import CalledInsideTransaction
from springtide.contracts.payments.api import Attempt, AttemptState, PaymentsApi
from springtide.platform.caller import system
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from springtide.settings import Gateway
from tests.conftest import NodeWith
from tests.context.payments.till import until
from tests.fakes.serving import served
from tests.fakes.stripe_fake import StripeFake

CALLER = system("test")


class Shop:
    """Payments with one Stripe account."""

    def __init__(self, node: Node, fake: StripeFake) -> None:
        self.node, self.fake = node, fake
        self.api = node.ask(PaymentsApi)

    async def start(self, **changes: Any) -> Attempt:
        wanted: dict[str, Any] = {
            "attempt_id": uuid7(),
            "checkout_id": uuid7(),
            "market": "SE",
            "method": "card",
            "amount_minor": 3490,
            "currency": "SEK",
            "return_url": "http://127.0.0.1:9/return",
            "locale": "sv",
            "country": "SE",
            "expires_after_s": 900,
            **changes,
        }
        return await self.api.start(caller=CALLER, key=new_key(), **wanted)

    async def deliver(self, *kinds: str) -> None:
        """Deliver the events of these kinds, in this order."""
        for kind in kinds:
            for event in [event for event in self.fake.events if event["type"] == kind]:
                headers, body = self.fake.signed(event)
                await self.api.webhook(caller=CALLER, gateway="stripe", headers=headers, body=body)

    async def now(self, attempt: Attempt) -> Attempt:
        return await self.api.get_attempt(caller=CALLER, attempt_id=attempt.id)


@pytest_asyncio.fixture
async def shop(node_with: NodeWith) -> AsyncIterator[Shop]:
    fakes: list[StripeFake] = []

    def make_fake(origin: str) -> StripeFake:
        fakes.append(StripeFake(origin=origin))
        return fakes[0]

    with served(make_fake) as origin:
        account = Gateway(
            name="stripe",
            provider="stripe",
            url=origin,
            api_key=fakes[0].secret_key,
            webhook_secret=fakes[0].webhook_secret,
            markets={"SE": ("card", "app_push")},
        )
        yield Shop(await node_with("payments", gateways=(account,)), fakes[0])


async def test_a_buyer_pays_on_the_hosted_page_and_gets_a_part_back(shop: Shop) -> None:
    waiting = await shop.start()
    assert waiting.state is AttemptState.AWAITING_BUYER
    assert waiting.redirect_url.startswith(f"{shop.fake.origin}/c/pay/cs_")
    assert shop.fake.pay_session(waiting.provider_ref, "4000000000000002") == "open"
    assert shop.fake.pay_session(waiting.provider_ref) == "complete"
    authorised = await shop.api.refresh(caller=CALLER, attempt_id=waiting.id)
    assert authorised.state is AttemptState.AUTHORISED
    by_checkout = {"caller": CALLER, "checkout_id": waiting.checkout_id, "reason": "test"}
    await shop.api.capture(key=new_key(), amount_minor=3000, **by_checkout)
    await shop.api.refund(key=new_key(), amount_minor=490, cause="adjustment", **by_checkout)
    payment = await shop.api.payment(caller=CALLER, checkout_id=waiting.checkout_id)
    assert [(str(row.kind), row.amount_minor) for row in payment.ledger] == [
        ("authorised", 3490),
        ("captured", 3000),
        ("voided", 490),
        ("refunded", 490),
    ]
    assert await shop.api.check(caller=CALLER) == ()


@pytest.mark.parametrize(
    "order",
    [
        ("payment_intent.payment_failed", "checkout.session.completed", "payment_intent.amount_capturable_updated"),
        ("payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "checkout.session.completed"),
        ("checkout.session.completed", "payment_intent.amount_capturable_updated", "payment_intent.payment_failed"),
    ],
)
async def test_messages_in_any_order(shop: Shop, order: tuple[str, ...]) -> None:
    waiting = await shop.start()
    shop.fake.pay_session(waiting.provider_ref, "4000000000000002")
    shop.fake.pay_session(waiting.provider_ref)
    await shop.deliver(*order)
    await shop.deliver(*order)
    paid = await shop.now(waiting)
    assert (paid.state, paid.authorised_minor) == (AttemptState.AUTHORISED, 3490)
    assert await shop.api.check(caller=CALLER) == ()


async def test_a_lost_answer_is_found_out_by_asking_the_same_again(shop: Shop) -> None:
    shop.fake.faults.append(("/v1/checkout/sessions", "drop_after"))
    unknown = await shop.start()
    assert unknown.state is AttemptState.UNKNOWN
    found = await shop.api.refresh(caller=CALLER, attempt_id=unknown.id)
    assert found.state is AttemptState.AWAITING_BUYER
    assert list(shop.fake.sessions) == [found.provider_ref]


async def test_a_lost_refund_is_given_once(shop: Shop) -> None:
    waiting = await shop.start(method="app_push")
    shop.fake.pay_session(waiting.provider_ref)
    await shop.api.refresh(caller=CALLER, attempt_id=waiting.id)
    shop.fake.faults.append(("/v1/refunds", "error_after"))
    await shop.api.undo(caller=CALLER, key=new_key(), attempt_id=waiting.id, reason="sold out")

    async def refunded() -> Attempt | None:
        attempt = await shop.api.undo(caller=CALLER, key=new_key(), attempt_id=waiting.id, reason="sold out")
        return attempt if attempt.state is AttemptState.REFUNDED else None

    await until(refunded)
    assert [refund["amount"] for refund in shop.fake.refunds.values()] == [3490]
    assert await shop.api.check(caller=CALLER) == ()


async def test_closing_expires_the_hosted_page(shop: Shop) -> None:
    waiting = await shop.start()
    closed = await shop.api.close(caller=CALLER, key=new_key(), attempt_id=waiting.id, reason="test")
    assert closed.state is AttemptState.CLOSED
    assert shop.fake.sessions[waiting.provider_ref]["status"] == "expired"


async def test_no_gateway_is_called_inside_a_transaction(shop: Shop) -> None:
    service: Any = shop.node.built["payments"].api
    before = list(shop.fake.calls)
    async with shop.node.databases["payments"].read():
        with pytest.raises(CalledInsideTransaction):
            await service._tools.registry.providers["stripe"].lookup(provider_ref="pi_1")
    assert shop.fake.calls == before
