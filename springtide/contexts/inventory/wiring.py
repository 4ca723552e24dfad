"""How inventory is built."""

from pathlib import Path

from springtide.contexts.inventory.jobs import loops
from springtide.contexts.inventory.service import InventoryService
from springtide.contexts.inventory.store import STATEMENTS
from springtide.contexts.inventory.subscribers import SUBSCRIPTIONS
from springtide.contracts.inventory.api import InventoryApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build the context."""
    return Built(api=InventoryService(needs), subscriptions=SUBSCRIPTIONS, loops=loops(needs.db))


SPEC = ContextSpec(
    contract=Contract("inventory", InventoryApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
)
