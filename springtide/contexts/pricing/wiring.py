"""How pricing is built."""

from pathlib import Path

from springtide.contexts.pricing.domain.tax import shipped_table
from springtide.contexts.pricing.jobs import Housekeeping
from springtide.contexts.pricing.service import PricingService
from springtide.contexts.pricing.service.books import Books
from springtide.contexts.pricing.subscribers import subscriptions
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.db import Statements
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs

_HERE = Path(__file__).parent


def build(needs: Needs) -> Built:
    """Build pricing: books in memory, the service on them, loops and subscriptions."""
    taxes = shipped_table()
    books = Books(needs.db)
    service: PricingApi = PricingService(needs.db, books, taxes, needs.now_sequence)
    return Built(api=service, subscriptions=subscriptions(taxes), loops=Housekeeping(needs.db, books, taxes).loops())


SPEC = ContextSpec(
    contract=Contract("pricing", PricingApi),
    statements=Statements.load(_HERE / "queries.sql"),
    migrations=_HERE / "migrations",
    build=build,
    is_asked_by_buyers=False,  # pages wait for quotes, and those come from memory; only vouchers need a connection
)
