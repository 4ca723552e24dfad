"""How payments is built."""

from pathlib import Path

from springtide.contexts.payments.jobs import loops
from springtide.contexts.payments.providers.registry import Registry
from springtide.contexts.payments.service import PaymentsService
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store import STATEMENTS
from springtide.contexts.payments.subscribers import Subscribers
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build payments; the gateways come from the settings."""
    registry = Registry.from_settings(needs.options.get("gateways", ()))
    tools = Tools(db=needs.db, registry=registry, public_url=needs.public_url)
    return Built(
        api=PaymentsService(tools), subscriptions=Subscribers(tools).all(), loops=loops(tools), close=tools.close
    )


SPEC = ContextSpec(
    contract=Contract("payments", PaymentsApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
)
