"""Mollie's wire: amounts, errors, objects in the port's words, and addresses that only we can have given out."""

from typing import Any

import msgspec
import pytest

from springtide.contexts.payments.domain.declines import WORDS
from springtide.contexts.payments.providers.mollie import MollieProvider, MollieSettings, locale_of
from springtide.contexts.payments.providers.mollie_messages import marked_address, read_message
from springtide.contexts.payments.providers.mollie_objects import DECLINE_CODES, Payment, view_of_payment
from springtide.contexts.payments.providers.mollie_wire import Amount, accepted, amount_of, decode
from springtide.contexts.payments.providers.port import (
    OutcomeUnknown,
    PaymentState,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    WebhookRefused,
)
from springtide.contexts.payments.providers.registry import GatewayOptions, Registry
from springtide.platform.http_client import HttpAnswer

SECRET = "marks-webhook-addresses"
MOMENT = "2026-11-22T10:00:00+00:00"


def payment(**changes: Any) -> Payment:
    plain = {
        "id": "tr_1",
        "status": "open",
        "amount": {"currency": "EUR", "value": "34.90"},
        "createdAt": MOMENT,
        "metadata": {"merchant_reference": "attempt-1"},
        "_links": {"checkout": {"href": "https://page", "type": "text/html"}, "self": {"href": "x"}},
    }
    return msgspec.convert({**plain, **changes}, Payment)


def captures(*parts: tuple[str, str]) -> dict[str, Any]:
    made = [{"id": "cpt_1", "amount": {"currency": "EUR", "value": value}, "status": status} for value, status in parts]
    return {"_embedded": {"captures": made, "refunds": []}, "captureMode": "manual", "authorizedAt": MOMENT}


@pytest.mark.parametrize(
    ("minor", "currency", "value"),
    [(3490, "EUR", "34.90"), (5, "SEK", "0.05"), (100, "GBP", "1.00"), (3490, "JPY", "3490"), (7, "JPY", "7")],
)
def test_amounts_are_decimal_strings_both_ways(minor: int, currency: str, value: str) -> None:
    assert amount_of(minor, currency) == Amount(currency=currency, value=value)
    assert amount_of(minor, currency).minor == minor


@pytest.mark.parametrize("value", ["34.9", "34,90", "3490", "-1.00", "34.900", "", "1e3.00", "\u0663.\u0660\u0660"])
def test_an_amount_that_is_not_written_exactly_leaves_the_outcome_unknown(value: str) -> None:
    with pytest.raises(OutcomeUnknown):
        _ = Amount(currency="EUR", value=value).minor


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, b'{"title":"Bad Request","detail":"key used"}', ProviderRefused, "bad_request"),
        (401, b"nonsense", ProviderRefused, "http_401"),
        (404, b'{"title":"Not Found"}', ProviderRefused, "not_found"),
        (409, b'{"title":"Conflict"}', OutcomeUnknown, "conflict"),
        (422, b'{"title":"Unprocessable Entity","field":"amount"}', ProviderRefused, "unprocessable_entity:amount"),
        (429, b"{}", ProviderUnavailable, "rate_limited"),
        (500, b"", OutcomeUnknown, "http_500"),
        (503, b"<html>", OutcomeUnknown, "http_503"),
        (302, b"", ProviderRefused, "http_302"),
    ],
)
def test_errors_say_what_is_known(status: int, body: bytes, kind: type[ProviderError], code: str) -> None:
    with pytest.raises(ProviderError) as raised:
        accepted(HttpAnswer(status, {}, body))
    assert (type(raised.value), raised.value.code) == (kind, code)


def test_a_success_that_cannot_be_read_leaves_the_outcome_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        decode(HttpAnswer(201, {}, b'{"id":"tr_1"}'), Payment)


@pytest.mark.parametrize(
    ("status", "changes", "state", "sums"),
    [
        ("open", {}, PaymentState.AWAITING_BUYER, (0, 0, 0)),
        ("pending", {}, PaymentState.PROCESSING, (0, 0, 0)),
        ("a state of the future", {}, PaymentState.PROCESSING, (0, 0, 0)),
        ("paid", {}, PaymentState.CAPTURED, (3490, 3490, 0)),
        ("expired", {}, PaymentState.EXPIRED, (0, 0, 0)),
        ("failed", {}, PaymentState.DECLINED, (0, 0, 0)),
        ("canceled", {}, PaymentState.DECLINED, (0, 0, 0)),
        ("canceled", {"metadata": {"closed_by": "shop"}}, PaymentState.VOIDED, (0, 0, 0)),
        ("authorized", captures(), PaymentState.AUTHORISED, (3490, 0, 0)),
        ("authorized", captures(("10.00", "pending")), PaymentState.AUTHORISED, (3490, 1000, 0)),
        ("authorized", captures(("10.00", "failed")), PaymentState.AUTHORISED, (3490, 0, 0)),
        ("paid", captures(("10.00", "succeeded")), PaymentState.CAPTURED, (3490, 1000, 2490)),
        ("paid", captures(("10.00", "succeeded"), ("24.90", "succeeded")), PaymentState.CAPTURED, (3490, 3490, 0)),
        ("canceled", captures(), PaymentState.VOIDED, (3490, 0, 3490)),
        ("expired", captures(), PaymentState.VOIDED, (3490, 0, 3490)),
        ("failed", captures(("34.90", "failed")), PaymentState.VOIDED, (3490, 0, 3490)),
    ],
)
def test_states_and_sums_of_a_payment(
    status: str, changes: dict[str, Any], state: PaymentState, sums: tuple[int, int, int]
) -> None:
    view = view_of_payment(payment(status=status, **changes))
    assert (view.state, (view.authorised_minor, view.captured_minor, view.released_minor)) == (state, sums)


