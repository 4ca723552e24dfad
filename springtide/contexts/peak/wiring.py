"""How the peak desk is built. Nothing here imports the numerics: they live in a process per plan."""

from pathlib import Path

from springtide.contexts.peak.jobs import loops
from springtide.contexts.peak.service import PeakService
from springtide.contexts.peak.store import STATEMENTS
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.peak.api import PeakApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build the desk."""
    return Built(
        api=PeakService(needs.db, secret_key=needs.secret_key),
        loops=loops(needs.db, needs.data_dir, needs.ask(OrdersApi), secret_key=needs.secret_key),
    )


SPEC = ContextSpec(
    contract=Contract("peak", PeakApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    is_asked_by_buyers=False,
)
