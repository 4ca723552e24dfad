"""What the database is slow at is told by name: single statements, batches, and what it gave up on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog

from springtide.platform import pools
from springtide.platform.batch import batch
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, DatabaseUnavailable, Statements
from tests.context.platform.probe import CALLER, HERE, PROBE, SECRET

SLEEP = Statements({"doze": "select pg_sleep(%(seconds)s), 'a secret of ' || %(name)s as text"})


@asynccontextmanager
async def opened(probe_url: str) -> AsyncIterator[Database]:
    statements = Statements.load(HERE / "probe.sql").merged(SLEEP)
    database = Database(runtime_url(probe_url, SECRET, PROBE), PROBE, statements, slow_s=0.1)
    await database.open()
    yield database
    await database.close()


async def test_single_statement_a_batch_and_a_statement_given_up_on(
    probe_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(probe_url) as db, db.read() as read:
            await read.value("count_facts")
            await read.tuples("doze", {"seconds": 0.15, "name": "Ann Buyer"})
        async with opened(probe_url) as db, batch(db, CALLER) as tx:
            await tx.begin(("doze", {"seconds": "0.15", "name": "Ann Buyer"}), ("count_facts", {}))
            await tx.commit()
        monkeypatch.setattr(pools, "STATEMENT_TIMEOUT_MS", 200)
        with pytest.raises(DatabaseUnavailable):
            async with opened(probe_url) as db, db.read() as read:
                await read.tuples("doze", {"seconds": 20, "name": "Ann Buyer"})
        await asyncio.sleep(0)
    told = [(log["statements"], log["rows"]) for log in logs if log["event"] == "statement.slow"]
    found = [(statements, rows) for statements, rows in told if "doze" in statements]  # others may be: it is a machine
    assert found == [(["doze"], 1), (["kernel_now", "doze", "count_facts"], 3), (["doze"], -1)]
    assert "Ann" not in repr(logs)
