"""What payments counts for those who watch the shop."""

from typing import Any

from prometheus_client import Counter

from springtide.contexts.payments.store.attempts import AttemptRow
from springtide.contracts.payments.api import AttemptState
from springtide.platform.db import Tx
from springtide.platform.member import Member
from springtide.platform.telemetry import REGISTRY

ATTEMPTS = Counter(
    "springtide_payment_attempts",
    "Attempts that reached a state at their gateway: authorised, captured, declined, unknown, ...",
    ["gateway", "method", "outcome"],
    registry=REGISTRY,
)


def count_state(by: Tx | Member[Any], row: AttemptRow, before: AttemptState) -> None:
    """Count an attempt that is in another state than `before`."""
    if row.state is not before:
        by.count(ATTEMPTS, row.gateway, row.method, row.state)
