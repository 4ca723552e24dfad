"""Stripe over its REST API.

Browsers are handed over to Stripe's hosted Checkout page, so that card numbers never reach us. A client that has given
its card to Stripe itself (a mobile SDK) brings a payment method's id as ``payment_token`` instead.

Not declared: ``expires_at`` (a hosted page lives for 30 minutes at least; whoever wants it shorter closes it by
``void``) and ``lookup_by_reference`` (Stripe's search lags behind its writes). A lost answer is found out by repeating
the same request under the same key, which Stripe keeps for 24 hours.
"""

from collections.abc import Awaitable, Mapping
from typing import Literal

import msgspec

from springtide.contexts.payments.providers import signatures
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
    WebhookRefused,
)
from springtide.contexts.payments.providers.stripe_objects import (
    Event,
    Intent,
    MovementList,
    Refund,
    RefundList,
    Session,
    entry_of_movement,
    view_of_intent,
    view_of_session,
)
from springtide.contexts.payments.providers.stripe_wire import StripeDeclined, StripeWire, decode

KEY_WINDOW_S = 23 * 3600  # Stripe forgets keys after 24 hours at the earliest
REFUND_PAGE = 100
ANY_CAPTURE: frozenset[Literal["automatic", "manual"]] = frozenset({"automatic", "manual"})
STRIPE_METHODS = {"card": "card", "bank_redirect": "ideal", "app_push": "swish", "pay_later": "klarna"}
UNDECLARED = frozenset({Capability.EXPIRES_AT, Capability.LOOKUP_BY_REFERENCE, Capability.MULTI_CAPTURE})


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Access to one Stripe account.

    ``sends_return_url``: False for servers that do not know ``return_url`` on a PaymentIntent; 3-D Secure by redirect
    is then not possible for tokens.
    """

    secret_key: str
    webhook_secret: str
    base_url: str = "https://api.stripe.com"
    name: str = "stripe"
    deadline_s: float = 6.0
    sends_return_url: bool = True


class StripeProvider:
    """One Stripe account."""

    capabilities = frozenset(Capability) - UNDECLARED
    methods: Mapping[str, MethodFacts] = {
        "card": MethodFacts(captures=ANY_CAPTURE, flow="redirect"),
        "bank_redirect": MethodFacts(captures=frozenset({"automatic"}), flow="redirect"),
        "app_push": MethodFacts(captures=frozenset({"automatic"}), flow="app_push"),
        "pay_later": MethodFacts(captures=ANY_CAPTURE, flow="redirect"),
    }
    ledger_kinds = frozenset({"captured", "refunded"})
    unknown_outcome = UnknownOutcome(resolve=Resolve.REPEAT_SAME_KEY, window_s=KEY_WINDOW_S)

    def __init__(self, settings: StripeSettings) -> None:
        """Prepare a client; no call is made yet."""
        self.name = settings.name
        self._settings = settings
        self._wire = StripeWire(
            base_url=settings.base_url, secret_key=settings.secret_key, deadline_s=settings.deadline_s
        )

    async def start(self, request: StartPayment) -> PaymentView:
        """Open a hosted page, or charge the token at once."""
        if request.method not in self.methods:
            msg = "method_unknown"
            raise ProviderRefused(msg, request.method)
        if request.payment_token is None:
            answer = await self._wire.post(
                "/v1/checkout/sessions", form=_session_form(request), key=request.idempotency_key
            )
            return view_of_session(decode(answer, Session))
        return await self._charge_token(request)

    async def lookup(
        self, *, provider_ref: str | None = None, merchant_reference: str | None = None
    ) -> PaymentView | None:
        """Read a payment by Stripe's name for it."""
        if provider_ref is None:
            msg = "lookup_by_reference_unsupported"
            raise ProviderRefused(msg, merchant_reference or "")
        if provider_ref.startswith("cs_"):
            session = await self._session(provider_ref)
            if session is None:
                return None
            refunded = await self._refunded(session.payment_intent) if session.payment_intent else 0
            return view_of_session(session, refunded_minor=refunded)
        answer = await self._wire.get(f"/v1/payment_intents/{provider_ref}")
        if answer is None:
            return None
        intent = decode(answer, Intent)
        return view_of_intent(intent, refunded_minor=await self._refunded(intent))

    async def capture(self, request: MoneyRequest) -> PaymentView:
        """Take authorised money once; Stripe releases what is left."""
        intent_id = await self._intent_id(request.provider_ref)
        answer = await self._wire.post(
            f"/v1/payment_intents/{intent_id}/capture",
            form={"amount_to_capture": request.amount_minor},
            key=request.idempotency_key,
        )
        return view_of_intent(decode(answer, Intent), provider_ref=request.provider_ref)

    async def void(self, request: VoidRequest) -> PaymentView:
        """Cancel an authorisation, or close the hosted page of a payment that waits for its buyer."""
        if request.provider_ref.startswith("cs_"):
            session = await self._session(request.provider_ref)
            if session is not None and session.status == "open":
                path = f"/v1/checkout/sessions/{session.id}/expire"
                closed = await self._wire.post(path, form={}, key=f"{request.idempotency_key}:expire")
                view = view_of_session(decode(closed, Session))
                return msgspec.structs.replace(view, state=PaymentState.VOIDED)
        intent_id = await self._intent_id(request.provider_ref)
        answer = await self._wire.post(f"/v1/payment_intents/{intent_id}/cancel", form={}, key=request.idempotency_key)
        view = view_of_intent(decode(answer, Intent), provider_ref=request.provider_ref)
        held = request.before.authorised_minor
        return msgspec.structs.replace(view, authorised_minor=held, released_minor=held)

    async def refund(self, request: MoneyRequest) -> PaymentView:
        """Give captured money back."""
        form = {
            "payment_intent": await self._intent_id(request.provider_ref),
            "amount": request.amount_minor,
            "metadata": {"reference": request.reference, "merchant_reference": request.merchant_reference},
        }
        answer = await self._wire.post("/v1/refunds", form=form, key=request.idempotency_key)
        refund = decode(answer, Refund)
        if refund.status in ("failed", "canceled"):
            msg = "refund_failed"
            raise Declined(msg, f"refund {refund.id} is {refund.status}")
        return await _already_done(self.lookup(provider_ref=request.provider_ref))

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes, received_at_s: float) -> WebhookEvent:
        """Verify ``Stripe-Signature`` and read the message."""
        signatures.verify(
            header=headers.get("stripe-signature", ""),
            body=body,
            secret=self._settings.webhook_secret,
            received_at_s=received_at_s,
        )
        try:
            event = msgspec.json.decode(body, type=Event)
        except msgspec.MsgspecError as error:
            raise WebhookRefused(str(error)) from error
        about = event.data.object
        names = (about.get("id"), about.get("payment_intent"))
        metadata = about.get("metadata") or {}
        return WebhookEvent(
            event_id=event.id,
            kind=event.type,
            provider_refs=tuple(name for name in names if isinstance(name, str)),
            merchant_reference=about.get("client_reference_id") or metadata.get("merchant_reference"),
            occurred_at_s=event.created,
        )

    async def list_ledger(self, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
        """Read the balance transactions of payments, newest first."""
        query = {
            "limit": limit,
            "starting_after": after,
            "created": {"gte": int(since_s)} if since_s > 0 else None,
            "expand": ("data.source",),
        }
        answer = await self._wire.get("/v1/balance_transactions", query=query)
        if answer is None:
            msg = "no_ledger"
            raise ProviderRefused(msg, "the account has no balance transactions")
        listing = decode(answer, MovementList)
        entries = tuple(entry for movement in listing.data if (entry := entry_of_movement(movement)) is not None)
        return LedgerPage(entries=entries, next_after=listing.data[-1].id if listing.has_more else None)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()

    async def _charge_token(self, request: StartPayment) -> PaymentView:
        form = {
            "amount": request.amount_minor,
            "currency": request.currency.lower(),
            "payment_method_types": (STRIPE_METHODS[request.method],),
            "payment_method": request.payment_token,
            "capture_method": request.capture,
            "confirm": True,
            "return_url": request.return_url if self._settings.sends_return_url else None,
            "metadata": {"merchant_reference": request.merchant_reference},
        }
        try:
            answer = await self._wire.post("/v1/payment_intents", form=form, key=request.idempotency_key)
        except StripeDeclined as declined:
            return PaymentView(
                provider_ref=declined.payment_ref,
                merchant_reference=request.merchant_reference,
                state=PaymentState.DECLINED,
                amount_minor=request.amount_minor,
                currency=request.currency,
                decline_code=declined.code,
            )
        return view_of_intent(decode(answer, Intent))

    async def _session(self, session_id: str) -> Session | None:
        query = {"expand": ("payment_intent",)}
        answer = await self._wire.get(f"/v1/checkout/sessions/{session_id}", query=query)
        return None if answer is None else decode(answer, Session)

    async def _intent_id(self, provider_ref: str) -> str:
        if not provider_ref.startswith("cs_"):
            return provider_ref
        session = await self._session(provider_ref)
        if session is None or session.payment_intent is None:
            msg = "no_payment"
            raise ProviderRefused(msg, f"nobody has paid {provider_ref}")
        return session.payment_intent.id

    async def _refunded(self, intent: Intent) -> int:
        if intent.status != "succeeded":
            return 0
        query = {"payment_intent": intent.id, "limit": REFUND_PAGE}
        answer = await self._wire.get("/v1/refunds", query=query)
        listing = RefundList(data=()) if answer is None else decode(answer, RefundList)
        return sum(
            refund.amount
            for refund in listing.data
            if refund.payment_intent == intent.id and refund.status not in ("failed", "canceled")
        )


def _session_form(request: StartPayment) -> dict[str, object]:
    return {
        "mode": "payment",
        "payment_method_types": (STRIPE_METHODS[request.method],),
        "client_reference_id": request.merchant_reference,
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "locale": request.locale.split("-")[0],
        "line_items": (
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": request.amount_minor,
                    "product_data": {"name": request.description or request.merchant_reference},
                },
            },
        ),
        "payment_intent_data": {
            "capture_method": request.capture,
            "metadata": {"merchant_reference": request.merchant_reference},
        },
    }


async def _already_done(reading: Awaitable[PaymentView | None]) -> PaymentView:
    """Read the state after a write that succeeded: a failing read must not look like a write that did nothing."""
    try:
        view = await reading
    except ProviderError as error:
        msg = "done_but_unread"
        raise OutcomeUnknown(msg, str(error)) from error
    if view is None:
        msg = "done_but_unread"
        raise OutcomeUnknown(msg, "the payment is not found after the write")
    return view
