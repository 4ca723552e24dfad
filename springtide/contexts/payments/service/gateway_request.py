"""What a gateway is asked for an attempt: the same attempt always asks for exactly the same."""

import msgspec

from springtide.contexts.payments.providers.port import StartPayment
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store import AttemptRow


class StartOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asked for, as it is kept with the attempt."""

    return_url: str
    country: str


def start_request(tools: Tools, row: AttemptRow) -> StartPayment:
    """Return the request for an attempt at its gateway: authorise first where the method allows it."""
    order = msgspec.msgpack.decode(row.request, type=StartOrder)
    captures = tools.registry.facts(row.gateway, row.method).captures
    return StartPayment(
        idempotency_key=f"{row.id}:start",
        merchant_reference=str(row.id),
        method=row.method,
        amount_minor=row.amount_minor,
        currency=row.currency,
        capture="manual" if "manual" in captures else "automatic",
        return_url=order.return_url,
        webhook_url=tools.webhook_url(row.gateway),
        expires_at_s=row.expires_at.timestamp(),
        locale=row.locale,
        country=order.country,
        description=f"{row.checkout_id.hex[-8:].upper()}",
    )
