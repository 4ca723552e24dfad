from collections.abc import AsyncIterator

import pytest

from tests.unit.storefront.fake_shop import FakeShop, fake_shop


@pytest.fixture
async def shop() -> AsyncIterator[FakeShop]:
    async with fake_shop() as running:
        yield running
