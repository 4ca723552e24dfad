"""`springtide fleet` with two web processes behind Caddy: one is killed -9 and comes back, and no request fails."""

import asyncio
import os
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from system.buyer import ADDRESSES, Buyer, new_key
from system.fleets.running import RunningFleet, running_fleet

from springtide.bootstrap import running
from springtide.platform.embedded.engines import Engines
from springtide.platform.tasks import stopped
from springtide.rehearsal.checker import check
from springtide.settings import CONTEXTS

PLAN = """
[groups.shop]
roles = ["web", "contexts", "jobs"]
min = 2
max = 2
[groups.office]
roles = ["backoffice"]
min = 0
"""
SKU = "85123A"
DETAILS = {"contact": {"email": "a@b.nl"}, "delivery": {"shipping_method": "standard", "address": ADDRESSES["NL"]}}
_STILL_AT_WORK = 202


class Load:
    """Lookers and buyers through Caddy. Nothing is repeated, but what the shop says is still at work (202)."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []
        self._moved = asyncio.Event()

    async def forever(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                self.done[name] += 1
                self._moved.set()
            except (AssertionError, httpx2.HTTPError) as error:
                self.failures.append(f"{name}: {error!r}")
            await asyncio.sleep(0.005)

    async def look(self) -> None:
        for path in ("/nl-nl/", f"/api/products?market=NL&locale=nl&q={SKU}"):
            answer = await self._client.get(path)
            assert answer.status_code == 200, f"{path} {answer.status_code} {answer.text[:200]}"

    async def buy(self) -> None:
        buyer = Buyer(self._client)
        lines = [{"sku": SKU, "quantity": 1}]
        buyer.cart = await self._sent(buyer, "POST", "/api/carts", {"market": "NL", "locale": "nl", "lines": lines})
        path = f"/api/carts/{buyer.cart['id']}"
        buyer.cart = await self._sent(buyer, "PUT", f"{path}/details", DETAILS)
        done = await self._sent(buyer, "POST", f"{path}/complete", buyer.purchase("invoice"))
        assert done["step"] == "completed", done

    async def _sent(self, buyer: Buyer, method: str, path: str, body: object) -> dict:
        key = new_key()
        answer = await buyer.send(method, path, body, key=key)
        while answer.status_code == _STILL_AT_WORK:
            await asyncio.sleep(0.2)
            answer = await buyer.send(method, path, body, key=key)
        assert answer.status_code in {200, 201}, f"{path} {answer.status_code} {answer.text[:200]}"
        return answer.json()

    async def more(self, count: int) -> None:
        """Wait until so many have looked and bought since now."""
        before = self.done.copy()
        async with asyncio.timeout(60):
            while any(self.done[name] < before[name] + count for name in ("look", "buy")):
                self._moved.clear()
                await self._moved.wait()


async def kill_one(fleet: RunningFleet, load: Load) -> None:
    victim = (await fleet.processes("shop"))[0]["pid"]
    await load.more(10)
    os.kill(victim, signal.SIGKILL)
    await fleet.until("shop", count=2, restarts=1)
    await load.more(10)


@pytest.mark.timeout(150)
async def test_one_of_two_is_killed_and_comes_back_and_no_request_fails(engines: Engines) -> None:
    async with running_fleet(engines, PLAN) as fleet, httpx2.AsyncClient(base_url=fleet.url, timeout=30) as client:
        load = Load(client)
        workers = [("look", load.look)] * 2 + [("buy", load.buy)] * 2
        tasks = [asyncio.create_task(load.forever(*worker)) for worker in workers]
        try:
            await kill_one(fleet, load)
            code, said = await fleet.order("scale", "shop", "1")
            assert code == 0, said
            assert "shop stays at 1" in said
            assert [line["state"] for line in await fleet.processes("shop")] == ["ready"]
            await load.more(5)
        finally:
            await stopped(tasks)
        assert load.failures == []
        assert (await client.get("/metrics")).status_code == 404  # figures are not for the street
        code, said = await fleet.order("scale", "shop", "3")
        assert (code, "shop has slots for 0 to 2 processes" in said) == (1, True)
        await _nobody_is_left_after_the_end(fleet)
        async with running(fleet.settings, CONTEXTS, background=False, serve=False) as inside:
            assert (await check(inside.ask)).findings == []


async def _nobody_is_left_after_the_end(fleet: RunningFleet) -> None:
    pids = [line["pid"] for line in await fleet.processes("shop")]
    assert await fleet.end() == 0, fleet.words()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", fleet.settings.port)) != 0
    code, said = await fleet.order("status")
    assert (code, "no fleet runs in" in said) == (1, True)
