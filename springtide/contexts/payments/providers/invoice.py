"""Payment by invoice: in process, on the merchant's own trust instead of a gateway.

It keeps nothing: limits are judged by what our books say (``before``), and those books are the only ones. That is why
it declares no lookup, ledger or webhook, and why an outcome is never unknown.
"""

from collections.abc import Mapping

import msgspec

from springtide.contexts.payments.providers.port import (
    Capability,
    LedgerPage,
    MethodFacts,
    MoneyRequest,
    PaymentState,
    PaymentView,
    ProviderRefused,
    Resolve,
    StartPayment,
    Totals,
    UnknownOutcome,
    VoidRequest,
    WebhookEvent,
    WebhookRefused,
)

METHOD = "invoice"


class InvoiceProvider:
    """Authorises at once; a capture records that the invoice was sent, a refund that money goes back."""

    capabilities = frozenset(
        {
            Capability.AUTHORISE,
            Capability.CAPTURE,
            Capability.PARTIAL_CAPTURE,
            Capability.MULTI_CAPTURE,
            Capability.VOID,
            Capability.REFUND,
            Capability.PARTIAL_REFUND,
        }
    )
    methods: Mapping[str, MethodFacts] = {METHOD: MethodFacts(captures=frozenset({"manual"}), flow="immediate")}
    ledger_kinds: frozenset[str] = frozenset()
    unknown_outcome = UnknownOutcome(resolve=Resolve.REPEAT_SAME_KEY, window_s=365 * 86_400)

    def __init__(self, name: str = "invoice") -> None:
        """Name the provider."""
        self.name = name

    async def start(self, request: StartPayment) -> PaymentView:
        """Authorise at once."""
        return self.decide(request)

    def decide(self, request: StartPayment) -> PaymentView:
        """Authorise without asking anybody; the reference is the merchant's own."""
        if request.method != METHOD or request.capture != "manual":
            msg = "method_unknown"
            raise ProviderRefused(msg, f"{request.method}, capture {request.capture}")
        return PaymentView(
            provider_ref=f"invoice_{request.merchant_reference}",
            merchant_reference=request.merchant_reference,
            state=PaymentState.AUTHORISED,
            amount_minor=request.amount_minor,
            currency=request.currency,
            authorised_minor=request.amount_minor,
        )

    async def lookup(
        self, *, provider_ref: str | None = None, merchant_reference: str | None = None
    ) -> PaymentView | None:
        """Not possible: nothing is kept."""
        msg = "lookup_unsupported"
        raise ProviderRefused(msg, provider_ref or merchant_reference or "")

    async def capture(self, request: MoneyRequest) -> PaymentView:
        """Record a part or all of the sum as invoiced."""
        left = request.before.authorised_minor - request.before.captured_minor - request.before.released_minor
        _check(request.amount_minor, left, "capture_above_authorised")
        captured = request.before.captured_minor + request.amount_minor
        return _view(request, msgspec.structs.replace(request.before, captured_minor=captured))

    async def refund(self, request: MoneyRequest) -> PaymentView:
        """Record money that goes back."""
        left = request.before.captured_minor - request.before.refunded_minor
        _check(request.amount_minor, left, "refund_above_captured")
        refunded = request.before.refunded_minor + request.amount_minor
        return _view(request, msgspec.structs.replace(request.before, refunded_minor=refunded))

    async def void(self, request: VoidRequest) -> PaymentView:
        """Release what was not invoiced."""
        left = request.before.authorised_minor - request.before.captured_minor - request.before.released_minor
        _check(left, left, "wrong_state")
        released = request.before.released_minor + left
        return _view(request, msgspec.structs.replace(request.before, released_minor=released))

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes, received_at_s: float) -> WebhookEvent:
        """Refuse every message: nobody may send one."""
        msg = f"{self.name} sends no messages ({len(headers)} headers, {len(body)} bytes at {received_at_s})"
        raise WebhookRefused(msg)

    async def list_ledger(self, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
        """Not possible: the only books are ours."""
        msg = "list_ledger_unsupported"
        raise ProviderRefused(msg, f"{since_s} {after} {limit}")

    async def close(self) -> None:
        """Nothing to let go of."""


def _check(amount_minor: int, left: int, code: str) -> None:
    if not 0 < amount_minor <= left:
        raise ProviderRefused(code, f"{amount_minor} of {left}")


def _view(request: MoneyRequest | VoidRequest, totals: Totals) -> PaymentView:
    left = totals.authorised_minor - totals.captured_minor - totals.released_minor
    settled = PaymentState.CAPTURED if totals.captured_minor else PaymentState.VOIDED
    return PaymentView(
        provider_ref=request.provider_ref,
        merchant_reference=request.merchant_reference,
        state=PaymentState.AUTHORISED if left else settled,
        amount_minor=totals.authorised_minor,
        currency=request.currency,
        authorised_minor=totals.authorised_minor,
        captured_minor=totals.captured_minor,
        refunded_minor=totals.refunded_minor,
        released_minor=totals.released_minor,
    )
