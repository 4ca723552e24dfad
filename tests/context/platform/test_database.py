"""PostgreSQL away, busy or slow: one typed answer, and everything goes on afterwards."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from springtide.bootstrap import running
from springtide.contracts.catalog.api import CatalogApi
from springtide.platform import pools
from springtide.platform.bus import Bus
from springtide.platform.db import Database, DatabaseUnavailable, transaction_is_open
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.platform.errors import Unavailable
from springtide.platform.http import problem_response
from springtide.settings import Settings
from tests.conftest import SECRET, template_database
from tests.context.platform import probe
from tests.context.platform.doorway import Door, door_to
from tests.context.platform.probe import CALLER, Fact, change, count, until


@pytest.fixture
async def door(probe_url: str) -> AsyncIterator[Door]:
    async with door_to(probe_url) as made:
        yield made


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "POOL_TIMEOUT_S", 0.3)


async def _answers(db: Database) -> bool:
    try:
        await count(db, "count_facts")
    except DatabaseUnavailable:
        return False
    return True


async def test_database_that_is_down_at_start_is_used_when_it_comes(door: Door, hasty: None) -> None:
    db = probe.database(door.url)
    await db.open()
    with pytest.raises(DatabaseUnavailable):
        async with db.tx(CALLER):
            pass
    await door.open()
    await until(lambda: _answers(db))
    await db.close()


async def test_database_that_goes_away_comes_back(door: Door, hasty: None) -> None:
    await door.open()
    db = probe.database(door.url)
    await db.open()
    await until(lambda: _answers(db))
    await door.close()
    for _ in range(6):  # more than there were connections
        with pytest.raises(DatabaseUnavailable):
            await count(db, "count_facts")
    await door.open()
    await until(lambda: _answers(db))
    await db.close()


async def test_connection_that_breaks_inside_a_transaction_is_an_unavailability(door: Door, hasty: None) -> None:
    await door.open()
    db = probe.database(door.url)
    await db.open()
    await until(lambda: _answers(db))
    with pytest.raises(DatabaseUnavailable):  # noqa: PT012 - the block is what must not be left
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
            await door.close()
            await tx.all("facts", row=Fact)
    assert not transaction_is_open()
    await door.open()
    await until(lambda: _answers(db))
    assert await count(db, "count_facts") == 0
    await db.close()


async def test_exhausted_pool_is_told_with_retry_after(probe_url: str, hasty: None) -> None:
    db = probe.database(probe_url, max_connections=1)
    await db.open()
    async with db.read():
        with pytest.raises(DatabaseUnavailable) as refused:
            async with db.read():
                pass
    answer = problem_response(refused.value)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert await count(db, "count_facts") == 0
    await db.close()


async def test_runaway_statement_is_ended(probe_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "STATEMENT_TIMEOUT_MS", 200)
    db = probe.database(probe_url)
    await db.open()
    with pytest.raises(DatabaseUnavailable):
        async with db.tx(CALLER) as tx:
            await tx.value("sleep", {"for_s": 60})
    async with db.tx(CALLER, timeout_s=5) as tx:
        await tx.value("sleep", {"for_s": 0.3})
    await db.close()


async def test_lock_is_not_waited_for_longer_than_the_limit(probe_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "LOCK_TIMEOUT_MS", 200)
    db = probe.database(probe_url)
    await db.open()
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
    async with db.tx(CALLER) as tx:
        await tx.one("lock_fact", {"id": "a"}, row=Fact)
        with pytest.raises(DatabaseUnavailable):
            async with db.tx(CALLER) as other:
                await other.one("lock_fact", {"id": "a"}, row=Fact)
    await db.close()


async def test_one_clock_judges_and_tests_may_move_it(db: Database, probe_url: str) -> None:
    async with db.tx(CALLER) as tx:
        before = tx.now
    async with await psycopg.AsyncConnection.connect(probe_url, autocommit=True) as connection:
        await connection.execute("update probe.test_clock set offset_s = 3600")
    async with db.tx(CALLER) as tx:
        assert timedelta(hours=1) <= tx.now - before < timedelta(hours=1, minutes=1)


async def test_snapshot_does_not_see_what_comes_later(db: Database) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
    async with db.snapshot() as snapshot:
        first = [fact.value async for fact in snapshot.stream("facts", row=Fact)]
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 2)
        again = [fact.value async for fact in snapshot.stream("facts", row=Fact)]
    assert (first, again) == ([1], [1])


async def test_row_that_is_not_there_is_an_error_where_one_is_expected(db: Database) -> None:
    async with db.read() as read:
        assert await read.maybe("lock_fact", {"id": "nobody"}, row=Fact) is None
        with pytest.raises(LookupError, match="lock_fact"):
            await read.one("lock_fact", {"id": "nobody"}, row=Fact)


async def test_node_starts_without_its_database_answers_503_and_recovers(
    engines: Engines, tmp_path: Path, namespace: str, hasty: None
) -> None:
    template = await asyncio.to_thread(template_database, engines, ["catalog"])
    with scratch_database(engines, template=template) as url:
        async with door_to(url) as door:
            settings = Settings(
                database_url=door.url,
                nats_url=engines.nats_url,
                bus_namespace=namespace,
                secret_key=SECRET,
                data_dir=str(tmp_path),
                strict_calls=True,
            )
            async with running(settings, {"catalog"}) as node:
                catalog = node.ask(CatalogApi)
                with pytest.raises(Unavailable) as refused:
                    await catalog.list_categories(caller=CALLER)
                assert (refused.value.status, problem_response(refused.value).headers["retry-after"]) == (503, "2")
                await door.open()
                await until(lambda: _lists(catalog))
                await _drop(node.bus)


async def _lists(catalog: CatalogApi) -> bool:
    try:
        return await catalog.list_categories(caller=CALLER) == ()
    except Unavailable:
        return False


async def _drop(bus: Bus) -> None:
    await bus.drop_stream()
