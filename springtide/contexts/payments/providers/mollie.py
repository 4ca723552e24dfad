"""Mollie over its REST API (v2): iDEAL and cards.

Buyers are handed over to Mollie's hosted checkout, so that card numbers never reach us. A client that has given its
card to Mollie itself (Mollie Components) brings a ``payment_token``.

What is different from other gateways, and how it is met:

- A lost answer is found out by repeating the same request under the same key; Mollie keeps keys for an hour. There is
  no search by reference.
- Mollie sets the expiry itself (iDEAL 15 minutes, cards 30) and decides which waiting payment may be cancelled
  (``isCancelable``). One that may not stays open until it expires, and is only then over for us too.
- A buyer who cancels on Mollie's page is told apart from us cancelling by a mark that we leave in the metadata before.
- Captures, releases and refunds are accepted first and carried out later. Accepted captures and refunds count as done;
  one that fails afterwards is a difference that ``check`` reports. A release counts when Mollie shows it.
- A card's authorisation is captured once; Mollie releases what is left.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from springtide.contexts.payments.providers import mollie_ledger
from springtide.contexts.payments.providers.mollie_messages import marked_address, read_message
from springtide.contexts.payments.providers.mollie_objects import Capture, Payment, Refund, view_of_payment
from springtide.contexts.payments.providers.mollie_wire import MollieWire, amount_of, decode
from springtide.contexts.payments.providers.port import (
    Capability,
    Declined,
    LedgerPage,
    MethodFacts,
    MoneyRequest,
    OutcomeUnknown,
    PaymentState,
    PaymentView,
    ProviderError,
    ProviderRefused,
    Resolve,
    StartPayment,
    UnknownOutcome,
    VoidRequest,
    WebhookEvent,
)

KEY_WINDOW_S = 55 * 60  # Mollie forgets keys after an hour
MOLLIE_METHODS = {"card": "creditcard", "bank_redirect": "ideal"}
LOCALES = {
    "ca": "ca_ES", "da": "da_DK", "de": "de_DE", "en": "en_GB", "es": "es_ES", "fi": "fi_FI", "fr": "fr_FR",
    "hu": "hu_HU", "is": "is_IS", "it": "it_IT", "lt": "lt_LT", "lv": "lv_LV", "nb": "nb_NO", "nl": "nl_NL",
    "pl": "pl_PL", "pt": "pt_PT", "sv": "sv_SE",
}  # fmt: skip
REGIONAL_LOCALES = frozenset({"de_AT", "de_CH", "en_US", "fr_BE", "nl_BE"})
UNDECLARED = frozenset(
    {Capability.EXPIRES_AT, Capability.LOOKUP_BY_REFERENCE, Capability.MULTI_CAPTURE, Capability.APP_PUSH}
)
SECRET_LENGTH_AT_LEAST = 16


class MollieSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Access to one Mollie profile.

    ``webhook_secret`` is ours, not Mollie's: it marks the webhook addresses that are given to Mollie.
    """

    api_key: str
    webhook_secret: str
    base_url: str = "https://api.mollie.com"
    name: str = "mollie"
    deadline_s: float = 6.0


