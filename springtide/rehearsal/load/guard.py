"""Whom load may be sent to: this machine and private networks, and hosts that somebody allowed by name."""

import socket
from collections.abc import Callable, Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from springtide.platform.errors import BadInput
from springtide.rehearsal.load.problems import DeploymentAway, HostRefused

Resolve = Callable[[str], Collection[str]]


def resolved(host: str) -> list[str]:
    """Return all addresses of a host; `DeploymentAway` when its name leads nowhere."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
    except OSError as error:
        msg = f"The name {host} leads nowhere: {error}"
        raise DeploymentAway(msg) from error


def require_ours(url: str, *, allowed: Collection[str] = (), resolve: Resolve = resolved) -> str:
    """Return the URL without a trailing slash if load may be sent there; `HostRefused`, `BadInput`, `DeploymentAway`.

    Every address of the name has to be of this machine or a private network: one public address among them is enough
    for a no, because nobody knows which one a worker would take.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        msg = f"{url} is not an address like http://127.0.0.1:8000"
        raise BadInput(msg, fields={"url": "http:// or https:// and a host"})
    if parts.hostname not in allowed:
        addresses = list(resolve(parts.hostname))
        if not addresses or not all(is_ours(address) for address in addresses):
            msg = (
                f"{parts.hostname} ({', '.join(addresses)}) is neither on this machine nor in a private network. "
                f"If you may put it under load: --allow-host {parts.hostname}"
            )
            raise HostRefused(msg, host=parts.hostname, addresses=addresses)
    return url.rstrip("/")


def is_ours(address: str) -> bool:
    """Tell whether an address is of this machine or a private network (RFC 1918, RFC 4193, link-local)."""
    found = ip_address(address.partition("%")[0])
    return found.is_loopback or ((found.is_private or found.is_link_local) and not found.is_unspecified)
