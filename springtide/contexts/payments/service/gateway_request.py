"""What a gateway is asked for an attempt: the same attempt always asks for exactly the same."""

import msgspec

from springtide.contexts.payments.providers.port import StartPayment
from springtide.contexts.payments.service.start_order import StartOrder
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.attempts import AttemptRow, NewRow


def start_request(tools: Tools, row: AttemptRow) -> StartPayment:
    """Return the request for an attempt at its gateway."""
    order = msgspec.msgpack.decode(row.request, type=StartOrder)
    request = request_of(tools, row, return_url=order.return_url, country=order.country)
    return msgspec.structs.replace(request, expires_at_s=row.expires_at.timestamp())


def request_of(tools: Tools, row: AttemptRow | NewRow, *, return_url: str, country: str) -> StartPayment:
    """Return the request for an attempt that has no deadline yet: authorise first where the method allows it."""
    captures = tools.registry.facts(row.gateway, row.method).captures
    reference = str(row.id)
    return StartPayment(
        idempotency_key=f"{reference}:start",
        merchant_reference=reference,
        method=row.method,
        amount_minor=row.amount_minor,
        currency=row.currency,
        capture="manual" if "manual" in captures else "automatic",
        return_url=return_url,
        webhook_url=tools.webhook_url(row.gateway),
        locale=row.locale,
        country=country,
        description=row.checkout_id.hex[-8:].upper(),
    )
