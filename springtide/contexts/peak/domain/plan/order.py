"""What of all steps comes first."""

from collections.abc import Iterable
from datetime import date
from itertools import chain

from springtide.contracts.peak.common import Deadline, Decision


def decisions_of(*steps: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return all decisions: urgent ones first, then by day, those without a day last; equal ones as they came."""
    return tuple(
        sorted(
            chain(*steps),
            key=lambda decision: (not decision.urgent, decision.by is None, decision.by or date.max),
        )
    )


def deadlines_of(*steps: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """Return all deadlines by their last day."""
    return tuple(sorted(chain(*steps), key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name)))
