"""The whole shop through a real PgBouncer in transaction mode: buy, pay, ship, refund, mail, jobs, check."""

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import psycopg
import pytest
from system.buyer import Buyer
from system.office import office_of
from system.pgbouncer import PgBouncer, pgbouncer
from system.shop import ONE, RunningShop, running_shop
from system.test_first_order import mail_to

from springtide.commands.database_command import run as run_database
from springtide.contracts.common import Origin
from springtide.contracts.customers.api import CustomersApi
from springtide.contracts.orders.api import PaymentStatus
from springtide.platform.caller import guest
from springtide.platform.embedded.engines import Engines
from springtide.platform.usecase import new_key
from springtide.settings import CONTEXTS, Settings, replaced

LANTERN, HOLDER = "84879", "85123A"


@pytest.fixture(scope="module")
def pooler(engines: Engines) -> Iterator[PgBouncer]:
    with pgbouncer(engines.database_url) as started:
        yield started


@pytest.fixture(scope="module")
def shop(engines: Engines, pooler: PgBouncer) -> Iterator[RunningShop]:
    def adapted(settings: Settings) -> Settings:
        return replaced(
            settings,
            database_url=pooler.url(settings.database_url),
            database_direct_url=settings.database_url,
            database_pooler="transaction",
        )

    with running_shop(engines, ONE, adapted=adapted) as started:
        yield started


async def test_an_order_lives_its_whole_life_behind_a_pooler(shop: RunningShop, pooler: PgBouncer) -> None:
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client, office_of(shop) as office:
        buyer = Buyer(client)
        buyer.email = "pooled@example.com"
        order = await office.bought(buyer, "card", (LANTERN, 3), (HOLDER, 2))
        await office.ship(order, {1: 3, 2: 2})
        order = await office.until(order, payment_status=PaymentStatus.PAID)
        await office.refund(order, {1: 1})
        await office.until(order, payment_status=PaymentStatus.PARTLY_REFUNDED)
        await office.documents(order, 2)
        await mail_to(shop, buyer.email, order.number)
        await office.everything_agrees()
    assert pooler.servers(_database(shop)) <= 20  # max_db_connections of the fixture


def test_all_schemas_are_looked_after_beside_the_pooler(shop: RunningShop, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_database(shop.settings, Namespace(database_command="maintain")) == 0
    said = capsys.readouterr().out
    assert all(context in said for context in CONTEXTS)
    assert "shipping_rows_20" in said
    assert run_database(shop.settings, Namespace(database_command="budget", processes=[])) == 0
    assert "through a pooler" in capsys.readouterr().out


async def test_many_buy_at_once_behind_a_pooler(shop: RunningShop) -> None:
    """Batches of many, whose statements land on another server connection each time."""
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client, office_of(shop) as office:
        bought = await asyncio.gather(*[Buyer(client).buy("invoice", (HOLDER, 1)) for _ in range(40)])
        assert {standing["step"] for standing in bought} == {"completed"}
        assert len({standing["order_id"] for standing in bought}) == 40
        await office.everything_agrees()


async def test_a_job_is_worked_off_behind_a_pooler(shop: RunningShop) -> None:
    async with office_of(shop) as office:
        await office.ask(CustomersApi).sign_up(
            caller=guest(),
            key=new_key(),
            email="job@example.com",
            password="a long enough password",
            name="Job",
            locale="en",
            origin=Origin(channel="storefront"),
        )
        assert await mail_to(shop, "job@example.com", "Job")


async def test_no_session_of_the_shop_goes_past_the_pooler(shop: RunningShop) -> None:
    """Nothing is prepared and nobody listens: what is on the server are the pooler's connections, twenty at most."""
    async with await psycopg.AsyncConnection.connect(shop.settings.database_direct_url, autocommit=True) as admin:
        cursor = await admin.execute(
            "select count(*) from pg_stat_activity where datname = %s and usename like 'springtide%%'",
            [_database(shop)],
        )
        ((sessions,),) = await cursor.fetchall()
    assert 0 < sessions <= 20


def _database(shop: RunningShop) -> str:
    return urlsplit(shop.settings.database_direct_url).path.lstrip("/")
