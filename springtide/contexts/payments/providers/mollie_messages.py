"""Mollie's messages: a form with nothing but a payment's id, without a signature and without a time.

Whoever gets one has to ask Mollie what happened, so a made-up message can at most cost a look. To keep even that from
strangers, every payment is given a webhook address of its own: our reference, and a mark that only we can make. A
message to an address without its mark is refused.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from springtide.contexts.payments.providers.port import WebhookEvent, WebhookRefused

REQUEST_TARGET = ":path"  # as HTTP/2 calls it: the path with its query
_BODY = re.compile(rb"id=(tr_[A-Za-z0-9]{1,64})", re.ASCII)


def marked_address(webhook_url: str, *, secret: str, merchant_reference: str) -> str:
    """Return the webhook address of one payment."""
    joint = "&" if urlsplit(webhook_url).query else "?"
    query = {"attempt": merchant_reference, "mark": _mark(secret, merchant_reference)}
    return f"{webhook_url}{joint}{urlencode(query)}"


def read_message(*, headers: Mapping[str, str], body: bytes, received_at_s: float, secret: str) -> WebhookEvent:
    """Check the mark and read the id. Raises WebhookRefused.

    Mollie sends the same words for every change of a payment, so each delivery is a message of its own: two that come
    in the same microsecond are one, and the look that follows sees both changes.
    """
    query = parse_qs(urlsplit(headers.get(REQUEST_TARGET, "")).query)
    reference, mark = query.get("attempt", [""])[0], query.get("mark", [""])[0]
    if not hmac.compare_digest(mark.encode(), _mark(secret, reference).encode()):
        msg = "the address is not one that was given to Mollie"
        raise WebhookRefused(msg)
    found = _BODY.fullmatch(body)
    if found is None:
        msg = "the message is not a payment's id"
        raise WebhookRefused(msg)
    payment_id = found[1].decode("ascii")
    return WebhookEvent(
        event_id=f"{payment_id}@{received_at_s:.6f}",
        kind="payment.changed",
        provider_refs=(payment_id,),
        merchant_reference=reference,
        occurred_at_s=received_at_s,
    )


def _mark(secret: str, merchant_reference: str) -> str:
    said = f"mollie webhook {merchant_reference}".encode()
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
