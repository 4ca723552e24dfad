import asyncio
from typing import Any

import httpx2
import pytest
from litestar.connection import Request
from litestar.testing import RequestFactory

from springtide.edge.asgi import App, Receive, Scope, Send
from springtide.edge.entrance import Entrance
from springtide.edge.limits import InFlightLimit
from springtide.platform.http import client_address, cookie, dropped_cookie
from springtide.platform.telemetry import HTTP_WAITING, REGISTRY, current_trace
from tests.unit.browse.goods import until


def client(app: App) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop")


async def answer(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"referrer-policy", b"no-referrer")]})
    await send({"type": "http.response.body", "body": b"body", "more_body": False})


async def test_above_the_limit_requests_are_asked_to_come_back_and_below_it_they_are_served_again() -> None:
    go_on, entered = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.release()
        await go_on.wait()
        await answer(send)

    async with client(InFlightLimit(slow, limit=2)) as http:
        running = [asyncio.create_task(http.get("/")) for _ in range(2)]
        for _ in running:
            await entered.acquire()
        refused = await http.get("/")
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "overloaded", "1")
        go_on.set()
        assert [(await task).status_code for task in running] == [200, 200]
        assert (await http.get("/")).status_code == 200


class Slow:
    """An application whose requests stay until they are let go; remembers who came in, by path."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.go_on = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.came.append(f"{scope['path']} {(await receive()).get('body', b'').decode()}".strip())
        await self.go_on.acquire()
        await answer(send)


async def came(slow: Slow, *paths: str) -> None:
    await until(lambda: slow.came == list(paths))


async def test_whoever_comes_above_the_limit_waits_in_order_and_keeps_the_body() -> None:
    slow = Slow()
    async with client(InFlightLimit(slow, limit=1, queue=2)) as http:
        asked = []
        for number in range(3):
            asked.append(asyncio.create_task(http.post(f"/{number}", content=f"body{number}")))
            await waiting(slow, number)
        assert (await http.post("/late")).status_code == 503
        assert slow.came == ["/0 body0"]
        slow.go_on.release()
        await came(slow, "/0 body0", "/1 body1")
        slow.go_on.release()
        slow.go_on.release()
        assert [(await one).status_code for one in asked] == [200, 200, 200]
        assert slow.came == ["/0 body0", "/1 body1", "/2 body2"]


async def waiting(slow: Slow, number: int) -> None:
    """Let the request that was just made come to its place: in the application, or in the queue."""
    gauge = HTTP_WAITING.labels("all writing")
    await until(lambda: slow.came and gauge._value.get() >= number)


async def test_whoever_waits_too_long_is_asked_to_come_back_and_takes_no_place() -> None:
    slow = Slow()
    async with client(InFlightLimit(slow, limit=1, queue=5, patience_s=0.05)) as http:
        first = asyncio.create_task(http.post("/first"))
        await came(slow, "/first")
        refused = await http.post("/second")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        slow.go_on.release()
        slow.go_on.release()
        assert (await first).status_code == 200
        assert (await http.post("/third")).status_code == 200
    assert slow.came == ["/first", "/third"]


async def test_looking_does_not_wait_behind_buying() -> None:
    slow = Slow()
    async with client(InFlightLimit(slow, limit=1, queue=5)) as http:
        buying = [asyncio.create_task(http.post(f"/{number}")) for number in range(2)]
        await waiting(slow, 1)
        looking = asyncio.create_task(http.get("/look"))
        await came(slow, "/0", "/look")
        for _ in range(3):
            slow.go_on.release()
        assert [(await one).status_code for one in (*buying, looking)] == [200] * 3


async def test_whoever_leaves_while_waiting_costs_nothing_and_a_cancelled_one_gives_its_place_back() -> None:
    slow, left = Slow(), asyncio.Event()
    limit = InFlightLimit(slow, limit=1, queue=5)
    scope = {"type": "http", "method": "POST", "path": "/gone"}
    sent: list[object] = []

    async def gone() -> dict[str, str]:
        left.set()
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    async with client(limit) as http:
        first = asyncio.create_task(http.post("/first"))
        await came(slow, "/first")
        waits = asyncio.create_task(limit(scope, gone, send))
        await waiting(slow, 1)
        cancelled = asyncio.create_task(http.post("/cancelled"))
        await waiting(slow, 2)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        slow.go_on.release()
        slow.go_on.release()
        assert (await first).status_code == 200
        await waits
        assert (await http.post("/next")).status_code == 200
    assert left.is_set()
    assert sent == []
    assert slow.came == ["/first", "/next"]


async def test_a_failed_request_leaves_the_limit() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    async with client(Entrance(InFlightLimit(broken, limit=1), channel="test")) as http:
        codes = [(await http.get("/")).json()["code"] for _ in range(3)]
    assert codes == ["unavailable"] * 3


async def test_the_entrance_keeps_the_applications_headers_and_a_well_formed_trace() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(current_trace())
        await answer(send)

    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with client(Entrance(app, channel="test")) as http:
        kept = await http.get("/", headers={"traceparent": trace})
        await http.get("/", headers={"traceparent": "nonsense"})
        head = await http.head("/")
    assert kept.headers["referrer-policy"] == "no-referrer"
    assert (kept.content, head.content) == (b"body", b"")
    assert seen[0] == trace
    assert seen[1].startswith("00-")
    assert len(seen[1]) == len(trace)


@pytest.mark.parametrize(
    ("forwarded", "trusted", "expected"),
    [
        ("6.6.6.6", (), "127.0.0.1"),
        ("6.6.6.6", ("127.0.0.1",), "6.6.6.6"),
        ("6.6.6.6, 7.7.7.7", ("127.0.0.1",), "7.7.7.7"),
        ("6.6.6.6, 7.7.7.7", ("127.0.0.1", "7.7.7.7"), "6.6.6.6"),
        ("6.6.6.6, 10.4.0.7, 10.9.9.9", ("127.0.0.0/8", "10.0.0.0/8"), "6.6.6.6"),
        ("6.6.6.6, not an address", ("127.0.0.0/8", "10.0.0.0/8"), "not an address"),
        ("", ("127.0.0.1",), "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_only_from_trusted_proxies(
    forwarded: str, trusted: tuple[str, ...], expected: str
) -> None:
    request: Request[Any, Any, Any] = RequestFactory(server="127.0.0.1").get(
        "/", headers={"x-forwarded-for": forwarded}
    )
    assert client_address(request, trusted) == expected


def test_cookies_are_closed_to_scripts_and_secure_over_https() -> None:
    safe = cookie("cart", "value", public_url="https://shop.example")
    assert (safe.httponly, safe.secure, safe.samesite) == (True, True, "lax")
    assert not cookie("cart", "value", public_url="http://127.0.0.1:8000").secure
    assert dropped_cookie("cart", public_url="https://shop.example").max_age == 0


async def test_a_route_is_counted_by_its_template_and_what_has_none_together() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/nowhere":
            scope["path_template"] = "/orders/{order_id}"
        await answer(send)

    def seen(route: str) -> float:
        labels = {"channel": "by-template", "route": route, "method": "GET", "status": "200"}
        return REGISTRY.get_sample_value("springtide_http_request_seconds_count", labels) or 0

    async with client(Entrance(app, channel="by-template")) as http:
        for path in ("/orders/1", "/orders/2", "/nowhere"):
            await http.get(path)
    assert (seen("/orders/{order_id}"), seen("other"), seen("/orders/1")) == (2, 1, 0)
