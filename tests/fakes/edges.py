"""Caches that are purged by key, as Varnish with our VCL, Fastly and Cloudflare answer: three wires, one store."""

import json
from collections.abc import Callable
from typing import Any

from springtide.sandbox.web import Receive, Reply, Scope, Send, read_request, send_reply

TOKEN = "a-token-for-purging"
SERVICE = "SU1Z0isxPaozGVKXdv0eY"
Answer = tuple[int, dict[str, Any]]


class FakeEdge:
    """Pages by address with their keys. `trouble`: statuses to answer first, with nothing done."""

    def __init__(self, wire: "Callable[[FakeEdge, Any], Answer]") -> None:
        self.pages: dict[str, set[str]] = {}
        self.calls: list[list[str]] = []
        self.trouble: list[int] = []
        self._wire = wire

    def keep(self, address: str, *keys: str) -> None:
        self.pages[address] = set(keys)

    def purge(self, keys: list[str]) -> int:
        self.calls.append(keys)
        gone = [address for address, carried in self.pages.items() if carried & set(keys)]
        for address in gone:
            del self.pages[address]
        return len(gone)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        if self.trouble:
            status, body = self.trouble.pop(0), {"msg": "not now"}
        else:
            status, body = self._wire(self, request)
        await send_reply(send, Reply(status=status, body=json.dumps(body).encode()))


def varnish_wire(edge: FakeEdge, request: Any) -> Answer:
    if request.method != "PURGE" or request.headers.get("authorization") != f"Bearer {TOKEN}":
        return 403, {"error": "Forbidden"}
    keys = request.headers.get("surrogate-key", "").split()
    return (200, {"purged": edge.purge(keys)}) if keys else (400, {"error": "Surrogate-Key is missing"})


def fastly_wire(edge: FakeEdge, request: Any) -> Answer:
    """POST /service/{id}/purge: at most 256 keys in the header, a purge id for each in the answer."""
    if request.headers.get("fastly-key") != TOKEN:
        return 401, {"msg": "Provided credentials are missing or invalid"}
    if (request.method, request.path) != ("POST", f"/service/{SERVICE}/purge"):
        return 404, {"msg": "Record not found"}
    keys = request.headers.get("surrogate-key", "").split()
    if not 0 < len(keys) <= 256:
        return 400, {"msg": "Bad request"}
    edge.purge(keys)
    return 200, {key: f"{len(edge.calls)}-1700000000-{number}" for number, key in enumerate(keys)}


def cloudflare_wire(edge: FakeEdge, request: Any) -> Answer:
    """POST …/zones/{id}/purge_cache with {"tags": […]}, at most 100; errors also come with status 200."""
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return 403, {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}
    if (request.method, request.path) != ("POST", f"/client/v4/zones/{SERVICE}/purge_cache"):
        return 404, {"success": False, "errors": [{"code": 7003, "message": "Could not route"}]}
    tags = json.loads(request.body).get("tags", [])
    if not 0 < len(tags) <= 100:
        return 200, {"success": False, "errors": [{"code": 1113, "message": "too many tags"}]}
    edge.purge(tags)
    return 200, {"success": True, "errors": [], "messages": [], "result": {"id": SERVICE}}
