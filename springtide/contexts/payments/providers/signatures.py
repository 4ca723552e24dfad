"""Webhook signatures ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``, used by Stripe and the sandbox."""

import hashlib
import hmac

from springtide.contexts.payments.providers.port import WebhookRefused

TOLERANCE_S = 300


def verify(*, header: str, body: bytes, secret: str, received_at_s: float, tolerance_s: int = TOLERANCE_S) -> None:
    """Raise WebhookRefused unless one ``v1`` signature fits and the message is not older than ``tolerance_s``."""
    pairs = [piece.partition("=") for piece in header.split(",")]
    stamps = [value for name, _, value in pairs if name.strip() == "t"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit()):
        msg = "the signature has no time"
        raise WebhookRefused(msg)
    expected = hmac.new(secret.encode(), f"{stamps[0]}.".encode() + body, hashlib.sha256).hexdigest()
    candidates = [value.strip() for name, _, value in pairs if name.strip() == "v1"]
    if not any(hmac.compare_digest(expected.encode(), candidate.encode()) for candidate in candidates):
        msg = "the signature does not fit"
        raise WebhookRefused(msg)
    if abs(received_at_s - int(stamps[0])) > tolerance_s:
        msg = "the message is too old"
        raise WebhookRefused(msg)
