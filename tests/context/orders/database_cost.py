"""What PgBouncer costs: orders placed through the contract, straight and behind it, taken in turns.

PYTHONPATH=tests .venv/bin/python -m tests.context.orders.pooler_cost
"""

import asyncio
import os
import secrets
import tempfile
import time
from datetime import UTC, datetime, timedelta

from system.pgbouncer import pgbouncer

from bench.processes import cpu_s
from springtide.bootstrap import running
from springtide.bootstrap.specs import spec_of
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.testing import scratch_data_folder, scratch_database
from springtide.platform.maintenance import maintain
from springtide.settings import Settings, replaced
from tests.conftest import SECRET, template_database
from tests.context.orders.orders_builders import FakePricing, placed

CALLERS, EACH, ROUNDS = 64, 40, 5


async def measure(settings: Settings) -> tuple[float, float]:
    """Return (orders a second, milliseconds of CPU an order: of this process, the database and the pooler)."""
    async with running(settings, ["orders"], background=False, fakes={PricingApi: FakePricing()}) as node:
        api = node.ask(OrdersApi)
        await placed(api)

        async def buy() -> None:
            for _ in range(EACH):
                await placed(api)

        wall, processor = time.perf_counter(), cpu_s(os.getpid())
        await asyncio.gather(*[buy() for _ in range(CALLERS)])
        wall, processor = time.perf_counter() - wall, cpu_s(os.getpid()) - processor
    many = CALLERS * EACH
    return many / wall, processor / many * 1000


async def main() -> None:
    with scratch_data_folder() as folder:
        async with running_engines(folder, say=lambda _: None) as engines:
            template = await asyncio.to_thread(template_database, engines, ["orders"])
            with (
                scratch_database(engines, template=template) as whole,
                scratch_database(engines, template=template) as cut,
                pgbouncer(whole) as pooler,
            ):
                straight = Settings(
                    database_url=whole,
                    nats_url=engines.nats_url,
                    secret_key=SECRET,
                    data_dir=tempfile.mkdtemp(),
                    bus_namespace=f"cost{secrets.token_hex(4)}",
                )
                behind = replaced(
                    straight, database_url=pooler.url(whole), database_direct_url=whole, database_pooler="transaction"
                )
                await compare(
                    {"one piece": straight, "cut by time": await cut_up(straight, cut), "behind PgBouncer": behind}
                )


async def cut_up(settings: Settings, url: str) -> Settings:
    """Cut the tables as a shop has them after half a year, twelve pieces of each with those ahead."""
    for days in range(180, -1, -15):
        now = datetime.now(UTC) - timedelta(days=days)
        await maintain(url, "orders", spec_of("orders").partitioned, {}, now=now)
    return replaced(settings, database_url=url)


async def compare(ways: dict[str, Settings]) -> None:
    for number in range(ROUNDS):
        for name, settings in ways.items():
            rate, cost = await measure(settings)
            print(f"round {number + 1}  {name:<17}{rate:8.0f} orders/s  {cost:6.2f} ms CPU an order")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
