"""The shop's host is cut off from the engines' host and joined again: 503 meanwhile, no order lost."""

import asyncio
import json
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.serving import free_port
from system.failures.networks import Hosts, moved_to, two_hosts, why_not
from system.failures.postgres_pair import PASSWORD, Server
from system.failures.trade import Trade, load, shop_settings, trading

from springtide.commands.migrations import migrate_all
from springtide.platform.embedded.binaries import nats_program
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.probes import first_line
from springtide.platform.http_client import HttpAnswer, HttpClient
from springtide.rehearsal.drill.goods import LOCALE, MARKET, SKUS
from springtide.settings import CONTEXTS

LAYOUT = (("web", *CONTEXTS, "jobs"),)
CUT_S = 10


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    if reason := why_not():
        pytest.skip(reason)
    with two_hosts() as found:
        yield found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the database's account can pass through."""
    found = Path(tempfile.mkdtemp(prefix="springtide-hosts-"))
    found.chmod(0o711)
    yield found
    shutil.rmtree(found)


def start_nats(hosts: Hosts, place: Path, port: int) -> "subprocess.Popen[bytes]":
    configuration, store = place / "nats.conf", {"store_dir": str(place / "js")}
    configuration.write_text(json.dumps({"host": hosts.engines_address, "port": port, "jetstream": store}))
    command = [*hosts.in_engines, str(nats_program(DataFolder(place, None), say=print)), "-c", str(configuration)]
    with (place / "nats.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


@asynccontextmanager
async def engines_on(hosts: Hosts, place: Path) -> AsyncIterator[tuple[str, str]]:
    """PostgreSQL and NATS on the other host; gives their URLs. Entered on the shop's host."""
    server = Server(place, "database", host=hosts.engines_address, inside=hosts.in_engines)
    server.initialise(networks=["10.213.7.0/24"])
    server.start()
    port = free_port()
    nats = start_nats(hosts, place, port)
    try:
        await server.answers()
        while not await first_line(hosts.engines_address, port):  # noqa: ASYNC110 - another program's readiness
            await asyncio.sleep(0.05)
        host = f"{server.host}:{server.port}"
        yield f"postgresql://postgres:{PASSWORD}@{host}/postgres", f"nats://{hosts.engines_address}:{port}"
    finally:
        nats.kill()
        nats.wait()
        server.stop()


@pytest.mark.soak
@pytest.mark.timeout(240)
async def test_buying_waits_and_nothing_is_lost(hosts: Hosts, place: Path, tmp_path: Path):
    with moved_to(hosts.shop):
        async with engines_on(hosts, place) as (database_url, nats_url):
            settings = shop_settings(tmp_path, database_url=database_url, nats_url=nats_url)
            migrate_all(settings)
            await load(settings)
            async with trading(settings, LAYOUT, tmp_path) as trade:
                await trade.sells_since(0, count=5)
                hosts.cut()
                cut_at = time.monotonic()
                answers = await asyncio.gather(*(ask_for_a_cart(trade) for _ in range(3)))
                refused_s = time.monotonic() - cut_at
                await asyncio.sleep(max(0.0, CUT_S - (time.monotonic() - cut_at)))
                healed_at = time.monotonic()
                hosts.heal()
                selling_s = await trade.sells_since(healed_at, count=5)
    assert refused_s < 15
    for answer in answers:
        assert answer.status == 503, answer.body
        assert int(answer.headers["retry-after"]) >= 1
    print(f"cut for {healed_at - cut_at:.1f} s, refused within {refused_s:.1f} s, selling {selling_s:.2f} s after")  # noqa: T201


async def ask_for_a_cart(trade: Trade) -> HttpAnswer:
    body = {"market": MARKET, "locale": LOCALE, "lines": [{"sku": SKUS[-1], "quantity": 1}]}
    headers = {"content-type": "application/json", "idempotency-key": secrets.token_hex(16)}
    content = json.dumps(body).encode()
    async with HttpClient(base_url=trade.settings.shop_url(), deadline_s=25) as patient:
        return await patient.request("POST", "/api/carts", headers=headers, content=content)
