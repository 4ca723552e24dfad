"""`springtide check` finds planted differences of every kind by their rule, and nothing where nothing is."""

import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from fakes.serving import free_port
from system.buyer import Buyer
from system.planting import planted
from system.plants import BOOKS, PLANTS, STRANGER
from system.shop import ONE, SPLIT, RunningShop, running_shop
from system.test_first_order import CARD

from springtide.bootstrap import running
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import system
from springtide.platform.embedded.engines import Engines
from springtide.platform.usecase import new_key
from springtide.platform.wiring import Ask
from springtide.rehearsal.checker import Report, check
from springtide.settings import CONTEXTS, Gateway, Settings, as_environment, replaced

SKU = "84879"


@dataclass
class Quiet:
    """A shop that has sold and gone to rest: its settings, its sandbox's file and the ids of three orders.

    `ask`: callers of its contexts, over connections that stay open.
    """

    ask: Ask
    settings: Settings
    sandbox_file: Path
    card: str
    shipped: str
    invoice: str

    async def found(self) -> set[str]:
        """Return the rules that are broken."""
        return rules(await check(self.ask))

    def ids(self) -> dict[str, str]:
        return {"card": self.card, "shipped": self.shipped, "invoice": self.invoice, "stranger": STRANGER, "sku": SKU}


@pytest.fixture(scope="module", params=[ONE, SPLIT])
async def quiet(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Quiet]:
    manager = running_shop(engines, request.param)
    shop = await asyncio.to_thread(manager.__enter__)
    try:
        card, shipped, invoice = await sell(shop)
        await asyncio.to_thread(shop.rest)
        async with running(shop.settings, CONTEXTS, background=False, serve=False) as node:
            books = shop.folder / "sandbox" / "gateway.sqlite3"
            yield Quiet(node.ask, shop.settings, books, card, shipped, invoice)
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


async def sell(shop: RunningShop) -> tuple[str, str, str]:
    """Sell by card, by card and ship it, and by invoice; wait until everything is settled and printed."""
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client:
        done = [await buy(Buyer(client), "card"), await buy(Buyer(client), "card"), await buy(Buyer(client), "invoice")]
    card, shipped, invoice = (row["order_id"] for row in done)
    async with running(shop.settings, CONTEXTS, background=False, serve=False) as node:
        orders = node.ask(OrdersApi)
        await orders.ship(
            caller=system("test"), key=new_key(), order_id=shipped, lines={}, carrier="postnl", tracking="3SABC"
        )
        for _ in range(300):
            found = await orders.get(caller=system("test"), order_id=shipped)
            if found.captured_minor == found.total_minor and found.documents:
                break
            await asyncio.sleep(0.1)
        assert (found.captured_minor, len(found.documents)) == (found.total_minor, 1)
    for _ in range(100):
        if not (await shop.check()).findings:
            break
        await asyncio.sleep(0.1)
    return card, shipped, invoice


async def buy(buyer: Buyer, method: str) -> dict:
    answer = await buyer.buy(method, (SKU, 2))
    if answer["step"] == "awaiting_buyer":
        await buyer.pay_at_the_bank(answer["redirect_url"], CARD)
        answer = await buyer.standing(answer["checkout_id"])
    assert answer["step"] == "completed"
    return answer


async def checked(settings: Settings) -> Report:
    async with running(settings, CONTEXTS, background=False, serve=False) as node:
        return await check(node.ask)


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


async def test_nothing_is_found_where_nothing_is(quiet: Quiet):
    report = await check(quiet.ask)
    assert report.findings == []
    assert report.compared["orders to ship = units promised"] == 3
    assert report.compared["one charge per order"] == 3
    assert report.compared["every success answer has its order"] == 3


@pytest.mark.parametrize(("rule", "statements"), PLANTS)
async def test_a_planted_difference_is_found(quiet: Quiet, rule: str, statements: str):
    with planted(quiet.settings.database_url, statements.format(**quiet.ids())):
        assert rule in await quiet.found()


async def test_every_planted_difference_was_taken_out_again(quiet: Quiet):
    """So that none of them was found for another one's sake."""
    assert await quiet.found() == set()


@pytest.mark.parametrize(("rule", "statement"), BOOKS)
async def test_a_difference_in_the_gateways_own_books_is_found(quiet: Quiet, rule: str, statement: str):
    with books_changed(quiet.sandbox_file, statement):
        assert rule in await quiet.found()
    assert await quiet.found() == set()


@contextlib.contextmanager
def books_changed(file: Path, statement: str) -> Iterator[None]:
    """Change the sandbox's ledger in its own file, and put it back afterwards."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as books:
        guards = books.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in guards:
            books.execute(f"drop trigger {name}")
        books.execute("create table kept as select * from entries")
        try:
            assert books.execute(statement).rowcount > 0
            yield
        finally:
            books.execute("delete from entries")
            books.execute("insert into entries select * from kept")
            books.execute("drop table kept")
            for _, sql in guards:
                books.execute(sql)


async def test_a_gateway_that_does_not_answer_is_told(quiet: Quiet):
    closed = f"http://127.0.0.1:{free_port()}"
    gateways = tuple(moved(gateway, closed) for gateway in quiet.settings.gateways)
    report = await checked(replaced(quiet.settings, gateways=gateways))
    assert rules(report) == {"gateway_ledger_unreadable"}


def moved(gateway: Gateway, url: str) -> Gateway:
    return replaced(gateway, url=url) if gateway.provider == "sandbox" else gateway


def springtide_check(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    return subprocess.run(
        [sys.executable, "-m", "springtide.cli", "check", *options],
        env={**environ, **as_environment(settings)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_the_difference_and_fails(quiet: Quiet):
    less = "update orders.orders set captured_minor = captured_minor - 1 where captured_minor > 0"
    with planted(quiet.settings.database_url, less):
        told = springtide_check(quiet.settings)
        listed = springtide_check(quiet.settings, "--json")
    assert told.returncode == listed.returncode == 1
    assert "DIFFERENCE  orders and payments know the same sums" in told.stdout
    assert [row["rule"] for row in json.loads(listed.stdout)["findings"]] == ["orders and payments know the same sums"]


def test_the_command_says_that_all_is_well(quiet: Quiet):
    told = springtide_check(quiet.settings)
    assert (told.returncode, told.stderr) == (0, "evidence: filed with the peak desk as product\n")
    assert "No differences." in told.stdout
