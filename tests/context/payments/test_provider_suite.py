"""One suite for every payment provider: what the port promises, tried on each gateway.

A row that a gateway or its test server lacks stands in ``targets.GAPS`` with the reason. It is run all the same and
must fail, so the table cannot outlive the truth.
"""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from springtide.contexts.payments.providers.port import (
    Capability,
    OutcomeUnknown,
    PaymentState,
    PaymentView,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Resolve,
    WebhookRefused,
)
from tests.context.payments.targets import GAPS, KINDS, Target, totals

Row = Callable[[Target, str], Awaitable[None]]
ROWS: dict[str, Row] = {}


def row(check: Row) -> Row:
    """Add a row to the suite."""
    ROWS[check.__name__] = check
    return check


@row
async def authorise(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    assert view.state is PaymentState.AUTHORISED
    assert (view.merchant_reference, view.amount_minor, view.currency) == (reference, 3490, "EUR")
    assert (view.authorised_minor, view.captured_minor) == (3490, 0)


@row
async def automatic_capture(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference, capture="automatic"))
    assert view.state is PaymentState.CAPTURED
    assert view.captured_minor == 3490


@row
async def repeated_key(target: Target, reference: str) -> None:
    request = target.request(reference)
    assert await target.provider.start(request) == await target.provider.start(request)


@row
async def key_with_other_body(target: Target, reference: str) -> None:
    await target.provider.start(target.request(reference))
    with pytest.raises(ProviderRefused):
        await target.provider.start(target.request(reference, amount_minor=1))


@row
async def declined(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference, payment_token=target.tokens.get("no_money")))
    assert (view.state, view.decline_code) == (PaymentState.DECLINED, "insufficient_funds")
    assert view.authorised_minor == 0


@row
async def redirect(target: Target, reference: str) -> None:
    waiting = await target.provider.start(target.request(reference, payment_token=None))
    assert waiting.state is PaymentState.AWAITING_BUYER
    assert waiting.redirect_url is not None
    await target.buyer(waiting, "approve")
    paid = await found(target, waiting)
    assert (paid.state, paid.authorised_minor) == (PaymentState.AUTHORISED, 3490)
    captured = await target.provider.capture(target.money(paid, 3490, "capture"))
    assert (captured.state, captured.provider_ref) == (PaymentState.CAPTURED, waiting.provider_ref)


@row
async def redirect_declined(target: Target, reference: str) -> None:
    waiting = await target.provider.start(target.request(reference, payment_token=None))
    await target.buyer(waiting, "decline")
    assert (await found(target, waiting)).state is PaymentState.DECLINED


@row
async def challenge(target: Target, reference: str) -> None:
    waiting = await target.provider.start(target.request(reference, payment_token=target.tokens.get("challenge")))
    assert waiting.state is PaymentState.AWAITING_BUYER
    assert waiting.redirect_url is not None
    await target.buyer(waiting, "confirm")
    assert (await found(target, waiting)).state is PaymentState.AUTHORISED


@row
async def capture(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    assert (taken.state, taken.captured_minor, taken.released_minor) == (PaymentState.CAPTURED, 3490, 0)


@row
async def partial_capture(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 1000, "capture"))
    assert taken.captured_minor == 1000
    assert taken.captured_minor + taken.released_minor <= taken.authorised_minor


