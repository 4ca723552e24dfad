"""What payments promises: one live attempt per checkout, every movement of money in an append-only ledger, and an
answer for every outcome a gateway left open. Card numbers never come here: forms belong to the gateway's own origin.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import AuditEntry, Difference, DifferenceState, Finding, Page, Texts
from springtide.platform.caller import Caller
from springtide.platform.errors import BadInput, Conflict, NotFound, Unavailable, Unprocessable
from springtide.platform.promise import always_answered

LEDGER_UNREADABLE = "gateway_ledger_unreadable"
"""The rule of a finding that says a gateway did not show its books: nothing differs, nothing was compared."""


class PaymentMethodUnknown(Unprocessable):
    """The market does not offer this method (or not for this amount); facts: method, market."""

    code = "payment_method_unknown"


class AttemptNotFound(NotFound):
    """There is no such attempt."""

    code = "payment_attempt_not_found"


class AttemptNotLive(Conflict):
    """The attempt is past the state this needs; facts: state."""

    code = "payment_attempt_not_live"


class AnotherAttemptLive(Conflict):
    """The checkout has a live attempt that could not be closed yet; facts: attempt_id, state."""

    code = "another_attempt_live"


class AmountRefused(Unprocessable):
    """More than is authorised, captured or left to refund; facts: wanted_minor, possible_minor."""

    code = "amount_refused"


class WebhookRefused(BadInput):
    """The signature is wrong or too old, or the body is not the gateway's form."""

    code = "webhook_refused"


class GatewayNotFound(NotFound):
    """The settings name no such gateway; facts: gateway."""

    code = "gateway_not_found"


class GatewaysBusy(Unavailable):
    """Every gateway for this payment is at its limit; nothing was started. `retry_after_s`: when to ask again."""

    code = "gateways_busy"
    title = "Too many are paying right now"


class AttemptState(StrEnum):
    """Where an attempt stands. The transitions are the table in the payments domain."""

    STARTING = "starting"
    AWAITING_BUYER = "awaiting_buyer"
    UNKNOWN = "unknown"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    EXPIRED = "expired"
    CLOSED = "closed"
    VOIDED = "voided"
    REFUNDED = "refunded"


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay in a market. `awaits_buyer_s`: how long the buyer may take at the bank (None: no redirect)."""

    key: str
    names: Texts
    market: str
    kind: str
    awaits_buyer_s: int | None
    min_minor: int = 0
    max_minor: int | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to be paid. `redirect_url` while AWAITING_BUYER; `decline` in words for the buyer when DECLINED.

    `late`: the money arrived after the attempt had expired or was closed. `version` rises with every change.
    `trace`: the trace parent it was started under, where that is traced.
    """

    id: UUID
    checkout_id: UUID
    market: str
    method: str
    gateway: str
    state: AttemptState
    amount_minor: int
    currency: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    version: int
    redirect_url: str = ""
    decline: str = ""
    late: bool = False
    expires_at: datetime | None = None
    provider_ref: str = ""
    trace: str = ""


class LedgerKind(StrEnum):
    """What moved."""

    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"


class PaymentLedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One append-only entry in minor units; `cause` names the adjustment or reason behind it."""

    id: UUID
    at: datetime
    attempt_id: UUID
    checkout_id: UUID
    gateway: str
    kind: LedgerKind
    amount_minor: int
    currency: str
    provider_ref: str
    cause: str


class OperationState(StrEnum):
    """Where a capture, void or refund stands: the gateway is asked outside any transaction, until it answered."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A durable order to the gateway: kind "capture", "void" or "refund". `why` says what failed, for people."""

    id: UUID
    attempt_id: UUID
    kind: str
    amount_minor: int
    state: OperationState
    reason: str
    why: str = ""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a checkout's payment: attempts, newest first, with ledger and operations."""

    checkout_id: UUID
    attempts: tuple[Attempt, ...]
    ledger: tuple[PaymentLedgerRow, ...]
    operations: tuple[Operation, ...]


class CheckoutMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one checkout over all its attempts, for the checker. `open`: something is still being settled."""

    checkout_id: UUID
    currency: str
    authorised_minor: int
    captured_minor: int
    refunded_minor: int
    voided_minor: int
    open: bool


class GatewaySwitch(StrEnum):
    """ON: takes new attempts. DRAIN: no new ones, what is under way goes on. OFF: is not asked anything at all."""

    ON = "on"
    DRAIN = "drain"
    OFF = "off"


class GatewaySwitched(msgspec.Struct, frozen=True, kw_only=True):
    """A switch was moved: from what to what, by whom (a principal), when, and why."""

    gateway: str
    before: GatewaySwitch
    state: GatewaySwitch
    by: str
    at: datetime
    reason: str


class GatewaySight(msgspec.Struct, frozen=True, kw_only=True):
    """What one payments process saw of a gateway at `seen_at`; its figures are those of `GatewayStatus`."""

    process: str
    seen_at: datetime
    breaker: str
    diverted: int
    attempts: int
    failures: int
    p50_ms: int | None
    p99_ms: int | None
    in_flight: int


class GatewayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway account: how it is set up, its switch, and its health over all processes that ask gateways.

    `markets`: market -> methods. `weight` 0: only when no other can be asked. Amounts in minor units; limits 0: none.
    `in_process`: decides without asking anybody, so it has no breaker. `breaker`: closed, open or half_open, the worst
    of the processes'; `breaker_mode`: on, dry_run (judges and counts, never diverts) or off. `diverted`: attempts that
    breakers turned away, or would have, since their processes started. `attempts`, `failures`, `p50_ms` and `p99_ms`
    are of the last `window_s` seconds. `processes`: what each process sees, a second old at most; one that has been
    silent for 15 s is left out. `process` names who answered.
    """

    name: str
    provider: str
    switch: GatewaySwitch
    switched: GatewaySwitched | None
    weight: int
    markets: dict[str, tuple[str, ...]]
    min_minor: int
    max_minor: int | None
    max_per_s: float
    max_in_flight: int
    in_process: bool
    breaker: str
    breaker_mode: str
    diverted: int
    attempts: int
    failures: int
    p50_ms: int | None
    p99_ms: int | None
    in_flight: int
    window_s: int
    process: str
    processes: tuple[GatewaySight, ...] = ()


