"""An inventory with two locations and some stock."""

from collections.abc import Awaitable, Callable

import pytest

from springtide.bootstrap import Node
from springtide.contexts.inventory.service import hold_units
from springtide.contracts.inventory.api import StockLevel
from tests.context.inventory.shop import Shop


@pytest.fixture(params=[hold_units.PART, 2], ids=["few parts", "parts of two"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write batches ahead in parts, whatever their size."""
    monkeypatch.setattr(hold_units, "PART", request.param)


@pytest.fixture
async def shop(node_with: Callable[..., Awaitable[Node]]) -> Shop:
    opened = Shop(await node_with("inventory"))
    await opened.open(
        StockLevel(sku="mug", location="own", quantity=10, low_stock_at=3),
        StockLevel(sku="mug", location="ext", quantity=4),
        StockLevel(sku="jar", location="own", quantity=50),
        StockLevel(sku="tin", location="own", quantity=0),
    )
    return opened
