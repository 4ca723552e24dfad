"""What the adapter does at the edges of Mollie's rules, straight against the fake: keys, limits, listings, expiry."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import httpx2
import msgspec
import pytest
import pytest_asyncio

from springtide.contexts.payments.providers.mollie import MollieProvider, MollieSettings
from springtide.contexts.payments.providers.port import (
    MoneyRequest,
    OutcomeUnknown,
    PaymentState,
    PaymentView,
    ProviderRefused,
    StartPayment,
    Totals,
    VoidRequest,
)
from tests.context.payments.mollie_shop import MARK_SECRET, MollieServer, mollie_server
from tests.context.payments.till import until
from tests.fakes import mollie_pages
from tests.fakes.mollie_fake import API_KEY, MollieFake
from tests.fakes.serving import Mailbox, served


@pytest.fixture(scope="module")
def server() -> Iterator[MollieServer]:
    with mollie_server() as made:
        yield made


@pytest.fixture
def fake(server: MollieServer) -> MollieFake:
    return server.fresh()


@pytest_asyncio.fixture
async def provider(fake: MollieFake) -> AsyncIterator[MollieProvider]:
    made = MollieProvider(MollieSettings(base_url=fake.origin, api_key=fake.api_key, webhook_secret=MARK_SECRET))
    yield made
    await made.close()


def request(reference: str, **changes: object) -> StartPayment:
    plain = StartPayment(
        idempotency_key=f"start-{reference}",
        merchant_reference=reference,
        method="card",
        amount_minor=3490,
        currency="EUR",
        capture="manual",
        return_url="http://127.0.0.1:9/return",
        payment_token="tkn_accepted",
    )
    return msgspec.structs.replace(plain, **changes)


def money(view: PaymentView, amount_minor: int, key: str) -> MoneyRequest:
    return MoneyRequest(
        provider_ref=view.provider_ref,
        merchant_reference=view.merchant_reference,
        amount_minor=amount_minor,
        currency=view.currency,
        idempotency_key=key,
        reference=key,
        before=Totals(),
    )


async def test_the_declared_window_ends_before_mollie_forgets_a_key(fake: MollieFake, provider: MollieProvider) -> None:
    clock = [1_800_000_000.0]
    fake.books.clock = lambda: clock[0]
    first = await provider.start(request("window"))
    clock[0] += provider.unknown_outcome.window_s
    assert await provider.start(request("window")) == first
    clock[0] += 3600 - provider.unknown_outcome.window_s
    assert (await provider.start(request("window"))).provider_ref != first.provider_ref


async def test_a_repeat_while_the_first_is_worked_on_is_unknown_and_makes_nothing(
    fake: MollieFake, provider: MollieProvider
) -> None:
    fake.faults.append(("create", "slow"))
    first = asyncio.create_task(provider.start(request("twice")))

    async def created() -> bool | None:
        return bool(fake.books.payments) or None

    await until(created)
    with pytest.raises(OutcomeUnknown):
        await provider.start(request("twice"))
    assert list(fake.books.payments) == [(await first).provider_ref]


async def test_a_message_may_come_before_the_answer(fake: MollieFake, provider: MollieProvider) -> None:
    mailbox = Mailbox()
    with served(lambda _: mailbox) as url:
        fake.faults.append(("create", "told_first"))
        view = await provider.start(request("early", webhook_url=url))
        assert (f"id={view.provider_ref}".encode()) in [body for _, body in mailbox.messages]


async def test_a_message_comes_again_until_it_is_taken(fake: MollieFake, provider: MollieProvider) -> None:
    mailbox = Mailbox()
    mailbox.status = 503
    with served(lambda _: mailbox) as url:
        await provider.start(request("again", webhook_url=url))
        await mailbox.wait_for(lambda _: True, count=2)
        mailbox.status = 204

        async def taken() -> bool | None:
            return fake.courier.deliveries[-1].status == 204 or None

        await until(taken)
    assert {delivery.status for delivery in fake.courier.deliveries} == {503, 204}


async def test_refunds_never_exceed_what_was_captured(fake: MollieFake, provider: MollieProvider) -> None:
    view = await provider.start(request("limits"))
    with pytest.raises(ProviderRefused):
        await provider.refund(money(view, 1, "before-capture"))
    await provider.capture(money(view, 3000, "capture"))
    await provider.refund(money(view, 2999, "first"))
    with pytest.raises(ProviderRefused) as refused:
        await provider.refund(money(view, 2, "second"))
    assert refused.value.code == "unprocessable_entity:amount"
    await provider.refund(money(view, 1, "third"))
    given = [one.amount_minor for one in fake.books.movements if one.kind == "refunded"]
    assert given == [2999, 1]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "bank_redirect", "payment_token": None, "capture": "automatic", "currency": "SEK"}, "amount"),
        ({"method": "bank_redirect", "payment_token": None}, "captureMode"),
        ({"amount_minor": 0}, "amount"),
        ({"payment_token": "tkn_of_nobody"}, "cardToken"),
        ({"description": "x" * 256}, "description"),
    ],
)
async def test_what_mollie_refuses_is_named_and_leaves_nothing(
    fake: MollieFake, provider: MollieProvider, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        await provider.start(request("wrong", **changes))
    assert refused.value.code == f"unprocessable_entity:{field}"
    assert fake.books.payments == {}


async def test_a_wrong_key_is_refused_and_certainly_did_nothing(fake: MollieFake) -> None:
    stranger = MollieProvider(MollieSettings(base_url=fake.origin, api_key="test_other", webhook_secret=MARK_SECRET))
    with pytest.raises(ProviderRefused) as refused:
        await stranger.start(request("stranger"))
    assert refused.value.code == "unauthorized_request"
    assert fake.books.payments == {}
    await stranger.close()


async def test_amounts_have_the_digits_of_their_currency(fake: MollieFake, provider: MollieProvider) -> None:
    for currency, written in (("EUR", "34.90"), ("SEK", "34.90"), ("JPY", "3490")):
        view = await provider.start(request(currency, currency=currency))
        assert (view.amount_minor, view.authorised_minor) == (3490, 3490)
        assert fake.payment(currency).body["amount"] == {"currency": currency, "value": written}
    small = await provider.start(request("small", amount_minor=5))
    assert (small.amount_minor, fake.payment("small").body["amount"]["value"]) == (5, "0.05")


async def test_a_page_nobody_finished_expires_after_the_methods_own_time(
    fake: MollieFake, provider: MollieProvider
) -> None:
    ideal = request("expires", method="bank_redirect", capture="automatic", payment_token=None)
    view = await provider.start(ideal)
    payment = fake.books.payments[view.provider_ref]
    assert payment.expires_at - payment.created_at == 15 * 60
    assert view.expires_at_s == int(payment.expires_at)
    payment.expires_at = 0.0
    found = await provider.lookup(provider_ref=view.provider_ref)
    assert found is not None
    assert (found.state, found.redirect_url, found.authorised_minor) == (PaymentState.EXPIRED, None, 0)


async def test_a_payment_under_way_is_processing_and_cannot_be_closed(
    fake: MollieFake, provider: MollieProvider
) -> None:
    view = await provider.start(request("under-way", method="bank_redirect", capture="automatic", payment_token=None))
    mollie_pages.act(fake.books, fake.books.payments[view.provider_ref], "pending")
    found = await provider.lookup(provider_ref=view.provider_ref)
    assert found is not None
    assert found.state is PaymentState.PROCESSING
    with pytest.raises(ProviderRefused) as refused:
        await provider.void(
            VoidRequest(
                provider_ref=view.provider_ref,
                merchant_reference="under-way",
                amount_minor=3490,
                currency="EUR",
                idempotency_key="void",
                before=Totals(),
            )
        )
    assert refused.value.code == "not_cancelable"
    mollie_pages.act(fake.books, fake.books.payments[view.provider_ref], "paid")
    paid = await provider.lookup(provider_ref=view.provider_ref)
    assert paid is not None
    assert paid.state is PaymentState.CAPTURED


async def test_the_ledger_tells_what_moved_and_only_from_then_on(fake: MollieFake, provider: MollieProvider) -> None:
    clock = [1_800_000_000.0]
    fake.books.clock = lambda: clock[0]
    old = await provider.start(request("old"))
    clock[0] += 40 * 86_400
    new = await provider.start(request("new"))
    await provider.capture(money(new, 1000, "capture"))
    await provider.refund(money(new, 400, "refund"))
    await provider.start(request("declined", payment_token="tkn_no_money"))

    async def entries(since_s: float) -> list[tuple[str, str, int]]:
        found, after, pages = [], None, 0
        while pages == 0 or after is not None:
            page = await provider.list_ledger(since_s=since_s, after=after, limit=2)
            found += [(one.provider_ref, one.kind, one.amount_minor) for one in page.entries]
            after, pages = page.next_after, pages + 1
        return found

    moved = [(one.payment_id, one.kind, one.amount_minor) for one in fake.books.movements]
    assert sorted(await entries(0)) == sorted(moved)
    recent = await entries(clock[0] - 60)
    assert {ref for ref, _, _ in recent} == {new.provider_ref} != {old.provider_ref}
    assert [(kind, minor) for _, kind, minor in recent] == [
        ("authorised", 3490),
        ("captured", 1000),
        ("voided", 2490),
        ("refunded", 400),
    ]


def test_the_fake_runs_as_a_program_on_this_machine_only() -> None:
    program = [sys.executable, "-m", "tests.fakes.mollie_program"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            origin = process.stdout.readline().strip()
            assert origin.startswith("http://127.0.0.1:")
            with httpx2.Client(base_url=origin, trust_env=False, timeout=20) as client:
                ordered = client.post("/admin/faults", json=[{"operation": "create", "fault": "rate_limit"}])
                assert ordered.status_code == 204
                headers = {"authorization": f"Bearer {API_KEY}"}
                assert client.post("/v2/payments", json={}, headers=headers).status_code == 429
                refused = client.post("/v2/payments", json={}, headers=headers)
                assert (refused.status_code, refused.json()["field"]) == (422, "amount")
                assert refused.headers["content-type"] == "application/hal+json"
                assert client.get("/admin/movements").json() == []
        finally:
            process.terminate()
