"""What is kept with an attempt of the order to start it."""

import msgspec

from springtide.contexts.payments.store.attempts import AttemptRow
from springtide.platform import tracing


class StartOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a caller asked for, as it is kept with the attempt. `trace`: on whose behalf, where that is traced."""

    return_url: str
    country: str
    trace: str = ""


def trace_of(row: AttemptRow) -> str:
    """Return the trace parent an attempt was started under: its gateway's word, whenever it comes, belongs there."""
    return msgspec.msgpack.decode(row.request, type=StartOrder).trace if tracing.is_on() else ""
