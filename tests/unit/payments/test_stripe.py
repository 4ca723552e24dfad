"""Stripe's wire: form encoding, errors, and objects in the port's words."""

import msgspec
import pytest

from springtide.contexts.payments.domain.declines import WORDS, words
from springtide.contexts.payments.providers.port import (
    OutcomeUnknown,
    PaymentState,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    WebhookRefused,
)
from springtide.contexts.payments.providers.signatures import verify
from springtide.contexts.payments.providers.stripe_objects import Intent, Session, view_of_intent, view_of_session
from springtide.contexts.payments.providers.stripe_wire import StripeDeclined, accepted, encode_form
from springtide.platform.http_client import HttpAnswer
from springtide.sandbox.keys import sign

PUBLISHED_SECRET = "whsec_test_secret"


def test_nested_forms_are_encoded_the_way_stripe_reads_them() -> None:
    form = {"a": {"b": 1, "none": None}, "c": ("x y", {"d": True}), "e": "å&="}
    assert encode_form(form) == b"a%5Bb%5D=1&c%5B0%5D=x+y&c%5B1%5D%5Bd%5D=true&e=%C3%A5%26%3D"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error":{"type":"invalid_request_error","code":"amount_too_large"}}', ProviderRefused),
        (401, b"nonsense", ProviderRefused),
        (402, b'{"error":{"type":"card_error","code":"card_declined"}}', StripeDeclined),
        (409, b'{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}', OutcomeUnknown),
        (429, b"{}", ProviderUnavailable),
        (500, b"", OutcomeUnknown),
        (503, b"<html>", OutcomeUnknown),
        (302, b"", ProviderRefused),
    ],
)
def test_errors_say_what_is_known(status: int, body: bytes, kind: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as raised:
        accepted(HttpAnswer(status, {}, body))
    assert type(raised.value) is kind


def test_a_decline_names_its_reason_and_the_payment_it_left_behind() -> None:
    error = {"code": "card_declined", "decline_code": "insufficient_funds", "payment_intent": {"id": "pi_1"}}
    with pytest.raises(StripeDeclined) as raised:
        accepted(HttpAnswer(402, {}, msgspec.json.encode({"error": error})))
    assert (raised.value.code, raised.value.payment_ref) == ("insufficient_funds", "pi_1")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("requires_payment_method", PaymentState.AWAITING_BUYER),
        ("requires_action", PaymentState.AWAITING_BUYER),
        ("processing", PaymentState.PROCESSING),
        ("requires_capture", PaymentState.AUTHORISED),
        ("succeeded", PaymentState.CAPTURED),
        ("canceled", PaymentState.VOIDED),
        ("a state of the future", PaymentState.PROCESSING),
    ],
)
def test_states_of_an_intent(status: str, state: PaymentState) -> None:
    view = view_of_intent(Intent(id="pi_1", status=status, amount=1000, currency="eur"))
    assert (view.state, view.currency) == (state, "EUR")


def test_a_partial_capture_releases_the_rest() -> None:
    view = view_of_intent(Intent(id="pi_1", status="succeeded", amount=1000, amount_received=600, currency="sek"))
    assert (view.authorised_minor, view.captured_minor, view.released_minor) == (1000, 600, 400)


@pytest.mark.parametrize(
    ("status", "state", "url"),
    [("open", PaymentState.AWAITING_BUYER, "https://page"), ("expired", PaymentState.EXPIRED, None)],
)
def test_states_of_a_hosted_page(status: str, state: PaymentState, url: str | None) -> None:
    session = {"id": "cs_1", "status": status, "amount_total": 5, "currency": "eur", "url": "https://page"}
    view = view_of_session(msgspec.convert(session, Session))
    assert (view.state, view.redirect_url) == (state, url)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1000",
        "v1=abc",
        "t=x,v1=abc",
        "t=1000,t=1000,v1=abc",
        sign(webhook_secret="another", body=b"{}", at_s=1000),
        sign(webhook_secret=PUBLISHED_SECRET, body=b"{ }", at_s=1000),
        sign(webhook_secret=PUBLISHED_SECRET, body=b"{}", at_s=1000).replace("t=1000", "t=1001"),
        sign(webhook_secret=PUBLISHED_SECRET, body=b"{}", at_s=1),
    ],
)
def test_signatures_that_are_not_believed(header: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(header=header, body=b"{}", secret=PUBLISHED_SECRET, received_at_s=1005.0)


def test_one_good_signature_among_several_is_enough() -> None:
    good = sign(webhook_secret=PUBLISHED_SECRET, body=b"{}", at_s=1000)
    verify(header=f"{good},v1=00ff,v0=11", body=b"{}", secret=PUBLISHED_SECRET, received_at_s=1005.0)


@pytest.mark.parametrize("code", [*WORDS, "something new"])
def test_every_decline_has_words_in_every_language(code: str) -> None:
    told = {words(code, locale) for locale in ("en-GB", "nl", "sv_SE")}
    assert len(told) == 3
    assert words(code, "fi") == words(code, "en")
