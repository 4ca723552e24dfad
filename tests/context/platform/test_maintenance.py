"""Partitions are made ahead and dropped behind, while others write, and nothing that was stored moves or is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from springtide.platform import cutting, pools
from springtide.platform.bus import Bus
from springtide.platform.db import Database
from springtide.platform.maintenance import MaintenanceFailed, Upkeep, maintain
from springtide.platform.outbox import Relay
from springtide.platform.partitions import first_id
from tests.context.platform import probe
from tests.context.platform.probe import CALLER, PROBE, change, count

DAYS = {"outbox_days": 8, "audit_days": 0}


@pytest.fixture
async def admin(probe_url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(probe_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_PAUSE_S", 0.02)


async def bounds(admin: psycopg.AsyncConnection[Any], table: str) -> dict[str, str]:
    cursor = await admin.execute(
        "select relname, pg_get_expr(relpartbound, oid) from pg_inherits join pg_class on oid = inhrelid"
        " where inhparent = %s::regclass order by relname",
        [f"{PROBE}.{table}"],
    )
    return dict(await cursor.fetchall())


async def places(admin: psycopg.AsyncConnection[Any], table: str) -> dict[str, int]:
    """How many rows lie where."""
    statement = sql.SQL("select tableoid::regclass::text, count(*) from {}.{} group by 1").format(
        sql.Identifier(PROBE), sql.Identifier(table)
    )
    return {name.removeprefix(f"{PROBE}."): many for name, many in await (await admin.execute(statement)).fetchall()}


async def turn(url: str, now: datetime | None = None, days: dict[str, int] | None = None) -> Upkeep:
    return await maintain(url, PROBE, (), days or DAYS, now=now)


async def write_some(db: Database, *names: str) -> None:
    async with db.tx(CALLER) as tx:
        for name in names:
            await change(tx, name, 1)


async def test_what_was_stored_stays_and_new_ranges_begin_at_the_next_boundary(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any]
) -> None:
    await write_some(db, "a", "b")
    (before,) = await (await admin.execute("select pg_relation_filenode('probe.outbox_default')")).fetchall()
    done = await turn(probe_url)
    found = await bounds(admin, "outbox")
    assert len(done.made) == 2 + 2  # one whole piece and one without an end, of both tables
    assert "DEFAULT" not in found.values()
    assert found["outbox_first"].startswith("FOR VALUES FROM (MINVALUE)")
    assert sum("MAXVALUE" in bound for bound in found.values()) == 1
    assert await places(admin, "outbox") == {"outbox_first": 2}
    (after,) = await (await admin.execute("select pg_relation_filenode('probe.outbox_first')")).fetchall()
    assert before == after
    await write_some(db, "c")  # before the boundary it still goes where the others are
    assert await places(admin, "outbox") == {"outbox_first": 3}
    assert (await turn(probe_url)).made == ()


async def test_nothing_that_is_stored_is_read_under_a_lock_that_stops_others(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL says so itself: each attached piece is proven by its check, none is looked through."""
    await write_some(db, "a")
    notices: list[str] = []
    connect = psycopg.AsyncConnection.connect

    async def watched(*arguments: Any, **options: Any) -> psycopg.AsyncConnection[Any]:
        connection = await connect(*arguments, **options, options="-c client_min_messages=debug1")
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        return connection

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", watched)
    await turn(probe_url)
    implied = [notice for notice in notices if "is implied by existing constraints" in notice]
    assert any("outbox_default" in notice for notice in implied), notices
    assert any("audit_default" in notice for notice in implied), notices


async def test_rows_of_later_land_in_the_ranges_made_for_them(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any]
) -> None:
    await turn(probe_url)
    now = datetime.now(UTC)
    for weeks in (0, 1, 2, 30):
        await admin.execute(
            "insert into probe.audit values (%s, 'a', 'a', '{}', '', '', '', now())",
            [first_id(now + timedelta(weeks=weeks))],
        )
    found = await places(admin, "audit")
    assert sum(found.values()) == 4
    assert found["audit_first"] >= 1
    assert (await turn(probe_url)).made == ()
    # The row of thirty weeks ahead lies in the last piece; a cut comes behind it, and loses nothing.
    await turn(probe_url, now + timedelta(weeks=20))
    assert sum((await places(admin, "audit")).values()) == 4


async def test_shop_that_nobody_looked_after_goes_on_and_is_cut_later(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any]
) -> None:
    await turn(probe_url, datetime.now(UTC) - timedelta(days=200))
    await write_some(db, "a", "b", "c")  # long past the last boundary: the piece without an end takes them
    assert sum((await places(admin, "outbox")).values()) == 3
    done = await turn(probe_url)
    assert done.made
    assert sum((await places(admin, "outbox")).values()) == 3
    assert await count(db, "count_facts") == 3


async def test_old_events_go_with_their_partition_unless_one_is_unsent(
    probe_url: str, db: Database, bus: Bus, admin: psycopg.AsyncConnection[Any]
) -> None:
    await turn(probe_url, datetime.now(UTC) - timedelta(days=21))
    await write_some(db, "a", "b")
    await turn(probe_url)
    later = datetime.now(UTC) + timedelta(days=17)
    done = await turn(probe_url, later)
    assert await count(db, "count_outbox") == 2  # not published: they stay, however old
    assert not any(name in done.dropped for name in await places(admin, "outbox"))
    assert await Relay(db, bus).publish_once() == 2
    done = await turn(probe_url, later)
    assert [name for name in done.dropped if name != "outbox_first"]
    assert await count(db, "count_outbox") == 0
    found = await bounds(admin, "outbox")
    assert found["outbox_first"].startswith("FOR VALUES FROM (MINVALUE)")
    await admin.execute(  # an id of long ago finds a place: a process whose clock is late goes on
        "insert into probe.outbox values (%s, default, 't', 1, 'a', 1, '', '', '', '', '', now())",
        [first_id(datetime(2001, 1, 1, tzinfo=UTC))],
    )
    assert (await turn(probe_url, later)).dropped == ()


