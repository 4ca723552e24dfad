"""What a gateway says about a payment, and the sums of one, in the words of every gateway."""

from enum import StrEnum

import msgspec


class PaymentState(StrEnum):
    """Where a payment stands at its gateway."""

    AWAITING_BUYER = "awaiting_buyer"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    DECLINED = "declined"
    EXPIRED = "expired"
    VOIDED = "voided"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a payment so far, in minor units; `released_minor` was authorised and will never be captured."""

    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    released_minor: int = 0

    @property
    def uncaptured_minor(self) -> int:
        """Return what could still be captured."""
        return self.authorised_minor - self.captured_minor - self.released_minor

    @property
    def refundable_minor(self) -> int:
        """Return what could still be refunded."""
        return self.captured_minor - self.refunded_minor


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says about a payment now; amounts are totals so far in minor units.

    `late` marks money that arrived after the payment had expired at the gateway.
    """

    provider_ref: str
    merchant_reference: str
    state: PaymentState
    amount_minor: int
    currency: str
    authorised_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    released_minor: int = 0
    decline_code: str | None = None
    redirect_url: str | None = None
    expires_at_s: float | None = None
    late: bool = False
