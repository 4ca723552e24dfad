"""A channel that is asked to stop goes on for a while, ends connections by its answers, and then leaves."""

import asyncio
from typing import Any

import httpx2
import pytest

from springtide.edge.probes import Probes
from springtide.platform.health import Health
from springtide.platform.http_server import Stop, bound_socket, serve


class Slow:
    """An answer that takes as long as a test wants."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()


async def behind(scope: Any, receive: Any, send: Any, slow: Slow) -> None:
    if scope["path"] == "/slow":
        slow.begun.set()
        await slow.go_on.wait()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class Running:
    """A server on a port of its own, and a client that keeps its connections."""

    def __init__(self, drain_s: float) -> None:
        self.health, self.stop, self.slow = Health(("web",)), Stop(), Slow()
        listener = bound_socket("127.0.0.1", 0)
        self.http = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10)
        app = Probes(self.health, self._with_lifespan)
        self.serving = asyncio.create_task(serve(app, listener, stop=self.stop, drain_s=drain_s))

    def leave(self) -> None:
        self.health.draining = True
        self.stop.ask()

    async def _with_lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await behind(scope, receive, send, self.slow)
            return
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})


async def test_while_it_drains_it_answers_everybody_and_ends_each_connection() -> None:
    running = Running(drain_s=60)
    assert "connection" not in (await running.http.get("/page")).headers
    running.leave()
    ready = await running.http.get("/readyz")
    assert (ready.status_code, ready.headers["connection"]) == (503, "close")
    for _ in range(3):
        answer = await running.http.get("/page")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
    assert not running.serving.done()
    running.stop.ask()  # asked again: it does not wait for the balancer
    async with asyncio.timeout(5):
        await running.serving
    with pytest.raises(httpx2.TransportError):
        await running.http.get("/page")
    await running.http.aclose()


async def test_what_is_being_answered_is_answered() -> None:
    running = Running(drain_s=0)
    await running.http.get("/page")
    under_way = asyncio.create_task(running.http.get("/slow"))
    await running.slow.begun.wait()
    running.leave()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await asyncio.shield(running.serving)
    running.slow.go_on.set()
    assert (await under_way).status_code == 200
    async with asyncio.timeout(5):
        await running.serving
    await running.http.aclose()
