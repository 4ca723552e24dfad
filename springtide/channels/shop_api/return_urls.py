"""Where a bank may send a buyer back to: to the shop, or to a storefront it names; nowhere a stranger chose."""

from urllib.parse import urlsplit

from springtide.channels.browse.desk import Desk
from springtide.platform.errors import BadInput

_PORTS = {"http": 80, "https": 443}


def checked_return_url(desk: Desk, url: str) -> str:
    """Return `url`, the shop's front page for ""; `BadInput` for an address of another origin than the desk's."""
    if not url:
        return f"{desk.public_url}/"
    allowed = {_origin(known) for known in (desk.public_url, *desk.return_origins)}
    if _origin(url) not in allowed:
        why = "not an address of this shop"
        msg = f"return_url: {why}"
        raise BadInput(msg, fields={"return_url": why})
    return url


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port), None for what has none. Signs that readers of addresses differ on count as none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or "\\" in url or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port
