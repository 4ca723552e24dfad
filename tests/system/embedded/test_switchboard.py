"""Engines with a switch: taken away and given back at the same address, killed, their connections and disk taken."""

import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from springtide.platform.database_roles import runtime_role, runtime_url
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.probes import tcp_probe
from springtide.platform.embedded.small_disk import NoSmallDisk, SmallDisk
from springtide.platform.embedded.switchboard import NATS, POSTGRES, Switchboard
from springtide.platform.embedded.trouble import DatabaseAway, Occupier, move_clock
from tests.system.embedded.kept import Until

CONTEXT = "inventory"


@pytest.fixture
async def board(folder: DataFolder) -> AsyncIterator[Switchboard]:
    async with Switchboard(folder, folder, say=lambda _: None) as opened:
        yield opened


async def answers(url: str) -> bool:
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=2) as connection:
            return (await (await connection.execute("select 1")).fetchone()) == (1,)
    except psycopg.OperationalError:
        return False


async def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement)
        return await cursor.fetchall() if cursor.description else []


async def test_an_engine_comes_back_at_its_address(board: Switchboard, until: Until):
    url = board.engines.database_url
    await execute(url, "create table kept as select 7 as seven")
    await board.off(POSTGRES)
    assert not await answers(url)
    assert not board.kill(POSTGRES), "there is nothing to kill"
    await board.on(POSTGRES)
    assert board.engines.database_url == url
    assert board.kill(POSTGRES)
    await until(lambda: answers(url))
    assert await execute(url, "select seven from kept") == [(7,)]


async def test_the_bus_is_switched_by_itself(board: Switchboard):
    port = int(board.engines.nats_url.rpartition(":")[2])
    is_up = tcp_probe("127.0.0.1", port)
    assert await is_up()
    await board.off(NATS)
    assert not await is_up()
    assert await answers(board.engines.database_url)
    await board.on(NATS)
    assert await is_up()


async def test_all_connections_of_a_context_are_taken_and_given_back(board: Switchboard):
    engines = board.engines
    url = runtime_url(engines.database_url, engines.secret_key, CONTEXT)
    password = url.partition("//")[2].partition(":")[2].partition("@")[0]
    await execute(engines.database_url, f"create role {runtime_role(CONTEXT)} login password '{password}'")
    async with (
        await psycopg.AsyncConnection.connect(url, autocommit=True) as before,
        Occupier(engines.database_url, engines.secret_key, CONTEXT) as occupier,
    ):
        assert occupier.taken > 10
        assert not await answers(url)
        with pytest.raises(psycopg.OperationalError):
            await before.execute("select 1")
        assert await answers(engines.database_url), "the administrator's places stay"
    assert await answers(url)


async def test_trouble_needs_a_database(board: Switchboard):
    await board.off(POSTGRES)
    engines = board.engines
    with pytest.raises(DatabaseAway):
        await move_clock(engines.database_url, CONTEXT, 5)
    with pytest.raises(DatabaseAway):
        async with Occupier(engines.database_url, engines.secret_key, CONTEXT):
            pass


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[SmallDisk, Path]]:
    place = tmp_path / "disk"
    made = SmallDisk(place)
    try:
        made.mount()
    except NoSmallDisk as problem:
        pytest.skip(f"no small disk here: {problem}")
    yield made, place
    made.unmount()


def write(file: Path) -> int:
    """Write 1 MB; return the error's number, 0 when there was room."""
    try:
        file.write_bytes(b"x" * 1_000_000)
    except OSError as error:
        return error.errno or -1
    return 0


def test_a_disk_is_full_until_it_is_freed(disk: tuple[SmallDisk, Path]):
    small, place = disk
    assert write(place / "before") == 0
    small.fill()
    assert write(place / "during") == errno.ENOSPC
    small.free()
    assert write(place / "after") == 0
    assert (place / "before").stat().st_size == 1_000_000


@pytest.mark.skipif(os.geteuid() == 0, reason="for ordinary users: root may mount")
def test_an_ordinary_user_is_told_that_there_is_no_small_disk(tmp_path: Path):
    with pytest.raises(NoSmallDisk, match="only root"):
        SmallDisk(tmp_path / "disk").mount()


async def test_a_clock_is_moved(board: Switchboard):
    url = board.engines.database_url
    await execute(url, f"create schema {CONTEXT}")
    await execute(url, f"create table {CONTEXT}.test_clock as select 0::float as offset_s")
    await move_clock(url, CONTEXT, 90)
    assert await execute(url, "table inventory.test_clock") == [(90.0,)]
