"""The primary of PostgreSQL is lost under load and its synchronous standby promoted: no answered order is lost."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from system.failures.postgres_pair import PASSWORD, Server
from system.failures.trade import load, shop_settings, trading

from springtide.commands.migrations import migrate_all
from springtide.platform.embedded.engines import Engines
from springtide.settings import CONTEXTS

LAYOUT = (("web", *CONTEXTS, "jobs"),)
STREAMING = "select 1 from pg_stat_replication where application_name = '{}' and sync_state = '{}'"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the database's account can pass through."""
    found = Path(tempfile.mkdtemp(prefix="springtide-pair-"))
    found.chmod(0o711)
    yield found
    shutil.rmtree(found)


@pytest.fixture
async def pair(place: Path) -> AsyncIterator[tuple[Server, Server]]:
    """A primary whose every commit waits for its standby."""
    north, south = Server(place, "north"), Server(place, "south")
    try:
        north.initialise()
        north.start(synchronous_standby_names="south")
        await north.answers()
        south.follow(north)
        south.start()
        await north.answers(STREAMING.format("south", "sync"))
        yield north, south
    finally:
        for server in (north, south):
            server.stop()


def either(*servers: Server) -> str:
    """One URL for both: whoever takes writes is asked."""
    hosts = ",".join(f"{server.host}:{server.port}" for server in servers)
    return f"postgresql://postgres:{PASSWORD}@{hosts}/postgres?target_session_attrs=read-write"


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_no_answered_order_is_lost_and_the_shop_sells_again(
    pair: tuple[Server, Server], engines: Engines, tmp_path: Path
):
    north, south = pair
    settings = shop_settings(tmp_path, database_url=either(north, south), nats_url=engines.nats_url)
    await asyncio.to_thread(migrate_all, settings)
    await load(settings)
    async with trading(settings, LAYOUT, tmp_path) as trade:
        await trade.sells_since(0, count=10)
        killed_at = time.monotonic()
        north.kill()
        await asyncio.to_thread(south.promote)
        promoted_s = time.monotonic() - killed_at
        selling_s = await trade.sells_since(killed_at + promoted_s, count=10) + promoted_s
        await it_returns_as_a_standby_only(north, south)
        await trade.sells_since(time.monotonic(), count=5)
    print(f"promoted after {promoted_s:.2f} s, selling again {selling_s:.2f} s after the kill")  # noqa: T201
    assert selling_s < 30


async def it_returns_as_a_standby_only(old: Server, new: Server) -> None:
    """Started as it was, the old primary answers no commit: its standby no longer follows it. Rewound, it follows."""
    old.start(synchronous_standby_names="south")
    await old.answers()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await writes(old)
    await asyncio.to_thread(old.kill)
    old.start(synchronous_standby_names="")  # recovers what the kill left, so that it can be rewound
    await old.answers()
    await asyncio.to_thread(old.end)
    await asyncio.to_thread(old.rewind_to, new)
    old.start()
    await new.answers(STREAMING.format("north", "async"))
    assert await old.answers("select pg_is_in_recovery()") is True
    assert await old.answers("select coalesce(to_regclass('split_brain')::text, 'taken back')") == "taken back"


async def writes(server: Server) -> None:
    async with await psycopg.AsyncConnection.connect(server.url, autocommit=True) as connection:
        await connection.execute("create table split_brain ()")
