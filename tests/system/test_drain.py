"""Processes are stopped and started again under load, behind a balancer that only asks /readyz: nobody fails."""

import asyncio
import itertools
import os
import secrets
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from conftest import SECRET
from fakes.serving import free_port
from system.buyer import Buyer
from system.shop import demo_template

from springtide.bootstrap import running
from springtide.commands.engines import demo_gateways
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrderFilter, OrdersApi
from springtide.contracts.pricing.api import PricingApi, QuoteRequest
from springtide.platform.caller import system
from springtide.platform.desks import ask_health
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.platform.tasks import stopped
from springtide.platform.wiring import Ask
from springtide.rehearsal.checker import check
from springtide.settings import CONTEXTS, Settings, as_environment, replaced

CALLER = system("test")
SKU = "85123A"
_STARTED_WITHIN_S = 120
_LOOK_EVERY_S = 0.1


class Process:
    """One `springtide serve` with a port for its probes."""

    def __init__(self, settings: Settings, *roles: str, log: Path) -> None:
        self._settings = settings
        self._roles = roles
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self.port = settings.port if "web" in roles else settings.health_port

    async def start(self) -> None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "springtide.cli", "serve", *self._roles),
                env={**environ, **as_environment(self._settings)},
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(_STARTED_WITHIN_S):
            while not await self.is_ready():
                assert self._process.returncode is None, self._log.read_text()[-3000:]
                await asyncio.sleep(_LOOK_EVERY_S)

    async def is_ready(self) -> bool:
        try:
            async with httpx2.AsyncClient(timeout=2) as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    async def stop(self) -> int:
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            return await self._process.wait()


