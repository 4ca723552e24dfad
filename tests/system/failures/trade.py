"""A shop of real processes on engines that can fail, buyers who never stop asking, and the books compared."""

import asyncio
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fakes.serving import free_port

from springtide.bootstrap import Node, running
from springtide.commands import nursery as nursery_program
from springtide.commands.engines import sandbox_secret
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.errors import Unavailable
from springtide.platform.http_client import HttpClient, OutboundError
from springtide.platform.resend import send_again
from springtide.rehearsal.checker import check
from springtide.rehearsal.drill.buyers import Buyer, Market
from springtide.rehearsal.drill.goods import MARKET, load_goods, load_voucher
from springtide.rehearsal.drill.record import Purchase, Record
from springtide.rehearsal.drill.verdict import read_facts
from springtide.rehearsal.fleet import Fleet, Program
from springtide.sandbox.keys import account_keys
from springtide.settings import CONTEXTS, Gateway, Settings, as_environment

SECRET = "a-secret-key-for-tests-0123456789abcdef"
READY_WITHIN_S = 90.0
CLEAN_WITHIN_S = 60.0


def shop_settings(data_dir: Path, **given: object) -> Settings:
    """Settings of a shop on given engines, with a sandbox gateway and payment by invoice."""
    sandbox_port = free_port()
    keys = account_keys(secret=sandbox_secret(SECRET), account="shop")
    sandbox = Gateway(
        name="sandbox",
        provider="sandbox",
        url=f"http://127.0.0.1:{sandbox_port}",
        api_key=keys.api_key,
        webhook_secret=keys.webhook_secret,
        markets={MARKET: ("bank_redirect", "card")},
    )
    values: dict[str, object] = {
        "data_dir": str(data_dir),
        "secret_key": SECRET,
        "bus_namespace": f"f{secrets.token_hex(6)}",
        "port": free_port(),
        "sandbox_port": sandbox_port,
        "default_market": MARKET,
        "demo": False,
        "log_level": "INFO",
        "call_timeout_s": 4.0,
        "gateways": (sandbox, Gateway(name="invoice", provider="invoice", markets={MARKET: ("invoice",)})),
    }
    return Settings(**{**values, **given})


@dataclass
class Trade:
    """A shop under way. `record`: what buyers were told."""

    settings: Settings
    fleet: Fleet
    browser: HttpClient
    record: Record = field(default_factory=Record)
    closes: Callable[[], None] = lambda: None

    def told_since(self, moment_s: float) -> list[Purchase]:
        return [purchase for purchase in self.record.successes if purchase.told_at_s > moment_s]

    async def sells_since(self, moment_s: float, *, count: int = 3, within_s: float = 60) -> float:
        """Wait until so many orders were answered after a moment; return the seconds from it to the first."""
        deadline = time.monotonic() + within_s
        while len(self.told_since(moment_s)) < count:
            assert time.monotonic() < deadline, f"nobody sells: {self.record.answers} {self.fleet.logs()[-4000:]}"
            await asyncio.sleep(0.05)
        return self.told_since(moment_s)[0].told_at_s - moment_s


async def load(settings: Settings) -> None:
    """Load the small shop of the drills."""
    async with running(settings, CONTEXTS) as node:
        await load_goods(node.ask)
        await node.settle(patience_s=60)
        await load_voucher(node.ask(PricingApi))
        await node.settle(patience_s=60)


@asynccontextmanager
async def trading(
    settings: Settings, layout: Sequence[Sequence[str]], logs: Path, *, buyers: int = 6
) -> AsyncIterator[Trade]:
    """Run the shop's processes and its buyers while the block lasts."""
    async with AsyncExitStack() as stack:
        fleet = _fleet(settings, layout, logs)
        stack.callback(fleet.stop)
        fleet.start()
        browser = await stack.enter_async_context(HttpClient(base_url=settings.shop_url(), deadline_s=9))
        bank = await stack.enter_async_context(HttpClient(base_url="", deadline_s=9))
        await until_ready(browser, fleet)
        trade = Trade(settings, fleet, browser)
        market = Market(shop=browser, bank=bank, shop_url=settings.shop_url(), record=trade.record)
        async with asyncio.TaskGroup() as tasks:
            for number in range(buyers):
                tasks.create_task(Buyer(number, Random(f"7:{number}"), market).shop_until_closed())
            try:
                yield trade
            finally:
                market.closes.set()
        await stands(trade)


def _fleet(settings: Settings, layout: Sequence[Sequence[str]], logs: Path) -> Fleet:
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")},
        **as_environment(settings),
    }
    secret = logs / "sandbox-secret.txt"
    secret.write_text(sandbox_secret(SECRET))
    sandbox = (
        *(sys.executable, "-m", "springtide.sandbox", "--port", str(settings.sandbox_port)),
        *("--data", str(logs / "sandbox"), "--webhook-secret-file", str(secret)),
    )
    nursery = Program(name="nursery", command=(sys.executable, "-m", nursery_program.__name__), environ=environ)
    programs = [Program(name=group[0], roles=tuple(group)) for group in layout]
    return Fleet([Program(name="sandbox", command=sandbox, environ=environ), *programs], logs=logs, nursery=nursery)


async def until_ready(browser: HttpClient, fleet: Fleet) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        with suppress(OutboundError):
            if fleet.is_whole() and (await browser.request("GET", "/readyz")).status == 200:
                return
        assert time.monotonic() < deadline, fleet.logs()[-4000:]
        await asyncio.sleep(0.1)


async def stands(trade: Trade) -> None:
    """No order lost, no event lost, no difference: asked with the shop's processes still there."""
    async with running(trade.settings, CONTEXTS, background=False, serve=False) as node:
        differences = await _differences(node)
        orders = (await read_facts(node.ask)).orders
        untaken = await events_nobody_took(node)
    lost = [purchase.order_id for purchase in trade.record.successes if purchase.order_id not in orders]
    told = Counter(answer for answer, count in trade.record.answers.items() for _ in range(count))
    print(f"{len(trade.record.successes)} orders told, answers {dict(told)}")  # noqa: T201 - shown when it fails
    assert (lost, differences, untaken, trade.record.broken) == ([], [], {}, [])


async def _differences(node: Node) -> list[str]:
    deadline = time.monotonic() + CLEAN_WITHIN_S
    while True:
        found = ["a context does not answer"]
        with suppress(Unavailable, TimeoutError):
            await node.settle(patience_s=CLEAN_WITHIN_S)
            found = [f"{row.rule} {row.subject}: {row.detail}" for row in (await check(node.ask)).findings]
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.5)


async def events_nobody_took(node: Node) -> dict[str, int]:
    """Events that were sent and that a listener has not taken, by their context: lost ones."""
    heard = {name: [each.event.TYPE for each in built.subscriptions] for name, built in node.built.items()}
    return await send_again(node.databases, heard)
