"""A pricing context in a fresh database, with two markets open."""

import pytest

from tests.conftest import NodeWith
from tests.context.pricing.shop import Shop


@pytest.fixture
async def shop(node_with: NodeWith) -> Shop:
    return await Shop(await node_with("pricing")).open()
