"""A database of somebody's own, lost with its disk: the guide's steps, one by one, until the shop sells again."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psycopg
import pytest
from conftest import SECRET
from fakes.serving import free_port
from system.buyer import Buyer

from springtide.bootstrap import running
from springtide.platform.backup.copies import give_to
from springtide.platform.backup.server import recovered
from springtide.platform.embedded.engines import Engines, running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.testing import scratch_data_folder
from springtide.rehearsal.checker import check
from springtide.rehearsal.drill.goods import MARKET, PLENTY_PER_LOCATION, load_goods
from springtide.settings import CONTEXTS, Backup, Gateway, Settings, as_environment, replaced

SKU = "D-12"
_WITHIN_S = 120
_ORDERS = 3


def quietly(line: str) -> None:
    del line


@pytest.fixture
def servers() -> Iterator[tuple[DataFolder, DataFolder]]:
    """The machine of the database, and the one that takes its place."""
    with scratch_data_folder() as lost, scratch_data_folder() as new:
        yield lost, new


async def command(settings: Settings, *words: str) -> str:
    """Run a command of ours to its end."""
    process = await started(settings, *words)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def started(settings: Settings, *words: str) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "springtide.cli", *words),
        env={**kept, **as_environment(settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Sell while the block lasts."""
    process = await started(settings, "serve", "web", *CONTEXTS, "jobs")
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", timeout=30) as client:
            async with asyncio.timeout(_WITHIN_S):
                while not await is_ready(client):
                    assert process.returncode is None
                    await asyncio.sleep(0.1)
            yield client
    finally:
        process.terminate()
        await process.communicate()


async def is_ready(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


@asynccontextmanager
async def archiving(settings: Settings) -> AsyncIterator[None]:
    """Receive every change while the block lasts; it begins with a base backup."""
    process = await started(settings, "backup", "archive")
    try:
        async with asyncio.timeout(_WITHIN_S):
            while not list(Path(settings.backup.dir).glob("base/*/facts.json")):  # noqa: ASYNC240 - as above
                assert process.returncode is None
                await asyncio.sleep(0.1)
        yield
    finally:
        process.terminate()
        await process.communicate()


async def bought(client: httpx2.AsyncClient) -> str:
    done = await Buyer(client, market=MARKET).buy("invoice", (SKU, 1))
    assert done["step"] == "completed"
    return str(done["order_number"])


async def received(engines: Engines) -> None:
    """Wait until the archive has what was written."""
    behind = "select count(*) from pg_stat_replication where flush_lsn >= %s"
    async with await psycopg.AsyncConnection.connect(engines.database_url, autocommit=True) as connection:
        (written,) = await (await connection.execute("select pg_current_wal_lsn()")).fetchone() or (None,)
        async with asyncio.timeout(_WITHIN_S):
            while (await (await connection.execute(behind, [written])).fetchone()) == (0,):  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.05)


def settings_of(engines: Engines, place: Path) -> Settings:
    return Settings(
        data_dir=str(place / "data"),
        database_url=engines.database_url,
        nats_url=engines.nats_url,
        secret_key=SECRET,
        port=free_port(),
        default_market=MARKET,
        demo=False,
        drain_s=0.0,
        backup=Backup(dir=str(place / "backup")),
        gateways=(Gateway(name="invoice", provider="invoice", markets={MARKET: ("invoice",)}),),
    )


@pytest.mark.soak  # the pieces are tested by test_backups.py; this is the guide from its first line to its last
@pytest.mark.timeout(600)
async def test_the_guide_brings_a_lost_database_back(servers: tuple[DataFolder, DataFolder], tmp_path: Path) -> None:
    lost, new = servers
    (tmp_path / "data").mkdir()
    async with running_engines(lost, say=quietly) as engines:
        settings = settings_of(engines, tmp_path)
        await command(settings, "migrate")
        async with running(settings, CONTEXTS, serve=False) as node:
            await load_goods(node.ask)
            await node.settle(patience_s=_WITHIN_S)
        async with archiving(settings):
            async with serving(settings) as client:
                numbers = {await bought(client) for _ in range(_ORDERS)}
            await received(engines)
    shutil.rmtree(lost.pg)

    await command(settings, "restore", "--into", str(new.pg))
    give_to(new.pg, new.account)
    new.secrets_file.write_bytes(lost.secrets_file.read_bytes())  # the administrator's own passwords
    async with running_engines(new, say=quietly) as engines:
        await recovered(engines.database_url, say=quietly, look=lambda: None)
        settings = replaced(settings, database_url=engines.database_url, nats_url=engines.nats_url)
        await command(settings, "restore", "--only-events")
        async with serving(settings) as client:
            assert await bought(client) not in numbers
        async with running(settings, CONTEXTS, background=True, serve=False) as node:
            await node.settle(patience_s=_WITHIN_S)
            assert (await check(node.ask)).findings == []
        async with await psycopg.AsyncConnection.connect(engines.database_url) as connection:
            rows = await (await connection.execute("select number from orders.orders")).fetchall()
            units = await connection.execute(
                "select sum(claimed), sum(on_hand) from inventory.stock where sku = %s", [SKU]
            )
            assert await units.fetchone() == (_ORDERS + 1, 2 * PLENTY_PER_LOCATION)
    assert numbers < {number for (number,) in rows}
