"""What payments tells the others. Additions only."""

from uuid import UUID

from springtide.contracts.payments.api import Attempt
from springtide.platform.events import Event


class AttemptChanged(Event, frozen=True, kw_only=True):
    """An attempt's state or sums changed: its whole state. Aggregate: the attempt's id.

    `cause`: the order adjustment behind a refund or capture, "" otherwise.
    """

    TYPE = "payments.attempt_changed"

    attempt: Attempt
    cause: str = ""


class OperationFailed(Event, frozen=True, kw_only=True):
    """The gateway refused a capture, void or refund for good: somebody must look. Aggregate: the attempt's id."""

    TYPE = "payments.operation_failed"

    attempt_id: UUID
    checkout_id: UUID
    kind: str
    amount_minor: int
    why: str
