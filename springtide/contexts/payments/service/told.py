"""An attempt in the contract's words."""

import msgspec

from springtide.contexts.payments.domain.declines import words
from springtide.contexts.payments.service.start_order import trace_of
from springtide.contexts.payments.store.attempts import AttemptRow, attempt_told
from springtide.contracts.payments.api import Attempt, AttemptState


def told(row: AttemptRow) -> Attempt:
    """Return the attempt with the sentence for the buyer when it was declined."""
    is_declined = row.state is AttemptState.DECLINED
    attempt = attempt_told(row, words(row.decline_code, row.locale) if is_declined else "")
    trace = trace_of(row)
    return msgspec.structs.replace(attempt, trace=trace) if trace else attempt
