"""How the catalogue is built. It listens to nobody and does nothing by itself."""

from pathlib import Path

from springtide.contexts.catalog.service import CatalogService
from springtide.contexts.catalog.store import STATEMENTS
from springtide.contracts.catalog.api import CatalogApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build the context."""
    return Built(api=CatalogService(needs))


SPEC = ContextSpec(
    contract=Contract("catalog", CatalogApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    is_asked_by_buyers=False,
)
