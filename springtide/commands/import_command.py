"""`springtide import`: load data through the bulk ports."""

import argparse
import asyncio

from springtide.bootstrap import running
from springtide.commands.engines import engine_settings
from springtide.commands.migrations import migrate_all
from springtide.commands.output import fail, say
from springtide.demo.load import load_history, load_promotions, load_shop
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.errors import SpringtideError
from springtide.platform.telemetry import configure_logging
from springtide.rehearsal.purchase_probe import SKU, load_test_product
from springtide.settings import Settings

_SETTLED_WITHIN_S = 120.0


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Load what was asked for; a refusal is one line and exit code 1."""
    configure_logging(level=settings.log_level, json_lines=settings.log_json)
    try:
        asyncio.run(_load(settings, options.what))
    except (EngineProblem, SpringtideError) as problem:
        return fail(problem)
    return 0


async def _load(settings: Settings, what: str) -> None:
    async with engine_settings(settings, say=say) as complete:
        if not settings.database_url:
            await asyncio.to_thread(migrate_all, complete)
        contexts = ("catalog", "pricing", "inventory", "orders")
        async with running(complete, contexts, serve=False) as node:
            if what == "health-product":
                market, units = await load_test_product(node.ask, complete.gateways, preferred=complete.default_market)
                say(f"The test product {SKU} can be bought in market {market}: {units:,} units.")
            if what in {"demo", "demo-shop"}:
                await load_shop(node.ask, say=say)
                await node.settle(patience_s=_SETTLED_WITHIN_S)
                await load_promotions(node.ask, say=say)
            if what in {"demo", "demo-history"}:
                await load_history(node.ask, say=say)