class AttemptDay(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts at a gateway that were begun on a day of the asked zone, and how many of them are declined by now.

    `busiest_second`: the most attempts that were begun in one second of the day, at all gateways together.
    """

    day: date
    gateway: str
    attempts: int
    declined: int
    busiest_second: int


class PaymentsApi(Protocol):
    """Payments' verbs. start/close/undo are the system's; capture, refund and switches need "payments.write"."""

    async def methods(
        self, *, caller: Caller, market: str, amount_minor: int | None = None
    ) -> tuple[PaymentMethod, ...]:
        """Return the methods a market offers (for an amount), in the order to show them."""
        ...

    async def start(
        self,
        *,
        caller: Caller,
        key: str,
        attempt_id: UUID,
        checkout_id: UUID,
        market: str,
        method: str,
        amount_minor: int,
        currency: str,
        return_url: str,
        locale: str,
        country: str,
        expires_after_s: int,
    ) -> Attempt:
        """Start an attempt and ask its gateway; the answer may be AUTHORISED, CAPTURED, AWAITING_BUYER, DECLINED or
        UNKNOWN. Repeating with the same attempt id joins the running attempt. `PaymentMethodUnknown`,
        `AnotherAttemptLive`, `GatewaysBusy`. Nothing certain from the gateway: UNKNOWN, never asked elsewhere.
        """
        ...

    @always_answered
    async def refresh(self, *, caller: Caller, attempt_id: UUID) -> Attempt:
        """Ask the gateway where a waiting or unknown attempt stands (the buyer is back); return what is known."""
        ...

    @always_answered
    async def get_attempt(self, *, caller: Caller, attempt_id: UUID) -> Attempt:
        """Return an attempt; `AttemptNotFound`."""
        ...

    @always_answered
    async def close(self, *, caller: Caller, key: str, attempt_id: UUID, reason: str) -> Attempt:
        """Close an attempt at its gateway so that no money can arrive, before another is started or at expiry.

        If money has arrived meanwhile, the attempt comes back AUTHORISED or CAPTURED.
        """
        ...

    @always_answered
    async def undo(self, *, caller: Caller, key: str, attempt_id: UUID, reason: str) -> Attempt:
        """Give everything back: void what is authorised, refund what is captured, now or as soon as the outcome is
        known. Accepted durably: the gateway is asked until it has answered.
        """
        ...

    @always_answered
    async def capture(
        self, *, caller: Caller, key: str, checkout_id: UUID, amount_minor: int | None, reason: str
    ) -> Operation:
        """Order a capture of the authorised attempt (None: all that is left). `AmountRefused`, `AttemptNotLive`."""
        ...

    @always_answered
    async def refund(
        self, *, caller: Caller, key: str, checkout_id: UUID, amount_minor: int, reason: str, cause: str
    ) -> Operation:
        """Order a refund (or, of what is only authorised, a lower capture or a void). `cause`: the adjustment's id."""
        ...

    async def payment(self, *, caller: Caller, checkout_id: UUID) -> Payment:
        """Return everything about a checkout's payment; empty when there was none."""
        ...

    @always_answered
    async def webhook(self, *, caller: Caller, gateway: str, headers: dict[str, str], body: bytes) -> None:
        """Verify and take a gateway's message, once; one that is early is parked. `WebhookRefused`."""
        ...

    async def gateways(self, *, caller: Caller) -> tuple[GatewayStatus, ...]:
        """Return every gateway of the settings, in their order."""
        ...

    async def switch_gateway(
        self, *, caller: Caller, key: str, gateway: str, state: GatewaySwitch, reason: str
    ) -> GatewaySwitched:
        """Move a gateway's switch; every process follows within a second. `GatewayNotFound`, `BadInput`."""
        ...

    async def gateway_history(self, *, caller: Caller, gateway: str, limit: int = 50) -> tuple[GatewaySwitched, ...]:
        """Return who moved a gateway's switch, newest first. `GatewayNotFound`."""
        ...

    async def money(self, *, caller: Caller, after: str | None = None, limit: int = 1_000) -> Page[CheckoutMoney]:
        """Return sums per checkout by id, for the checker."""
        ...

    async def attempt_days(self, *, caller: Caller, since: date, until: date, timezone: str) -> tuple[AttemptDay, ...]:
        """Return days with attempts from `since` up to and without `until`, at most 100, by day and gateway.

        Days are those of `timezone` (IANA). Attempts of rehearsals count: a gateway does not tell them apart.
        `BadInput`.
        """
        ...

    async def check(self, *, caller: Caller) -> tuple[Finding, ...]:
        """Compare our ledger with every gateway's own ledger, and sums with rows; return the differences."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...

    async def list_differences(
        self, *, caller: Caller, state: DifferenceState | None = None, after: str | None = None, limit: int = 50
    ) -> Page[Difference]:
        """Return differences between our ledger and the gateways', newest first; `limit` at most 200."""
        ...

    async def resolve_difference(self, *, caller: Caller, key: str, difference_id: UUID, note: str) -> Difference:
        """Put an open difference aside with a note (staff with "payments.write"): it opens again when it changes.

        `DifferenceUnknown`, `DifferenceNotOpen`, `InvalidDifference`.
        """
        ...