class Balancer:
    """Round robin among those that said they are ready when last asked."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes
        self._ready = list(processes)
        self._next = itertools.count()
        limits = httpx2.Limits(max_connections=50, max_keepalive_connections=50)
        self._clients = {
            process: httpx2.AsyncClient(base_url=f"http://127.0.0.1:{process.port}", timeout=20, limits=limits)
            for process in processes
        }

    async def look(self) -> None:
        while True:
            said = await asyncio.gather(*(process.is_ready() for process in self._processes))
            self._ready = [process for process, ready in zip(self._processes, said, strict=True) if ready]
            await asyncio.sleep(_LOOK_EVERY_S)

    def client(self) -> httpx2.AsyncClient:
        return self._clients[self._ready[next(self._next) % len(self._ready)]]

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


class Load:
    """What buyers, lookers and other processes do, all the time; every failure is kept."""

    def __init__(self, balancer: Balancer, ask: Ask) -> None:
        self._balancer = balancer
        self._ask = ask
        self.done: Counter[str] = Counter()
        self.failures: list[str] = []

    async def forever(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                self.done[name] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody failed
                self.failures.append(f"{name}: {error!r}")
            await asyncio.sleep(0.005)

    async def look(self) -> None:
        for path in ("/", f"/api/products?market=NL&locale=nl&q={SKU}"):
            answer = await self._balancer.client().get(path, follow_redirects=False)
            assert answer.status_code < 400, f"{path} {answer.status_code} {answer.text[:200]}"

    async def buy(self) -> None:
        """Each request of a purchase goes to whoever is next, and is never repeated."""
        buyer = Buyer(self._balancer.client())
        answer = await buyer.send(
            "POST", "/api/carts", {"market": "NL", "locale": "nl", "lines": [{"sku": SKU, "quantity": 1}]}
        )
        assert answer.status_code == 201, f"cart {answer.status_code} {answer.text[:200]}"
        buyer.cart = answer.json()
        buyer.client = self._balancer.client()
        address = {"name": "A", "line1": "Gracht 1", "city": "Utrecht", "postcode": "3511 AB", "country": "NL"}
        details = {"contact": {"email": "a@b.nl"}, "delivery": {"shipping_method": "standard", "address": address}}
        answer = await buyer.send("PUT", f"/api/carts/{buyer.cart['id']}/details", details)
        assert answer.status_code == 200, f"details {answer.status_code} {answer.text[:200]}"
        buyer.cart = answer.json()
        buyer.client = self._balancer.client()
        answer = await buyer.send("POST", f"/api/carts/{buyer.cart['id']}/complete", buyer.purchase("invoice"))
        assert answer.status_code == 200, f"complete {answer.status_code} {answer.text[:200]}"
        assert answer.json()["step"] == "completed", answer.text

    async def call(self) -> None:
        await self._ask(InventoryApi).availability(caller=CALLER, market="NL", skus=(SKU,))
        request = QuoteRequest(market="NL", lines=(Quantity(sku=SKU, quantity=1),))
        await self._ask(PricingApi).quote(caller=CALLER, request=request)
        await self._ask(OrdersApi).list_orders(caller=CALLER, where=OrderFilter(), limit=5)


@asynccontextmanager
async def split_shop(
    engines: Engines, folder: Path, *, drain_s: float = 2.0
) -> AsyncIterator[tuple[Settings, list[Process], list[Process]]]:
    """Two web processes and two replicas of all contexts. `drain_s`: longer than a balancer on a busy machine looks."""
    template = await asyncio.to_thread(demo_template, engines)
    with scratch_database(engines, template=template) as url:
        base = Settings(
            database_url=url,
            nats_url=engines.nats_url,
            bus_namespace=f"d{secrets.token_hex(6)}",
            secret_key=SECRET,
            database_connections=3,
            drain_s=drain_s,
        )
        base = replaced(base, gateways=demo_gateways(base, SECRET)[1:])

        def process(name: str, *roles: str, **changes: object) -> Process:
            home = folder / name
            home.mkdir()
            changed = replaced(base, data_dir=str(home), **changes)
            return Process(changed, *roles, log=folder / f"{name}.log")

        contexts = [process(f"core{number}", *CONTEXTS, health_port=free_port()) for number in range(2)]
        webs = [process(f"web{number}", "web", port=free_port()) for number in range(2)]
        async with AsyncExitStack() as stack:
            for each in (*contexts, *webs):
                stack.push_async_callback(each.stop)
            await asyncio.gather(*(each.start() for each in (*contexts, *webs)))
            yield base, webs, contexts
        async with running(base, (), background=False, serve=False) as node:
            await node.bus.drop_stream()


@asynccontextmanager
async def loaded(webs: list[Process], ask: Ask) -> AsyncIterator[Load]:
    """Let people look and buy through a balancer, and another process call, while the block lasts."""
    balancer = Balancer(webs)
    load = Load(balancer, ask)
    workers = [("look", load.look)] * 2 + [("buy", load.buy)] * 2 + [("call", load.call)] * 2
    tasks = [asyncio.create_task(load.forever(*worker)) for worker in workers]
    tasks.append(asyncio.create_task(balancer.look()))
    try:
        yield load
    finally:
        await stopped(tasks)
        await balancer.close()


@pytest.mark.alone
@pytest.mark.timeout(400)  # starts of processes on a busy machine
async def test_nobody_fails_while_processes_are_stopped_and_started(engines: Engines, tmp_path: Path) -> None:
    async with (
        split_shop(engines, tmp_path) as (settings, webs, contexts),
        running(settings, (), background=False, serve=False) as node,
    ):
        async with loaded(webs, node.ask) as load:
            for process in (webs[0], contexts[0]):
                before = load.done.copy()
                assert await process.stop() == 0
                await process.start()
                while any(load.done[name] < before[name] + 20 for name in ("look", "buy", "call")):
                    await asyncio.sleep(_LOOK_EVERY_S)
                    assert not load.failures
            said = await ask_health(node.bus)
        assert load.failures == []
        assert [report.ready for report in said] == [True] * 4
        assert {report.roles for report in said} == {("web",), tuple(sorted(CONTEXTS))}
        async with running(settings, CONTEXTS, background=False, serve=False) as inside:
            assert (await check(inside.ask)).findings == []


@pytest.mark.soak  # shows that the test above can fail; another minute of processes
@pytest.mark.timeout(400)
async def test_without_the_time_to_leave_somebody_fails(engines: Engines, tmp_path: Path) -> None:
    async with (
        split_shop(engines, tmp_path, drain_s=0.0) as (settings, webs, _),
        running(settings, (), background=False, serve=False) as node,
        loaded(webs, node.ask) as load,
        asyncio.timeout(300),
    ):
        while not load.failures:  # a balancer that has not looked yet sends to a process that has gone
            assert await webs[0].stop() == 0
            await webs[0].start()
