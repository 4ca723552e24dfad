"""How inventory is built."""

from pathlib import Path

from springtide.contexts.inventory.jobs import loops
from springtide.contexts.inventory.service import InventoryService
from springtide.contexts.inventory.service.differences import compare_stock
from springtide.contexts.inventory.service.differences_orders import compare_orders
from springtide.contexts.inventory.store import STATEMENTS
from springtide.contexts.inventory.subscribers import SUBSCRIPTIONS
from springtide.contracts.inventory.api import InventoryApi
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.partitions import Partitioned
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_COMPARED_EVERY_S = 60.0


def build(needs: Needs) -> Built:
    """Build the context."""
    orders = needs.ask(OrdersApi)
    comparing = (
        Loop(name="compare_stock", every_s=_COMPARED_EVERY_S, work=lambda: compare_stock(needs.db)),
        Loop(name="compare_orders", every_s=_COMPARED_EVERY_S, work=lambda: compare_orders(needs.db, orders)),
    )
    return Built(api=InventoryService(needs), subscriptions=SUBSCRIPTIONS, loops=(*loops(needs.db), *comparing))


SPEC = ContextSpec(
    contract=Contract("inventory", InventoryApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_lane=True,
    partitioned=(Partitioned(table="ledger"),),
)
