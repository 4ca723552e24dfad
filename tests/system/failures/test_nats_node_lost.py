"""One of three NATS servers is killed under load and comes back: no event lost, no order lost, and buying goes on."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conftest import template_database
from nats.aio.client import Client
from system.failures.nats_cluster import NatsCluster
from system.failures.trade import load, shop_settings, trading

from springtide.commands.drill_stage import LAYOUT
from springtide.platform.bus import STREAM
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.settings import CONTEXTS, Settings


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[NatsCluster]:
    found = NatsCluster(tmp_path)
    try:
        await found.start()
        yield found
    finally:
        found.stop()


async def leader_of(settings: Settings) -> tuple[int, int]:
    """Return the number of the server that leads the stream of events, and how many keep it."""
    client = Client()
    await client.connect(settings.nats_url.split(","))
    info = await client.jetstream().stream_info(f"{STREAM}_{settings.bus_namespace}")
    await client.close()
    assert info.cluster is not None
    return int(str(info.cluster.leader).removeprefix("n")), 1 + len(info.cluster.replicas or [])


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_no_event_and_no_order_is_lost(cluster: NatsCluster, engines: Engines):
    template = await asyncio.to_thread(template_database, engines, CONTEXTS)
    with scratch_database(engines, template=template) as url, tempfile.TemporaryDirectory() as place:
        given = {"database_url": url, "nats_url": cluster.url, "nats_replicas": 3}
        settings = shop_settings(Path(place), **given)
        await load(settings)
        leader, copies = await leader_of(settings)
        assert copies == 3
        async with trading(settings, LAYOUT, Path(place)) as trade:
            await trade.sells_since(0, count=10)
            killed_at = time.monotonic()
            cluster.kill(leader)
            paused_s = await trade.sells_since(killed_at, count=10)
            await cluster.bring_back(leader)
            back_at = time.monotonic()
            await trade.sells_since(back_at, count=10)
        print(f"the leader of the stream killed: next order after {paused_s:.2f} s")  # noqa: T201
        assert paused_s < 15