def test_refunds_that_came_to_nothing_do_not_count() -> None:
    made = [
        {"id": f"re_{status}", "amount": {"currency": "EUR", "value": "1.00"}, "status": status, "paymentId": "tr_1"}
        for status in ("queued", "pending", "processing", "refunded", "failed", "canceled")
    ]
    refunds = [{**refund, "createdAt": MOMENT} for refund in made]
    view = view_of_payment(payment(status="paid", _embedded={"refunds": refunds, "captures": []}))
    assert (view.captured_minor, view.refunded_minor) == (3490, 400)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "canceled"}, "cancelled_by_buyer"),
        ({"status": "failed"}, "issuer_declined"),
        ({"status": "failed", "details": {"failureReason": "card_expired"}}, "expired_card"),
        ({"status": "failed", "details": {"failureReason": "insufficient_funds"}}, "insufficient_funds"),
        ({"status": "failed", "statusReason": {"code": "insufficient_funds"}}, "insufficient_funds"),
        ({"status": "failed", "details": {"failureReason": "authentication_abandoned"}}, "authentication_failed"),
        ({"status": "failed", "details": {"failureReason": "something_new"}}, "something_new"),
    ],
)
def test_a_decline_is_told_in_our_words(changes: dict[str, Any], code: str) -> None:
    assert view_of_payment(payment(**changes)).decline_code == code


def test_every_reason_of_mollie_that_we_know_has_words() -> None:
    assert set(DECLINE_CODES.values()) <= set(WORDS)


@pytest.mark.parametrize("metadata", [None, "text", 5, ["merchant_reference"], {"merchant_reference": 5}])
def test_metadata_that_others_wrote_is_no_reference(metadata: object) -> None:
    assert view_of_payment(payment(metadata=metadata)).merchant_reference == ""


@pytest.mark.parametrize(
    ("locale", "country", "mollie"),
    [
        ("nl", "NL", "nl_NL"),
        ("nl", "BE", "nl_BE"),
        ("en", "GB", "en_GB"),
        ("en-US", "GB", "en_US"),
        ("sv_SE", "", "sv_SE"),
        ("en", "SE", "en_GB"),
        ("xx", "NL", None),
    ],
)
def test_pages_come_in_a_language_mollie_has(locale: str, country: str, mollie: str | None) -> None:
    assert locale_of(locale, country) == mollie


def message(url: str, body: bytes = b"id=tr_5B8cwPMGnU6qLbRvo7qEZo", at_s: float = 5.0) -> tuple[str, str | None]:
    headers = {":path": url.removeprefix("https://shop.example")}
    event = read_message(headers=headers, body=body, received_at_s=at_s, secret=SECRET)
    return event.provider_refs[0], event.merchant_reference


def address(reference: str = "attempt-1", secret: str = SECRET) -> str:
    url = "https://shop.example/webhooks/mollie"
    return marked_address(url, secret=secret, merchant_reference=reference)


def test_a_message_to_a_marked_address_names_the_payment_and_our_attempt() -> None:
    assert message(address()) == ("tr_5B8cwPMGnU6qLbRvo7qEZo", "attempt-1")


def test_an_address_may_have_a_query_already() -> None:
    url = marked_address("https://shop.example/hooks?shop=1", secret=SECRET, merchant_reference="a b&c")
    assert url.startswith("https://shop.example/hooks?shop=1&attempt=a+b%26c&mark=")
    assert message(url)[1] == "a b&c"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/webhooks/mollie",
        "https://shop.example/webhooks/mollie?attempt=attempt-1",
        "https://shop.example/webhooks/mollie?attempt=attempt-1&mark=",
        address(secret="of somebody else"),
        address().replace("attempt-1", "attempt-2"),
        address() + "0",
        "",
    ],
)
def test_an_address_we_never_gave_out_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefused):
        message(url)


@pytest.mark.parametrize(
    "body",
    [b"", b"id=", b"id=tr_", b"id=ord_1", b"id=tr_1&id=tr_2", b"id=tr_1 ", b'{"id":"tr_1"}', b"id=tr_../x", b"\xff"],
)
def test_a_message_that_is_not_one_id_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        message(address(), body)


def test_the_same_words_at_another_time_are_another_message() -> None:
    headers = {":path": address().removeprefix("https://shop.example")}
    told = {
        read_message(headers=headers, body=b"id=tr_1", received_at_s=at_s, secret=SECRET).event_id
        for at_s in (1_800_000_000.000001, 1_800_000_000.000002)
    }
    assert len(told) == 2


def test_a_secret_to_mark_addresses_with_is_needed() -> None:
    with pytest.raises(ValueError, match="gateway mollie: webhook_secret: at least 16 characters"):
        MollieProvider(MollieSettings(api_key="test_x", webhook_secret="short"))


async def test_the_registry_makes_it_and_knows_its_methods() -> None:
    options = GatewayOptions(
        name="ours", provider="mollie", webhook_secret=SECRET, markets={"NL": ("bank_redirect", "card")}
    )
    registry = Registry.from_settings([options])
    assert registry.methods("NL") == {"bank_redirect": ("ours",), "card": ("ours",)}
    await registry.close()
    with pytest.raises(ValueError, match="mollie has no method app_push"):
        Registry.from_settings([msgspec.structs.replace(options, markets={"NL": ("app_push",)})])