async def test_audit_rows_are_kept_for_ever_unless_a_setting_says_otherwise(probe_url: str, db: Database) -> None:
    await turn(probe_url, datetime.now(UTC) - timedelta(days=70))
    await write_some(db, "a")
    await turn(probe_url)
    later = datetime.now(UTC) + timedelta(days=4_000)
    assert not [name for name in (await turn(probe_url, later)).dropped if name.startswith("audit")]
    assert await count(db, "count_audit") == 1
    dropped = (await turn(probe_url, later, {**DAYS, "audit_days": 365})).dropped
    assert [name for name in dropped if name.startswith("audit")]
    assert await count(db, "count_audit") == 0


@pytest.fixture
async def hurried(probe_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database whose statements fail when they wait a second for a lock: that is no matter of a slow machine."""
    monkeypatch.setattr(pools, "LOCK_TIMEOUT_MS", 1_000)
    database = probe.database(probe_url)
    await database.open()
    yield database
    await database.close()


async def test_writers_do_not_wait_while_it_cuts_and_drops(
    probe_url: str, hurried: Database, bus: Bus, admin: psycopg.AsyncConnection[Any]
) -> None:
    """Writers and a relay go on all the time; no write fails, none waits long, all of their rows are there."""
    db = hurried
    await turn(probe_url, datetime.now(UTC) - timedelta(days=30))
    await write_some(db, "old")
    assert await Relay(db, bus).publish_once() == 1
    is_over = asyncio.Event()
    written = 0

    async def keep_writing(name: str) -> None:
        nonlocal written
        number = 0
        while not is_over.is_set():
            number += 1
            await write_some(db, f"{name}-{number}")
            written += 1

    writers = [asyncio.create_task(keep_writing(f"w{number}")) for number in range(3)]
    dropped: list[str] = []
    for weeks in range(1, 7):  # each turn cuts what is coming; old pieces go
        done = await turn(probe_url, datetime.now(UTC) + timedelta(weeks=weeks))
        dropped += done.dropped
        await Relay(db, bus).publish_once()
    is_over.set()
    await asyncio.gather(*writers)
    assert dropped
    assert written >= 6
    assert await count(db, "count_facts") == written + 1
    assert await count(db, "count_audit") == written + 1


async def test_long_transaction_is_given_way_to(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the table: others go on writing, the turn gives up, and leaves no check behind."""
    monkeypatch.setattr(cutting, "_TRIES", 2)
    async with admin.transaction():
        await admin.execute("select 1 from probe.outbox")
        with pytest.raises(MaintenanceFailed):
            await turn(probe_url)
        await write_some(db, "a")
    found = await (await admin.execute("select count(*) from pg_constraint where conname = 'cut'")).fetchall()
    assert found == [(0,)]
    assert (await turn(probe_url)).made
    assert await count(db, "count_outbox") == 1


async def test_turn_that_was_killed_in_the_middle_is_ended_by_the_next(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any]
) -> None:
    """What a killed turn leaves: a check on the piece to be cut, and a new piece that is not attached yet."""
    await admin.execute("set role springtide_probe_owner")
    await admin.execute(
        sql.SQL("alter table probe.outbox_default add constraint cut check (id < {}) not valid").format(
            sql.Literal(str(first_id(datetime.now(UTC) + timedelta(hours=2))))
        )
    )
    await admin.execute("create table probe.outbox_2020w01 (like probe.outbox including all excluding identity)")
    await turn(probe_url)
    assert "outbox_2020w01" not in await bounds(admin, "outbox")
    assert await (await admin.execute("select to_regclass('probe.outbox_2020w01')")).fetchall() == [(None,)]
    await write_some(db, "a")
    assert await places(admin, "outbox") == {"outbox_first": 1}


async def test_one_process_at_a_time(probe_url: str, admin: psycopg.AsyncConnection[Any]) -> None:
    await admin.execute("select pg_advisory_lock(hashtext('springtide-maintenance'), hashtext(%s))", [PROBE])
    assert await turn(probe_url) == Upkeep(is_taken=True)


async def test_documents_are_spared_in_new_pieces_as_in_those_before(
    probe_url: str, admin: psycopg.AsyncConnection[Any]
) -> None:
    made = (await turn(probe_url)).made
    for name in made:
        column = "payload" if name.startswith("outbox") else "difference"
        cursor = await admin.execute(
            "select attstattarget, reloptions from pg_attribute join pg_class on pg_class.oid = attrelid"
            " where attrelid = %s::regclass and attname = %s",
            [f"probe.{name}", column],
        )
        assert await cursor.fetchall() == [(0, ["toast_tuple_target=8160"])], name


async def test_runtime_role_reaches_rows_through_the_parent_only(
    probe_url: str, db: Database, admin: psycopg.AsyncConnection[Any]
) -> None:
    made = (await turn(probe_url)).made
    for name in made:
        cursor = await admin.execute("select has_table_privilege('springtide_probe', %s, 'delete')", [f"probe.{name}"])
        assert await cursor.fetchall() == [(False,)], name
