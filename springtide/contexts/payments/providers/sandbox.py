"""The sandbox gateway, spoken to over HTTP like any other."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec

from springtide.contexts.payments.providers import signatures
from springtide.contexts.payments.providers.outside import answered, gateway_client
from springtide.contexts.payments.providers.port import (
    Capability,
    Declined,
    LedgerEntry,
    LedgerPage,
    MethodFacts,
    MoneyRequest,
    OutcomeUnknown,
    PaymentState,
    PaymentView,
    ProviderRefused,
    ProviderUnavailable,
    Resolve,
    StartPayment,
    UnknownOutcome,
    VoidRequest,
    WebhookEvent,
    WebhookRefused,
)
from springtide.platform.http_client import HttpAnswer

Body = TypeVar("Body")
SERVER_ERRORS = 500
NOT_FOUND = 404
UNAVAILABLE_CODES = frozenset({"gateway_outage", "starting"})
ANY_CAPTURE: frozenset[Literal["automatic", "manual"]] = frozenset({"automatic", "manual"})


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where one merchant account of a sandbox is; ``deadline_s`` ends every call."""

    base_url: str
    api_key: str
    webhook_secret: str
    name: str = "sandbox"
    deadline_s: float = 6.0


class _Payment(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    merchant_reference: str
    status: PaymentState
    amount_minor: int
    currency: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    released_minor: int
    decline_code: str | None
    redirect_url: str | None
    expires_at: float | None
    late: bool


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    payment_id: str
    merchant_reference: str
    kind: Literal["authorised", "captured", "voided", "refunded"]
    amount_minor: int
    currency: str
    occurred_at: float


class _Entries(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[_Entry, ...]
    next_after: int


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str = "unreadable"
    message: str = ""


class _ProblemBody(msgspec.Struct, frozen=True, kw_only=True):
    error: _Problem = _Problem()


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    created: float
    data: _Payment


class SandboxProvider:
    """One merchant account at a sandbox gateway."""

    capabilities = frozenset(Capability)
    methods: Mapping[str, MethodFacts] = {
        "card": MethodFacts(captures=ANY_CAPTURE, flow="redirect"),
        "bank_redirect": MethodFacts(captures=frozenset({"automatic"}), flow="redirect"),
        "app_push": MethodFacts(captures=frozenset({"automatic"}), flow="app_push", expires_after_s=300),
        "pay_later": MethodFacts(captures=frozenset({"manual"}), flow="redirect"),
    }
    ledger_kinds = frozenset({"authorised", "captured", "voided", "refunded"})
    unknown_outcome = UnknownOutcome(resolve=Resolve.LOOKUP, window_s=7 * 86_400, settles_after_s=30)

    def __init__(self, settings: SandboxSettings) -> None:
        """Prepare a client; no call is made yet."""
        self.name = settings.name
        self._settings = settings
        self._http = gateway_client(base_url=settings.base_url, deadline_s=settings.deadline_s)

    async def start(self, request: StartPayment) -> PaymentView:
        """Start a payment."""
        body = {
            "merchant_reference": request.merchant_reference,
            "method": request.method,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "capture": request.capture,
            "return_url": request.return_url,
            "webhook_url": request.webhook_url,
            "expires_at": request.expires_at_s,
            "locale": request.locale,
            "country": request.country,
            "description": request.description,
            "card_token": request.payment_token,
        }
        return _view(await self._post("/v1/payments", request.idempotency_key, body))

    async def lookup(
        self, *, provider_ref: str | None = None, merchant_reference: str | None = None
    ) -> PaymentView | None:
        """Read a payment by either name."""
        if provider_ref is not None:
            answer = await self._call("GET", f"/v1/payments/{provider_ref}")
        else:
            params = {"merchant_reference": merchant_reference or ""}
            answer = await self._call("GET", "/v1/payments", params=params)
        return None if answer.status == NOT_FOUND else _view(_accepted(answer))

    async def capture(self, request: MoneyRequest) -> PaymentView:
        """Take authorised money, also in several parts."""
        return await self._move("capture", request)

    async def refund(self, request: MoneyRequest) -> PaymentView:
        """Give captured money back."""
        return await self._move("refund", request)

    async def void(self, request: VoidRequest) -> PaymentView:
        """Release what is not captured, or close a waiting payment."""
        return _view(await self._post(f"/v1/payments/{request.provider_ref}/void", request.idempotency_key, {}))

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes, received_at_s: float) -> WebhookEvent:
        """Verify ``Sandbox-Signature`` and read the message."""
        signatures.verify(
            header=headers.get("sandbox-signature", ""),
            body=body,
            secret=self._settings.webhook_secret,
            received_at_s=received_at_s,
        )
        try:
            event = msgspec.json.decode(body, type=_Event)
        except msgspec.MsgspecError as error:
            raise WebhookRefused(str(error)) from error
        return WebhookEvent(
            event_id=event.id,
            kind=event.type,
            provider_refs=(event.data.id,),
            merchant_reference=event.data.merchant_reference,
            occurred_at_s=event.created,
            view=_view_of(event.data),
        )

    async def list_ledger(self, *, since_s: float, after: str | None, limit: int) -> LedgerPage:
        """Read the sandbox's books in order."""
        params = {"after": after or "0", "limit": str(limit), "since": str(int(since_s))}
        answer = _accepted(await self._call("GET", "/v1/ledger", params=params))
        listing = _decode(answer, _Entries)
        entries = tuple(
            LedgerEntry(
                entry_id=str(entry.seq),
                provider_ref=entry.payment_id,
                merchant_reference=entry.merchant_reference,
                kind=entry.kind,
                amount_minor=entry.amount_minor,
                currency=entry.currency,
                occurred_at_s=entry.occurred_at,
            )
            for entry in listing.entries
        )
        return LedgerPage(entries=entries, next_after=str(listing.next_after) if entries else None)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()

    async def _move(self, operation: str, request: MoneyRequest) -> PaymentView:
        body = {"amount_minor": request.amount_minor, "reference": request.reference}
        path = f"/v1/payments/{request.provider_ref}/{operation}"
        return _view(await self._post(path, request.idempotency_key, body))

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> HttpAnswer:
        headers = {"idempotency-key": key, "content-type": "application/json"}
        return _accepted(await self._call("POST", path, headers=headers, content=msgspec.json.encode(body)))

    async def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> HttpAnswer:
        authorised = {"authorization": f"Bearer {self._settings.api_key}", **(headers or {})}
        return await answered(self._http.request(method, path, headers=authorised, params=params, content=content))


def _accepted(answer: HttpAnswer) -> HttpAnswer:
    """Pass a success on; everything else becomes the error that says what is known."""
    if answer.is_success:
        return answer
    try:
        problem = msgspec.json.decode(answer.body, type=_ProblemBody).error
    except msgspec.MsgspecError:
        problem = _Problem()
    if problem.code in UNAVAILABLE_CODES:
        raise ProviderUnavailable(problem.code, problem.message)
    if answer.status >= SERVER_ERRORS:
        raise OutcomeUnknown(problem.code, problem.message)
    if problem.code == "declined":
        raise Declined(problem.code, problem.message)
    raise ProviderRefused(problem.code, problem.message)


def _view(answer: HttpAnswer) -> PaymentView:
    return _view_of(_decode(answer, _Payment))


def _view_of(payment: _Payment) -> PaymentView:
    return PaymentView(
        provider_ref=payment.id,
        merchant_reference=payment.merchant_reference,
        state=payment.status,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        authorised_minor=payment.authorised_minor,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        released_minor=payment.released_minor,
        decline_code=payment.decline_code,
        redirect_url=payment.redirect_url,
        expires_at_s=payment.expires_at,
        late=payment.late,
    )


def _decode(answer: HttpAnswer, kind: type[Body]) -> Body:
    """Read a success; one that cannot be read leaves the outcome unknown."""
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        msg = "unreadable"
        raise OutcomeUnknown(msg, str(error)) from error
