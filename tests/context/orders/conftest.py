"""A node with orders, and pricing faked."""

import pytest

from springtide.bootstrap import Node
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.pricing.api import PricingApi
from tests.conftest import NodeWith
from tests.context.orders.orders_builders import FakePricing


@pytest.fixture
async def node(node_with: NodeWith) -> Node:
    return await node_with("orders", fakes={PricingApi: FakePricing()})


@pytest.fixture
def api(node: Node) -> OrdersApi:
    return node.ask(OrdersApi)
