"""How insight is built."""

from pathlib import Path

from springtide.contexts.insight.jobs import loops
from springtide.contexts.insight.providers.registry import receivers_of, watchers_of
from springtide.contexts.insight.service import InsightService
from springtide.contexts.insight.store import STATEMENTS
from springtide.contexts.insight.subscribers import Subscribers
from springtide.contracts.checkout.api import CheckoutApi
from springtide.contracts.insight.api import InsightApi
from springtide.platform.rpc import Contract
from springtide.platform.wiring import Built, ContextSpec, Needs


def build(needs: Needs) -> Built:
    """Build insight; receivers and watchers come from the settings."""
    options = needs.options["insight"]
    receivers, watchers = receivers_of(options), watchers_of(options)
    targets = tuple(receiver.name for receiver in receivers)

    async def close() -> None:
        for receiver in receivers:
            await receiver.close()
        for watcher in watchers:
            await watcher.close()

    return Built(
        api=InsightService(needs.db, secret_key=needs.secret_key, targets=targets),
        subscriptions=Subscribers(targets).all(),
        loops=loops(needs.db, checkout=needs.ask(CheckoutApi), receivers=receivers, watchers=watchers),
        close=close,
    )


SPEC = ContextSpec(
    contract=Contract("insight", InsightApi),
    statements=STATEMENTS,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    has_jobs=True,
    is_asked_by_buyers=False,
)