@row
async def multi_capture(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    first = await target.provider.capture(target.money(view, 1000, "first"))
    second = await target.provider.capture(target.money(first, 2490, "second"))
    assert (second.state, second.captured_minor) == (PaymentState.CAPTURED, 3490)


@row
async def capture_limit(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    with pytest.raises(ProviderRefused):
        await target.provider.capture(target.money(view, 3491, "capture"))


@row
async def repeated_capture(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    request = target.money(view, 3490, "capture")
    assert await target.provider.capture(request) == await target.provider.capture(request)


@row
async def void(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    released = await target.provider.void(target.void_of(view))
    assert (released.state, released.captured_minor, released.released_minor) == (PaymentState.VOIDED, 0, 3490)


@row
async def capture_after_void(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    released = await target.provider.void(target.void_of(view))
    with pytest.raises(ProviderRefused):
        await target.provider.capture(target.money(released, 1, "capture"))


@row
async def void_waiting(target: Target, reference: str) -> None:
    waiting = await target.provider.start(target.request(reference, payment_token=None))
    assert (await target.provider.void(target.void_of(waiting))).state is PaymentState.VOIDED
    assert (await found(target, waiting)).state in (PaymentState.VOIDED, PaymentState.EXPIRED)


@row
async def void_of_captured(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    with pytest.raises(ProviderRefused):
        await target.provider.void(target.void_of(taken))


@row
async def refund(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    given = await target.provider.refund(target.money(taken, 3490, "refund"))
    assert (given.captured_minor, given.refunded_minor) == (3490, 3490)


@row
async def partial_refund(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    first = await target.provider.refund(target.money(taken, 490, "first"))
    second = await target.provider.refund(target.money(first, 1000, "second"))
    assert (first.refunded_minor, second.refunded_minor) == (490, 1490)


@row
async def refund_limit(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    given = await target.provider.refund(target.money(taken, 3000, "first"))
    with pytest.raises(ProviderRefused):
        await target.provider.refund(target.money(given, 491, "second"))


@row
async def lookup(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    assert await found(target, view) == view


@row
async def lookup_by_reference(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    assert await target.provider.lookup(merchant_reference=reference) == view


@row
async def lookup_of_nothing(target: Target, reference: str) -> None:
    assert await target.provider.lookup(provider_ref=f"pi_{reference}") is None


@row
async def lost_answer(target: Target, reference: str) -> None:
    await target.fail_next("create", reference, "drop_after")
    request = target.request(reference)
    with pytest.raises(OutcomeUnknown):
        await target.provider.start(request)
    view = await resolved(target, request.merchant_reference)
    assert (view.state, view.authorised_minor) == (PaymentState.AUTHORISED, 3490)
    assert view == await target.provider.start(request)


@row
async def lost_refund(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference))
    taken = await target.provider.capture(target.money(view, 3490, "capture"))
    await target.fail_next("refund", reference, "error_after")
    request = target.money(taken, 1000, "refund")
    with pytest.raises(OutcomeUnknown):
        await target.provider.refund(request)
    assert (await found(target, view)).refunded_minor == 1000
    assert (await target.provider.refund(request)).refunded_minor == 1000


@row
async def failed_before(target: Target, reference: str) -> None:
    await target.fail_next("create", reference, "error_before")
    request = target.request(reference)
    with pytest.raises(OutcomeUnknown):
        await target.provider.start(request)
    if target.provider.unknown_outcome.resolve is Resolve.LOOKUP:
        assert await target.provider.lookup(merchant_reference=reference) is None
    assert (await target.provider.start(request)).state is PaymentState.AUTHORISED


@row
async def unreachable(target: Target, reference: str) -> None:
    provider = target.unreachable()
    try:
        with pytest.raises(ProviderUnavailable):
            await provider.start(target.request(reference))
    finally:
        await provider.close()


@row
async def expiry(target: Target, reference: str) -> None:
    request = target.request(reference, payment_token=None)
    assert Capability.EXPIRES_AT in target.provider.capabilities
    waiting = await target.provider.start(request)
    assert waiting.expires_at_s is None
    far = target.request(f"{reference}-2", payment_token=None, expires_at_s=4_000_000_000.0)
    assert (await target.provider.start(far)).expires_at_s == 4_000_000_000.0


@row
async def webhook(target: Target, reference: str) -> None:
    request = target.request(reference, capture="automatic", webhook_url=target.webhook_url())
    view = await target.provider.start(request)
    headers, body = await target.message_about(view)
    stamp = target.sent_at_s(headers)
    event = target.provider.parse_webhook(headers=headers, body=body, received_at_s=stamp + 1)
    assert view.provider_ref in event.provider_refs
    assert event.merchant_reference == reference
    with pytest.raises(WebhookRefused):
        target.provider.parse_webhook(headers=headers, body=body + b" ", received_at_s=stamp + 1)
    with pytest.raises(WebhookRefused):
        target.provider.parse_webhook(headers={}, body=body, received_at_s=stamp + 1)


@row
async def webhook_too_old(target: Target, reference: str) -> None:
    request = target.request(reference, capture="automatic", webhook_url=target.webhook_url())
    headers, body = await target.message_about(await target.provider.start(request))
    with pytest.raises(WebhookRefused):
        target.provider.parse_webhook(headers=headers, body=body, received_at_s=target.sent_at_s(headers) + 3600)


@row
async def webhook_forged(target: Target, reference: str) -> None:
    body = b'{"id":"evt_1","type":"payment.captured","created":1,"data":{"object":{}}}'
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}, {"sandbox-signature": "t=1,v1=00", "x": reference}):
        with pytest.raises(WebhookRefused):
            target.provider.parse_webhook(headers=headers, body=body, received_at_s=1.0)


@row
async def ledger(target: Target, reference: str) -> None:
    view = await target.provider.start(target.request(reference, capture="automatic"))
    await target.provider.refund(target.money(view, 490, "refund"))
    movements = [(kind, amount) for kind, amount, ref, _ in await read_ledger(target) if ref == view.provider_ref]
    assert sorted(entry for entry in movements if entry[0] != "authorised") == [("captured", 3490), ("refunded", 490)]


@row
async def ledger_reference(target: Target, reference: str) -> None:
    await target.provider.start(target.request(reference, capture="automatic"))
    entries = [(kind, amount) for kind, amount, _, ours in await read_ledger(target) if ours == reference]
    assert ("captured", 3490) in entries


@row
async def method_unknown(target: Target, reference: str) -> None:
    with pytest.raises(ProviderRefused):
        await target.provider.start(target.request(reference, method="shells"))


async def found(target: Target, view: PaymentView) -> PaymentView:
    """The payment as its gateway tells it now."""
    now = await target.provider.lookup(provider_ref=view.provider_ref)
    assert now is not None
    assert totals(now).captured_minor <= now.authorised_minor
    return now


async def resolved(target: Target, reference: str) -> PaymentView:
    """Find a lost answer the way the provider declares."""
    if target.provider.unknown_outcome.resolve is Resolve.REPEAT_SAME_KEY:
        return await target.provider.start(target.request(reference))
    view = await target.provider.lookup(merchant_reference=reference)
    assert view is not None
    return view


async def read_ledger(target: Target) -> list[tuple[str, int, str, str | None]]:
    """The whole ledger, in pages of three: kind, amount, the gateway's name, our name."""
    entries, after, pages = [], None, 0
    while after is not None or pages == 0:
        page = await target.provider.list_ledger(since_s=0, after=after, limit=3)
        entries += [
            (entry.kind, entry.amount_minor, entry.provider_ref, entry.merchant_reference) for entry in page.entries
        ]
        after, pages = page.next_after, pages + 1
        assert pages < 200, "the listing does not end"
    return entries


@pytest.mark.parametrize("name", list(ROWS))
async def test_row(name: str, target: Target, note_row: set[tuple[str, str]]) -> None:
    note_row.add((name, target.kind))
    reference = f"attempt-{uuid4()}"
    if (name, target.kind) not in GAPS:
        await ROWS[name](target, reference)
        return
    with pytest.raises((AssertionError, ProviderError, WebhookRefused, pytest.fail.Exception)):
        await ROWS[name](target, reference)


def test_the_table_of_gaps_names_rows_and_targets_that_exist() -> None:
    assert {name for name, _ in GAPS} <= set(ROWS)
    assert {kind for _, kind in GAPS} <= set(KINDS)


async def test_declared_capabilities_work(target: Target) -> None:
    shown_by = {
        Capability.AUTHORISE: "authorise",
        Capability.CAPTURE: "capture",
        Capability.VOID: "void",
        Capability.REFUND: "refund",
        Capability.MULTI_CAPTURE: "multi_capture",
        Capability.REDIRECT: "redirect",
        Capability.CHALLENGE: "challenge",
        Capability.WEBHOOK: "webhook",
        Capability.LOOKUP: "lookup",
        Capability.LOOKUP_BY_REFERENCE: "lookup_by_reference",
        Capability.LIST_LEDGER: "ledger",
        Capability.EXPIRES_AT: "expiry",
    }
    if target.kind == "stripe@localstripe":
        return  # the same adapter is held to its declarations on the faithful fake
    works = {capability for capability, name in shown_by.items() if (name, target.kind) not in GAPS}
    assert works == target.provider.capabilities & set(shown_by)
