"""How payments is built."""

from pathlib import Path

from springtide.contexts.payments.jobs import loops
from springtide.contexts.payments.providers.registry import Registry
from springtide.contexts.payments.service import PaymentsService
from springtide.contexts.payments.service.attempt_lane import AttemptLane
from springtide.contexts.payments.service.desk import Desk
from springtide.contexts.payments.service.differences import reconcile
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store import STATEMENTS
from springtide.contexts.payments.subscribers import Subscribers
from springtide.contracts.payments.api import PaymentsApi
from springtide.platform.partitions import Partitioned
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Loop, Needs

_RECONCILED_EVERY_S = 20.0


def build(needs: Needs) -> Built:
    """Build payments; the gateways come from the settings."""
    registry = Registry.from_settings(needs.options.get("gateways", ()))
    tools = Tools(
        db=needs.db,
        registry=registry,
        desk=Desk(registry),
        lane=AttemptLane(needs.db),
        public_url=needs.public_url,
    )
    reconciling = Loop(name="reconcile", every_s=_RECONCILED_EVERY_S, work=lambda: reconcile(tools))
    return Built(
        api=PaymentsService(tools),
        subscriptions=Subscribers(tools).all(),
        loops=(*loops(tools), reconciling),
        close=tools.close,
    )


SPEC = ContextSpec(
    contract=Contract("payments", PaymentsApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_lane=True,
    partitioned=(Partitioned(table="ledger"),),
)
