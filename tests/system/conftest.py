"""The whole shop, once as one process and once split: every system test runs against both."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from system.buyer import Buyer
from system.shop import ONE, SPLIT, RunningShop, running_shop

from springtide.platform.embedded.engines import Engines


@pytest.fixture(scope="session", params=[ONE, SPLIT])
def shop(engines: Engines, request: pytest.FixtureRequest) -> Iterator[RunningShop]:
    with running_shop(engines, request.param) as running:
        yield running


@pytest.fixture
async def client(shop: RunningShop) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=400, max_keepalive_connections=400)
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30, limits=limits) as found:
        yield found


@pytest.fixture
def buyer(client: httpx2.AsyncClient) -> Buyer:
    return Buyer(client)
