"""Caddy before the processes that have a channel: fixed slots, an idle one is simply not ready.

A change of upstreams by reload loses requests (13 of 4,437 when it was tried), so the configuration is written once and
never again while Caddy runs: every slot a group may ever use is in it. A process says at /readyz when it takes work; it
says no before it stops, Caddy hears that within a second and sends nothing more. A request whose process dies under it
goes to another one, when it may be repeated: every GET, and every write with an Idempotency-Key.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.probes import http_probe, tcp_probe
from springtide.platform.embedded.supervisor import Child

NAME = "caddy"
_HTTPS = 443
_BUFFERED_BYTES = 1_048_576
_KEPT_CONNECTIONS = 512
_STOP_WITHIN = "10s"
_TRY_AGAIN_AFTER = "50ms"


@dataclass(frozen=True, slots=True)
class Door:
    """One address of the shop and the ports of the slots behind it. With a `domain` Caddy serves it by TLS on 443."""

    name: str
    host: str
    port: int
    slots: tuple[int, ...]
    domain: str = ""


def configuration(doors: Sequence[Door], *, storage: Path, try_s: float) -> dict[str, Any]:
    """Return Caddy's configuration. `storage`: where certificates lie; `try_s`: how long another slot is looked for."""
    plain = {f"plain-{door.name}": _plain(door, try_s) for door in doors if not door.domain}
    named = [door for door in doors if door.domain]
    servers = {**plain, **({"tls": _by_name(named, try_s)} if named else {})}
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "storage": {"module": "file_system", "root": str(storage)},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {"http": {"grace_period": _STOP_WITHIN, "servers": servers}},
    }


def _plain(door: Door, try_s: float) -> dict[str, Any]:
    address = f"[{door.host}]" if ":" in door.host else door.host
    routes = [_hidden(), {"handle": [_proxy(door, try_s)]}]
    return {"listen": [f"{address}:{door.port}"], "routes": routes, "automatic_https": {"disable": True}}


def _by_name(doors: Sequence[Door], try_s: float) -> dict[str, Any]:
    """All doors with a domain share port 443; Caddy gets and renews their certificates, and sends port 80 there."""
    routes = [{"match": [{"host": [door.domain]}], "handle": [_proxy(door, try_s)], "terminal": True} for door in doors]
    return {"listen": [f":{_HTTPS}"], "routes": [_hidden(), *routes]}


def _hidden() -> dict[str, Any]:
    """Return the route that keeps figures from the street."""
    return {
        "match": [{"path": ["/metrics"]}],
        "handle": [{"handler": "static_response", "status_code": 404}],
        "terminal": True,
    }


def _proxy(door: Door, try_s: float) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"} for port in door.slots],
        "request_buffers": _BUFFERED_BYTES,  # what was not kept cannot be sent again
        "load_balancing": {
            "selection_policy": {"policy": "least_conn"},
            "try_duration": f"{try_s:g}s",
            "try_interval": _TRY_AGAIN_AFTER,
            "retry_match": [{"method": ["GET", "HEAD"]}, {"header": {"Idempotency-Key": ["*"]}}],
        },
        "health_checks": {
            "active": {"uri": "/readyz", "interval": "1s", "timeout": "2s", "expect_status": 200},
            "passive": {"fail_duration": "1s", "max_fails": 1},
        },
        "transport": {
            "protocol": "http",
            "dial_timeout": "1s",
            # Unless said otherwise only two connections would be kept, and most requests would open one of their own.
            "keep_alive": {"idle_timeout": "5s", "max_idle_conns_per_host": _KEPT_CONNECTIONS},
            "compression": False,  # Caddy would ask for gzip where the visitor did not, and unpack it again
        },
    }


def child(program: Path, doors: Sequence[Door], *, folder: Path, try_s: float) -> Child:
    """Write the configuration and describe the process to the supervisor."""
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / "caddy.json"
    written = json.dumps(configuration(doors, storage=folder / "storage", try_s=try_s), indent=1)
    write_atomically(file, written, mode=0o600)
    first = doors[0]
    ready = tcp_probe("127.0.0.1", _HTTPS) if first.domain else http_probe(first.host, first.port, "/healthz")
    return Child(
        name=NAME,
        command=(str(program), "run", "--config", str(file)),
        environ={"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)},
        is_ready=ready,
    )
