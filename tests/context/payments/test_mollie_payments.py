"""Payments at Mollie, against the faithful fake: page, messages over HTTP, lost answers, what Mollie will not do."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from springtide.contexts.payments.providers.outside import CalledInsideTransaction
from springtide.contracts.payments.api import AnotherAttemptLive, AttemptState
from springtide.platform.ids import uuid7
from tests.conftest import NodeWith
from tests.context.payments.mollie_shop import CALLER, RETURN_URL, MollieServer, Shop, mollie_server, mollie_shop
from tests.context.payments.till import until
from tests.fakes.mollie_fake import Fault, Operation


@pytest.fixture(scope="module")
def server() -> Iterator[MollieServer]:
    with mollie_server() as made:
        yield made


@pytest_asyncio.fixture
async def shop(node_with: NodeWith, server: MollieServer) -> AsyncIterator[Shop]:
    async with mollie_shop(node_with, server.fresh()) as made:
        yield made


async def test_a_market_offers_ideal_and_cards(shop: Shop) -> None:
    methods = await shop.api.methods(caller=CALLER, market="NL")
    assert [(method.key, method.awaits_buyer_s) for method in methods] == [("bank_redirect", 900), ("card", 900)]


async def test_a_card_is_authorised_by_its_message_then_captured_in_part_and_partly_given_back(shop: Shop) -> None:
    waiting = await shop.start()
    assert waiting.state is AttemptState.AWAITING_BUYER
    assert waiting.redirect_url.startswith(f"{shop.fake.origin}/checkout/")
    assert shop.takes_webhooks_at(shop.webhook_of(waiting))
    assert await shop.pick(waiting.redirect_url, "authorized") == RETURN_URL
    authorised = await shop.told(waiting, AttemptState.AUTHORISED)
    assert (await shop.refresh(authorised)).state is AttemptState.AUTHORISED
    await shop.capture(waiting, 3000)
    await shop.refund(waiting, 490)
    moved = [("authorised", 3490), ("captured", 3000), ("voided", 490), ("refunded", 490)]
    assert await shop.ledger(waiting) == moved
    assert shop.moved(waiting) == moved
    assert await shop.check() == []


async def test_ideal_is_paid_when_the_buyer_is_back_and_its_message_is_not(shop: Shop) -> None:
    shop.fake.courier.mode = "never"
    waiting = await shop.start(method="bank_redirect")
    await shop.pick(waiting.redirect_url, "paid")
    assert (await shop.refresh(waiting)).state is AttemptState.CAPTURED
    assert await shop.ledger(waiting) == [("authorised", 3490), ("captured", 3490)]
    await shop.undo(waiting)
    await shop.becomes(waiting, AttemptState.REFUNDED)
    assert shop.moved(waiting) == [("authorised", 3490), ("captured", 3490), ("refunded", 3490)]
    assert await shop.check() == []


async def test_a_message_that_comes_twice_changes_the_books_once(shop: Shop) -> None:
    shop.fake.courier.mode = "twice"
    waiting = await shop.start(method="bank_redirect")
    await shop.pick(waiting.redirect_url, "paid")

    async def delivered() -> bool | None:
        return len(shop.fake.courier.deliveries) == 2 or None

    await until(delivered)
    assert [delivery.status for delivery in shop.fake.courier.deliveries] == [204, 204]
    assert await shop.ledger(waiting) == [("authorised", 3490), ("captured", 3490)]


async def test_a_message_before_the_answer_waits_for_it(shop: Shop) -> None:
    attempt_id = uuid7()
    shop.fake.faults.append(("create", "slow"))
    starting = asyncio.create_task(shop.start(attempt_id=attempt_id))

    async def created() -> str | None:
        return next((f"{shop.fake.origin}/checkout/{one.token}" for one in shop.fake.books.payments.values()), None)

    async def delivered() -> bool | None:
        return bool(shop.fake.courier.deliveries) or None

    await shop.pick(await until(created), "authorized")
    await until(delivered)
    assert not starting.done()
    attempt = await starting
    assert attempt.state is AttemptState.AUTHORISED
    assert await shop.ledger(attempt) == [("authorised", 3490)]


async def test_a_lost_answer_is_found_out_by_asking_the_same_again(shop: Shop) -> None:
    shop.fake.faults.append(("create", "drop_after"))
    unknown = await shop.start()
    assert unknown.state is AttemptState.UNKNOWN
    found = await shop.refresh(unknown)
    assert found.state is AttemptState.AWAITING_BUYER
    assert list(shop.fake.books.payments) == [found.provider_ref]


async def test_a_lost_answer_is_found_out_by_a_message(shop: Shop) -> None:
    shop.fake.faults.append(("create", "drop_after"))
    unknown = await shop.start()
    payment = shop.at_mollie(unknown)
    await shop.pick(f"{shop.fake.origin}/checkout/{payment.token}", "authorized")
    told = await shop.told(unknown, AttemptState.AUTHORISED)
    assert told.provider_ref == payment.id
    assert shop.fake.calls.count("create") == 1


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "error_before"])
@pytest.mark.parametrize("operation", ["capture", "refund", "release"])
async def test_an_order_whose_answer_is_lost_is_carried_out_once(
    shop: Shop, operation: Operation, fault: Fault
) -> None:
    waiting = await shop.start(method="bank_redirect" if operation == "refund" else "card")
    await shop.pick(waiting.redirect_url, "paid" if operation == "refund" else "authorized")
    await shop.refresh(waiting)
    shop.fake.faults.append((operation, fault))
    if operation == "capture":
        await shop.capture(waiting)
        await shop.becomes(waiting, AttemptState.CAPTURED)
        moved = [("authorised", 3490), ("captured", 3490)]
    elif operation == "release":
        await shop.undo(waiting)
        await shop.becomes(waiting, AttemptState.VOIDED)
        moved = [("authorised", 3490), ("voided", 3490)]
    else:
        await shop.refund(waiting, 490)
        await shop.becomes(waiting, lambda attempt: attempt.refunded_minor == 490)
        moved = [("authorised", 3490), ("captured", 3490), ("refunded", 490)]
    assert shop.moved(waiting) == moved
    assert await shop.ledger(waiting) == moved
    assert await shop.check() == []


async def test_a_gateway_that_turns_us_away_leaves_nothing_behind(shop: Shop) -> None:
    shop.fake.faults.append(("create", "rate_limit"))
    declined = await shop.start()
    assert (declined.state, shop.fake.books.payments) == (AttemptState.DECLINED, {})
    assert await shop.ledger(declined) == []


async def test_a_buyer_who_cancels_is_seen_on_return_and_may_try_again(shop: Shop) -> None:
    waiting = await shop.start(method="bank_redirect")
    assert await shop.pick(waiting.redirect_url, "canceled") == RETURN_URL
    declined = await shop.refresh(waiting)
    assert declined.state is AttemptState.DECLINED
    assert declined.decline == "U hebt de betaling geannuleerd. Er is niets afgeschreven."
    assert shop.fake.courier.deliveries == []
    again = await shop.start(method="bank_redirect", checkout_id=waiting.checkout_id)
    assert again.state is AttemptState.AWAITING_BUYER


async def test_a_declined_card_is_told_by_its_message(shop: Shop) -> None:
    waiting = await shop.start()
    await shop.pick(waiting.redirect_url, "failed")
    declined = await shop.told(waiting, AttemptState.DECLINED)
    assert declined.decline == "Uw bank heeft de betaling geweigerd. Probeer een andere kaart of betaalmethode."


async def test_closing_a_card_cancels_it_at_mollie_and_is_no_cancellation_by_the_buyer(shop: Shop) -> None:
    waiting = await shop.start()
    shop.fake.faults.append(("cancel", "drop_after"))
    assert (await shop.close(waiting)).state is AttemptState.AWAITING_BUYER
    closed = await shop.becomes(waiting, lambda attempt: attempt.state is not AttemptState.AWAITING_BUYER)
    assert closed.state is AttemptState.CLOSED
    assert shop.at_mollie(waiting).status == "canceled"


async def test_ideal_cannot_be_closed_early_so_the_buyer_stays_with_it_until_it_expires(shop: Shop) -> None:
    waiting = await shop.start(method="bank_redirect")
    assert (await shop.close(waiting)).state is AttemptState.AWAITING_BUYER
    with pytest.raises(AnotherAttemptLive):
        await shop.start(checkout_id=waiting.checkout_id)
    assert len(shop.fake.books.payments) == 1
    shop.at_mollie(waiting).expires_at = 0.0
    expired = await shop.refresh(waiting)
    assert expired.state is AttemptState.EXPIRED
    assert (await shop.start(checkout_id=waiting.checkout_id)).state is AttemptState.AWAITING_BUYER


async def test_ideal_that_was_to_be_closed_may_still_be_paid(shop: Shop) -> None:
    waiting = await shop.start(method="bank_redirect")
    await shop.close(waiting)
    await shop.pick(waiting.redirect_url, "paid")
    assert (await shop.told(waiting, AttemptState.CAPTURED)).captured_minor == 3490
    assert await shop.check() == []


async def test_what_staff_do_in_mollies_own_pages_is_told_by_another_message_of_the_same_words(shop: Shop) -> None:
    waiting = await shop.start()
    await shop.pick(waiting.redirect_url, "authorized")
    await shop.told(waiting, AttemptState.AUTHORISED)
    shop.fake.books.capture(shop.at_mollie(waiting), {})
    assert (await shop.told(waiting, AttemptState.CAPTURED)).captured_minor == 3490
    assert len({delivery.body for delivery in shop.fake.courier.deliveries}) == 1
    assert await shop.check() == []


async def test_a_release_counts_when_mollie_shows_it(shop: Shop) -> None:
    shop.fake.books.is_slow_with.add("release")
    waiting = await shop.start()
    await shop.pick(waiting.redirect_url, "authorized")
    await shop.told(waiting, AttemptState.AUTHORISED)
    assert (await shop.undo(waiting)).state is AttemptState.AUTHORISED
    shop.fake.courier.mode = "never"
    shop.fake.books.settle_release(shop.at_mollie(waiting))
    await shop.becomes(waiting, AttemptState.VOIDED)
    assert await shop.ledger(waiting) == [("authorised", 3490), ("voided", 3490)]
    assert await shop.check() == []


async def test_a_capture_that_fails_after_it_was_accepted_is_reported(shop: Shop) -> None:
    shop.fake.books.is_slow_with.add("capture")
    waiting = await shop.start()
    await shop.pick(waiting.redirect_url, "authorized")
    await shop.told(waiting, AttemptState.AUTHORISED)
    await shop.capture(waiting)
    assert (await shop.now(waiting)).captured_minor == 3490
    (capture,) = shop.fake.books.captures.values()
    shop.fake.books.settle_capture(capture, is_success=False)
    assert await shop.check() == [("payment_differs_from_gateway", "mollie: captured 0 there, 3490 here")]


async def test_a_refund_that_fails_after_it_was_accepted_is_reported(shop: Shop) -> None:
    waiting = await shop.start(method="bank_redirect")
    await shop.pick(waiting.redirect_url, "paid")
    await shop.told(waiting, AttemptState.CAPTURED)
    await shop.refund(waiting, 490)
    assert await shop.check() == []
    (refund,) = shop.fake.books.refunds.values()
    shop.fake.books.settle_refund(refund, is_success=False)
    assert await shop.check() == [("payment_differs_from_gateway", "mollie: refunded 0 there, 490 here")]


@pytest.mark.parametrize("what", ["mark", "other", "none", "body"])
async def test_a_made_up_message_is_refused_and_changes_nothing(shop: Shop, what: str) -> None:
    shop.fake.courier.mode = "never"
    waiting, other = await shop.start(), await shop.start()
    await shop.pick(waiting.redirect_url, "authorized")
    url, body = shop.webhook_of(waiting), f"id={waiting.provider_ref}"
    made_up = {
        "mark": (url[:-1] + ("0" if url[-1] != "0" else "1"), body),
        "other": (url.replace(str(waiting.id), str(other.id)), body),
        "none": (url.partition("?")[0], body),
        "body": (url, f"{body}&id=tr_other"),
    }[what]
    before = shop.fake.calls.copy()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await shop.browser.post(made_up[0], content=made_up[1], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")
    assert shop.fake.calls == before
    assert (await shop.now(waiting)).state is AttemptState.AWAITING_BUYER


async def test_no_gateway_is_called_inside_a_transaction(shop: Shop) -> None:
    async with shop.node.databases["payments"].read():
        with pytest.raises(CalledInsideTransaction):
            await shop.tools.registry.providers["mollie"].lookup(provider_ref="tr_1")
    assert shop.fake.calls == []
