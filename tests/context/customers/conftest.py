"""A node with customers."""

import pytest

from springtide.bootstrap import Node
from springtide.contracts.customers.api import CustomersApi
from tests.conftest import NodeWith


@pytest.fixture
async def node(node_with: NodeWith) -> Node:
    return await node_with("customers")


@pytest.fixture
def api(node: Node) -> CustomersApi:
    return node.ask(CustomersApi)
