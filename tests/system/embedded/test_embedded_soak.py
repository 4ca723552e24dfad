"""Many kills in a row: what was answered with success is there afterwards. By hand: `make soak`."""

import asyncio
import os
import random
import signal
from functools import partial

import nats
import nats.errors
import psycopg
import pytest

from springtide.platform.embedded.engines import Engines, running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import recorded_pid
from tests.system.embedded.kept import Until

KILLS = 30
PACE_S = 0.005  # the point is the kills, not the load


async def write_rows(engines: Engines, confirmed: list[int], enough: asyncio.Event) -> None:
    """Commit numbers one after the other; note those whose commit was answered."""
    number = 0
    while not enough.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(engines.database_url, autocommit=True) as connection:
                while not enough.is_set():
                    number += 1
                    await connection.execute("insert into numbers values (%s)", [number])
                    confirmed.append(number)
                    await asyncio.sleep(PACE_S)
        except psycopg.OperationalError:
            await asyncio.sleep(0.02)


async def publish(engines: Engines, confirmed: list[int], enough: asyncio.Event) -> None:
    """Publish numbers one after the other; note those that were acknowledged."""
    number = 0
    client = await nats.connect(engines.nats_url, max_reconnect_attempts=-1, reconnect_time_wait=0.05)
    stream = client.jetstream(timeout=1)
    while not enough.is_set():
        number += 1
        try:
            await stream.publish("numbers", str(number).encode())
            confirmed.append(number)
            await asyncio.sleep(PACE_S)
        except (nats.errors.Error, TimeoutError):
            await asyncio.sleep(0.02)
    await client.close()


async def kill_one(folder: DataFolder, engine: str, until: Until) -> None:
    record = folder.run / f"{engine}.json"
    await until(lambda: recorded_pid(record) is not None)
    pid = recorded_pid(record)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def has_grown(confirmed: list[int], before: int) -> bool:
    return len(confirmed) > before + 20


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_nothing_confirmed_is_lost_over_many_kills(folder: DataFolder, until: Until) -> None:
    rows: list[int] = []
    messages: list[int] = []
    enough = asyncio.Event()
    chance = random.Random(20_111_125)
    async with running_engines(folder, say=print) as engines:
        async with await psycopg.AsyncConnection.connect(engines.database_url, autocommit=True) as connection:
            await connection.execute("create table numbers (number int primary key)")
        client = await nats.connect(engines.nats_url)
        await client.jetstream().add_stream(name="numbers", subjects=["numbers"])
        await client.close()
        async with asyncio.TaskGroup() as writers:
            writers.create_task(write_rows(engines, rows, enough))
            writers.create_task(publish(engines, messages, enough))
            for _ in range(KILLS):
                await kill_one(folder, chance.choice(["postgres", "nats"]), until)
                rows_before, messages_before = len(rows), len(messages)
                await until(partial(has_grown, rows, rows_before))
                await until(partial(has_grown, messages, messages_before))
            enough.set()
        async with await psycopg.AsyncConnection.connect(engines.database_url) as connection:
            stored = {row[0] for row in await (await connection.execute("select number from numbers")).fetchall()}
        client = await nats.connect(engines.nats_url)
        kept = await client.jetstream().stream_info("numbers")
        await client.close()
    assert set(rows) - stored == set()
    assert kept.state.messages >= len(messages)
