"""What a context's login role may do: its own rows, and nothing else. PostgreSQL says no, not only our habits."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from springtide.platform.database_roles import runtime_url
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.settings import CONTEXTS
from tests.conftest import SECRET, template_database

PAIR = ("inventory", "orders")


@pytest.fixture(scope="module")
async def url(engines: Engines) -> AsyncIterator[str]:
    """A database with two contexts in it."""
    template = await asyncio.to_thread(template_database, engines, PAIR)
    with scratch_database(engines, template=template) as made:
        yield made


@pytest.fixture
async def inventory(url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection as inventory's processes have it."""
    async with await psycopg.AsyncConnection.connect(runtime_url(url, SECRET, "inventory")) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "select * from orders.orders",
        "select count(*) from orders.outbox",
        "insert into orders.inbox values ('thief', gen_random_uuid(), now())",
        "update orders.test_clock set offset_s = 0",
        "delete from orders.outbox",
        "select s.sku from stock s join orders.audit a on a.aggregate_id = s.sku",
        "select nextval('orders.outbox_seq_seq')",
        "set role springtide_orders",
        "set role springtide_inventory_owner",
    ],
)
async def test_statement_across_the_border_is_refused(inventory: psycopg.AsyncConnection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await inventory.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create table stolen (id int)",
        "create table public.stolen (id int)",
        "create schema stolen",
        "create function spy() returns int language sql as 'select 1'",
        "alter table stock add column more int",
        "drop table stock",
        "truncate stock",
        "create index more on stock (sku)",
    ],
)
async def test_schema_cannot_be_changed_at_run_time(inventory: psycopg.AsyncConnection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await inventory.execute(statement)


async def test_own_rows_are_there(inventory: psycopg.AsyncConnection) -> None:
    await inventory.execute("select count(*) from stock")
    row = await (await inventory.execute("show search_path")).fetchone()
    assert row == ("inventory",)


async def test_no_foreign_key_crosses_a_schema_and_nobody_else_has_rights(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        keys = await connection.execute(
            """
            select c.conname from pg_constraint c
            join pg_class a on a.oid = c.conrelid join pg_class b on b.oid = c.confrelid
            where c.contype = 'f' and a.relnamespace <> b.relnamespace
            """
        )
        assert await keys.fetchall() == []
        grants = await connection.execute(
            """
            select distinct table_schema::text, grantee::text from information_schema.role_table_grants
            where table_schema = any(%s)
            """,
            [list(PAIR)],
        )
        assert set(await grants.fetchall()) == {
            pair for name in PAIR for pair in ((name, f"springtide_{name}"), (name, f"springtide_{name}_owner"))
        }


def test_every_context_has_a_schema_of_its_own_name() -> None:
    assert len(set(CONTEXTS)) == len(CONTEXTS) == 9
