"""What makes a form ours, sent once, from our own page.

Every rendered form carries a ticket: a fresh idempotency key and its seal, an HMAC over the key and the session (or,
before sign-in, a cookie of this browser), beside the two locks of `pages.same_origin`: another site cannot know a seal.
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

import msgspec

from springtide.channels.pages.same_origin import ForeignForm
from springtide.platform.ids import uuid7

KEY_FIELD, SEAL_FIELD = "form_key", "form_seal"
FLASH_COOKIE = "springtide_said"
BROWSER_COOKIE = "springtide_browser"
FLASH_KEPT_S = 120
_MAX_FLASH = 600


class Ticket(NamedTuple):
    """The hidden fields of one rendered form."""

    key: str
    seal: str


def _mac(secret_key: str, purpose: str, text: str) -> str:
    digest = hmac.new(secret_key.encode(), f"backoffice:{purpose}:{text}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def new_ticket(secret_key: str, bound_to: str, key: str = "") -> Ticket:
    """Return a ticket for one form. `bound_to`: the session's token. `key`: to send the same thing again."""
    key = key or uuid7().hex
    return Ticket(key, _mac(secret_key, "form", f"{bound_to}:{key}"))


def check_ticket(secret_key: str, bound_to: str, key: str, seal: str) -> None:
    """Raise `ForeignForm` unless the seal is ours and belongs to this session."""
    expected = _mac(secret_key, "form", f"{bound_to}:{key}")
    if not bound_to or not hmac.compare_digest(expected.encode(), seal.encode()):
        msg = "The form did not come from a page of this session. Load the page again and repeat it."
        raise ForeignForm(msg)


def write_flash(secret_key: str, message: str) -> str:
    """Return the cookie value that says `message` on the next page, once."""
    text = base64.urlsafe_b64encode(msgspec.json.encode(message[:_MAX_FLASH])).decode().rstrip("=")
    return f"{text}.{_mac(secret_key, 'flash', text)}"


def read_flash(secret_key: str, value: str) -> str:
    """Return the message of a flash cookie, "" when it is not ours."""
    text, _, seal = value.partition(".")
    if not text or not hmac.compare_digest(_mac(secret_key, "flash", text).encode(), seal.encode()):
        return ""
    return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=str)
