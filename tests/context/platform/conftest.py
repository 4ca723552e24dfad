"""A probe context in a fresh database, and a bus of its own."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from springtide.platform.bus import Bus
from springtide.platform.db import Database
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from tests.context.platform import probe


@pytest.fixture
def probe_url(engines: Engines) -> Iterator[str]:
    with scratch_database(engines, template=probe.template(engines)) as url:
        yield url


@pytest.fixture
async def db(probe_url: str) -> AsyncIterator[Database]:
    database = probe.database(probe_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def namespace() -> str:
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
async def bus_with(engines: Engines, namespace: str) -> AsyncIterator[Callable[[str], "asyncio.Future[Bus]"]]:
    """Open further connections to the same namespace: `second = await bus_with("second")`."""
    opened: list[Bus] = []

    async def connect(name: str) -> Bus:
        bus = Bus(engines.nats_url, name=name, namespace=namespace)
        await bus.open()
        opened.append(bus)
        return bus

    yield lambda name: asyncio.ensure_future(connect(name))
    for number, bus in enumerate(opened):
        if number == 0:
            await bus.drop_stream()
        await bus.close()


@pytest.fixture
async def bus(bus_with: Callable[[str], "asyncio.Future[Bus]"]) -> Bus:
    return await bus_with("test")
