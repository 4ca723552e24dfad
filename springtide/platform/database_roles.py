"""The two roles of each context in PostgreSQL, and how its processes log in. Light: imported by every process."""

import hashlib
import hmac
from urllib.parse import quote, urlsplit, urlunsplit


def runtime_role(context: str) -> str:
    """Return the login role of a context's processes."""
    return f"springtide_{context}"


def owner_role(context: str) -> str:
    """Return the role that owns a context's schema."""
    return f"springtide_{context}_owner"


def runtime_password(secret_key: str, context: str) -> str:
    """Return the runtime role's password: derived, so that it is stored nowhere."""
    return hmac.new(secret_key.encode(), f"database-role:{context}".encode(), hashlib.sha256).hexdigest()


def runtime_url(admin_url: str, secret_key: str, context: str) -> str:
    """Return the URL a context's processes use on the server of `admin_url`."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    credentials = f"{runtime_role(context)}:{quote(runtime_password(secret_key, context))}"
    return urlunsplit(parts._replace(netloc=f"{credentials}@{host}"))
