"""What may be late is read from a real streaming standby; when it cannot answer, the primary does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from springtide.platform import replica as replica_module
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, Read, Statements
from springtide.platform.migrate import migrate, prepare_schema
from tests.context.platform.probe import CALLER, HERE, MIGRATIONS, PROBE, SECRET, change, until
from tests.context.platform.standby import Standby, primary_and_folder, standby_of


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_module, "_MEASURED_EVERY_S", 0.0)
    monkeypatch.setattr(replica_module, "_LEFT_ALONE_S", 0.3)


@pytest.fixture
async def pair(impatient: None) -> AsyncIterator[tuple[Database, Standby]]:
    async with primary_and_folder() as (url, folder):
        prepare_schema(url, SECRET, PROBE)
        await asyncio.to_thread(migrate, url, PROBE, MIGRATIONS)
        with standby_of(url, folder) as standby:
            database = Database(
                runtime_url(url, SECRET, PROBE),
                PROBE,
                Statements.load(HERE / "probe.sql"),
                replica_url=runtime_url(standby.url, SECRET, PROBE),
            )
            await database.open()
            yield database, standby
            await database.close()


async def facts(read: Read) -> int:
    return int(await read.value("count_facts"))


async def test_lists_come_from_the_standby_and_from_the_primary_while_it_is_away(
    pair: tuple[Database, Standby], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, standby = pair
    for name in ("a", "b"):
        async with db.tx(CALLER) as tx:
            await change(tx, name, 1)

    async def sees(many: int) -> bool:
        return await db.late(facts) == many

    await until(lambda: asyncio.ensure_future(sees(2)))
    assert db.late_by_s == 0.0

    standby.pause(is_paused=True)  # what is written now does not show: it was the standby that answered
    async with db.tx(CALLER) as tx:
        await change(tx, "c", 1)

    async def is_late() -> bool:
        assert await db.late(facts) == 2
        return db.late_by_s > 1.0

    await until(lambda: asyncio.ensure_future(is_late()))

    monkeypatch.setattr(replica_module, "TOO_LATE_S", 1.0)  # too late to be shown: the primary answers
    assert await db.late(facts) == 3
    assert db.late_by_s == 0.0
    monkeypatch.setattr(replica_module, "TOO_LATE_S", 60.0)
    standby.pause(is_paused=False)

    standby.stop()
    assert await db.late(facts) == 3
    async with db.tx(CALLER) as tx:
        await change(tx, "d", 1)
    assert await db.late(facts) == 4  # nobody waits for who is away, either
    standby.start()

    await until(lambda: asyncio.ensure_future(_is_read_only(db)))


async def _is_read_only(db: Database) -> bool:
    """Tell whether the standby answers again."""

    async def ask(read: Read) -> bool:
        cursor = await read._connection.execute("select pg_is_in_recovery()")
        ((found,),) = await cursor.fetchall()
        return bool(found)

    return await db.late(ask)