class MollieProvider:
    """One Mollie profile."""

    capabilities = frozenset(Capability) - UNDECLARED
    methods: Mapping[str, MethodFacts] = {
        "card": MethodFacts(
            captures=frozenset[Literal["automatic", "manual"]]({"automatic", "manual"}), flow="redirect"
        ),
        "bank_redirect": MethodFacts(captures=frozenset({"automatic"}), flow="redirect"),
    }
    ledger_kinds = frozenset({"authorised", "captured", "voided", "refunded"})
    unknown_outcome = UnknownOutcome(resolve=Resolve.REPEAT_SAME_KEY, window_s=KEY_WINDOW_S)

    def __init__(self, settings: MollieSettings) -> None:
        """Prepare a client; no call is made yet. ValueError without a secret to mark webhook addresses with."""
        if len(settings.webhook_secret) < SECRET_LENGTH_AT_LEAST:
            msg = f"gateway {settings.name}: webhook_secret: at least {SECRET_LENGTH_AT_LEAST} characters of your own"
            raise ValueError(msg)
        self.name = settings.name
        self._settings = settings
        self._wire = MollieWire(base_url=settings.base_url, api_key=settings.api_key, deadline_s=settings.deadline_s)

    async def start(self, request: StartPayment) -> PaymentView:
        """Create a payment: its hosted page, or a charge of the token."""
        if request.method not in self.methods:
            msg = "method_unknown"
            raise ProviderRefused(msg, request.method)
        body = self._payment_body(request)
        answer = await self._wire.post("/v2/payments", body=body, key=request.idempotency_key)
        return view_of_payment(decode(answer, Payment))

    async def lookup(
        self, *, provider_ref: str | None = None, merchant_reference: str | None = None
    ) -> PaymentView | None:
        """Read a payment by Mollie's name for it, with its captures and refunds."""
        if provider_ref is None:
            msg = "lookup_by_reference_unsupported"
            raise ProviderRefused(msg, merchant_reference or "")
        payment = await self._payment(provider_ref)
        return None if payment is None else view_of_payment(payment)

    async def capture(self, request: MoneyRequest) -> PaymentView:
        """Take authorised money once; Mollie releases what is left of a card's authorisation."""
        body = {"amount": amount_of(request.amount_minor, request.currency), "description": request.reference}
        path = f"/v2/payments/{request.provider_ref}/captures"
        capture = decode(await self._wire.post(path, body=body, key=request.idempotency_key), Capture)
        if capture.status == "failed":
            msg = "capture_failed"
            raise Declined(msg, f"capture {capture.id} failed")
        return await self._after_write(request.provider_ref)

    async def void(self, request: VoidRequest) -> PaymentView:
        """Release an authorisation, or cancel a payment that waits for its buyer if Mollie lets us."""
        payment = await self._payment(request.provider_ref)
        if payment is not None and payment.status in ("open", "pending"):
            return await self._cancel(payment)
        path = f"/v2/payments/{request.provider_ref}/release-authorization"
        await self._wire.post(path, body={}, key=request.idempotency_key)
        view = await self._after_write(request.provider_ref)
        if view.authorised_minor > view.captured_minor + view.released_minor:
            msg = "release_under_way"
            raise OutcomeUnknown(msg, f"{request.provider_ref} is not released yet")
        return view

    async def refund(self, request: MoneyRequest) -> PaymentView:
        """Give captured money back."""
        body = {
            "amount": amount_of(request.amount_minor, request.currency),
            "description": request.reference,
            "metadata": {"merchant_reference": request.merchant_reference, "reference": request.reference},
        }
        path = f"/v2/payments/{request.provider_ref}/refunds"
        refund = decode(await self._wire.post(path, body=body, key=request.idempotency_key), Refund)
        if refund.status in ("failed", "canceled"):
            msg = "refund_failed"
            raise Declined(msg, f"refund {refund.id} is {refund.status}")
        return await self._after_write(request.provider_ref)

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes, received_at_s: float) -> WebhookEvent:
        """Check the mark in the address and read the payment's id."""
        secret = self._settings.webhook_secret
        return read_message(headers=headers, body=body, received_at_s=received_at_s, secret=secret)

    async def list_ledger(self, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
        """Read all payments, then all refunds, newest first."""
        return await mollie_ledger.read_page(self._wire, since_s=since_s, after=after, limit=limit)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()

    def _payment_body(self, request: StartPayment) -> dict[str, Any]:
        webhook_url = request.webhook_url and marked_address(
            request.webhook_url,
            secret=self._settings.webhook_secret,
            merchant_reference=request.merchant_reference,
        )
        return {
            "amount": amount_of(request.amount_minor, request.currency),
            "description": request.description or request.merchant_reference,
            "redirectUrl": request.return_url,
            "cancelUrl": request.return_url,
            "webhookUrl": webhook_url,
            "method": MOLLIE_METHODS[request.method],
            "captureMode": "manual" if request.capture == "manual" else None,
            "cardToken": request.payment_token,
            "locale": locale_of(request.locale, request.country),
            "metadata": {"merchant_reference": request.merchant_reference},
        }

    async def _payment(self, provider_ref: str) -> Payment | None:
        answer = await self._wire.get(f"/v2/payments/{provider_ref}", query={"embed": "captures,refunds"})
        return None if answer is None else decode(answer, Payment)

    async def _cancel(self, payment: Payment) -> PaymentView:
        """Cancel a waiting payment; the mark goes first, so that whoever looks later knows who it was."""
        if not payment.is_cancelable:
            msg = "not_cancelable"
            raise ProviderRefused(msg, f"{payment.id} is {payment.status} and stays so until it expires")
        known = payment.metadata if isinstance(payment.metadata, dict) else {}
        await self._wire.patch(f"/v2/payments/{payment.id}", body={"metadata": {**known, "closed_by": "shop"}})
        cancelled = decode(await self._wire.delete(f"/v2/payments/{payment.id}"), Payment)
        return msgspec.structs.replace(view_of_payment(cancelled), state=PaymentState.VOIDED)

    async def _after_write(self, provider_ref: str) -> PaymentView:
        """Read the state after a write that succeeded: a failing read must not look like a write that did nothing."""
        msg = "done_but_unread"
        try:
            view = await self.lookup(provider_ref=provider_ref)
        except ProviderError as error:
            raise OutcomeUnknown(msg, str(error)) from error
        if view is None:
            raise OutcomeUnknown(msg, "the payment is not found after the write")
        return view


def locale_of(locale: str, country: str) -> str | None:
    """Return the page's language as Mollie knows it; None lets Mollie choose by the browser."""
    language, _, region = locale.replace("-", "_").partition("_")
    wanted = f"{language}_{region or country}"
    return wanted if wanted in REGIONAL_LOCALES else LOCALES.get(language)
