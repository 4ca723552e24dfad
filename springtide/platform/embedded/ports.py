"""Ports on 127.0.0.1: ours by choice and remembered for the engines, ours or nothing for the shop."""

import os
import random
import socket

from springtide.platform.embedded.problems import NoPermission, PortTaken

HOST = "127.0.0.1"
# Below the range Linux hands out to outgoing connections (32768 up): a stopped engine finds its port free again.
_FIRST, _LAST = 20_000, 29_999
_TRIES = 200
_FIRST_UNPRIVILEGED = 1_024


def is_free(port: int, host: str = HOST) -> bool:
    """Tell whether nobody listens on the port. Connections still winding down do not count, as for the engines."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(remembered: int | None = None) -> int:
    """Return the remembered port if it is free, else another free one."""
    if remembered is not None and is_free(remembered):
        return remembered
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - not a secret: spreads parallel runs apart
        if is_free(port):
            return port
    msg = f"no free port between {_FIRST} and {_LAST} on {HOST}"
    raise PortTaken(msg)


def require_free_port(port: int, *, setting: str, host: str = HOST) -> None:
    """Refuse with PortTaken when somebody listens on the port; `setting` names what to change."""
    if port < _FIRST_UNPRIVILEGED and os.geteuid() != 0 and not is_free(port, host):
        msg = f"port {port} cannot be used by an ordinary user: choose {_FIRST_UNPRIVILEGED} or above with {setting}"
        raise NoPermission(msg)
    if not is_free(port, host):
        msg = f"port {port} on {host} is taken by another program: stop it, or choose another with {setting}"
        raise PortTaken(msg)
