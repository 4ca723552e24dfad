"""What the database is slow at is told by name: single statements, batches, and what it gave up on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from springtide.platform import pools
from springtide.platform.batch import batch
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, DatabaseUnavailable, Statements
from tests.context.platform.probe import CALLER, HERE, PROBE, SECRET

SLEEP = Statements({"doze": "select pg_sleep(%(seconds)s), 'a secret of ' || %(name)s as text"})


@pytest.fixture
async def slow_db(probe_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(pools, "STATEMENT_TIMEOUT_MS", 400)
    statements = Statements.load(HERE / "probe.sql").merged(SLEEP)
    database = Database(runtime_url(probe_url, SECRET, PROBE), PROBE, statements, slow_s=0.1)
    await database.open()
    yield database
    await database.close()


async def test_single_statement_a_batch_and_a_statement_given_up_on(slow_db: Database) -> None:
    with structlog.testing.capture_logs() as logs:
        async with slow_db.read() as read:
            await read.value("count_facts")
            await read.tuples("doze", {"seconds": 0.15, "name": "Ann Buyer"})
        async with batch(slow_db, CALLER) as tx:
            await tx.begin(("doze", {"seconds": "0.15", "name": "Ann Buyer"}), ("count_facts", {}))
            await tx.commit()
        with pytest.raises(DatabaseUnavailable):
            async with slow_db.read() as read:
                await read.tuples("doze", {"seconds": 2, "name": "Ann Buyer"})
        await asyncio.sleep(0)
    found = [(log["statements"], log["rows"]) for log in logs if log["event"] == "statement.slow"]
    assert found == [(["doze"], 1), (["kernel_now", "doze", "count_facts"], 3), (["doze"], -1)]
    assert "Ann" not in repr(logs)
