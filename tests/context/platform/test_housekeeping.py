"""Every schema forgets what has had its time, and nothing before."""

from collections.abc import Awaitable, Callable

import psycopg
import pytest

from springtide.platform import housekeeping
from springtide.platform.bus import Bus
from springtide.platform.db import Database, Tx
from springtide.platform.housekeeping import forget
from springtide.platform.outbox import Relay
from springtide.platform.usecase import write
from tests.context.platform.probe import CALLER, change, count

HOUR = 3600
DAY = 24 * HOUR
SetClock = Callable[[int], Awaitable[None]]


@pytest.fixture
def clock(probe_url: str) -> SetClock:
    """Move the database's clock: `await clock(DAY)` is tomorrow."""

    async def move(offset_s: int) -> None:
        async with await psycopg.AsyncConnection.connect(probe_url, autocommit=True) as connection:
            await connection.execute("update probe.test_clock set offset_s = %s", [offset_s])

    return move


async def make(db: Database, *names: str) -> None:
    async def work(tx: Tx) -> int:
        return sum([await change(tx, name, 1) for name in names])

    await write(db, caller=CALLER, operation="make", key="key-0001", request={}, reply=int, work=work)


async def test_kept_answers_go_after_48_hours(db: Database, clock: SetClock) -> None:
    await make(db, "a")
    await clock(47 * HOUR)
    assert (await forget(db), await count(db, "count_kept")) == (0, 1)
    await clock(49 * HOUR)
    assert (await forget(db), await count(db, "count_kept")) == (1, 0)


async def test_sent_events_go_and_unsent_ones_never_do(
    db: Database, bus: Bus, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_AT_ONCE", 2)
    await make(db, "a", "b", "c")
    assert await Relay(db, bus).publish_once() == 3
    async with db.tx(CALLER) as tx:
        await change(tx, "d", 1)
    await clock(15 * DAY)  # their partition takes them, where partitions are looked after
    await forget(db)
    assert await count(db, "count_outbox") == 4
    await clock(17 * DAY)
    assert await forget(db) == 3
    assert (await count(db, "count_outbox"), await count(db, "count_unsent")) == (1, 1)


async def test_facts_and_audit_rows_stay(db: Database, clock: SetClock) -> None:
    await make(db, "a")
    await clock(400 * DAY)
    await forget(db)
    assert (await count(db, "count_facts"), await count(db, "count_audit")) == (1, 1)
