"""What PgBouncer costs: orders placed through the contract, straight and behind it, taken in turns.

PYTHONPATH=tests .venv/bin/python -m tests.context.orders.pooler_cost
"""

import asyncio
import secrets
import tempfile
import time

from system.pgbouncer import pgbouncer

from springtide.bootstrap import running
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.testing import scratch_data_folder
from springtide.settings import Settings, replaced
from tests.conftest import SECRET, template_database
from tests.context.orders.orders_builders import FakePricing, placed

CALLERS, EACH, ROUNDS = 64, 40, 3


async def measure(settings: Settings) -> tuple[float, float]:
    """Return (orders a second, milliseconds of this process's CPU an order)."""
    async with running(settings, ["orders"], background=False, fakes={PricingApi: FakePricing()}) as node:
        api = node.ask(OrdersApi)
        await placed(api)

        async def buy() -> None:
            for _ in range(EACH):
                await placed(api)

        wall, processor = time.perf_counter(), time.process_time()
        await asyncio.gather(*[buy() for _ in range(CALLERS)])
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    many = CALLERS * EACH
    return many / wall, processor / many * 1000


async def main() -> None:
    with scratch_data_folder() as folder:
        async with running_engines(folder, say=lambda _: None) as engines:
            await asyncio.to_thread(template_database, engines, ["orders"])
            url = engines.database_url.rpartition("/")[0] + "/template_orders"
            straight = Settings(
                database_url=url,
                nats_url=engines.nats_url,
                secret_key=SECRET,
                data_dir=tempfile.mkdtemp(),
                bus_namespace=f"cost{secrets.token_hex(4)}",
            )
            with pgbouncer(url) as pooler:
                behind = replaced(
                    straight, database_url=pooler.url(url), database_direct_url=url, database_pooler="transaction"
                )
                for number in range(ROUNDS):
                    for name, settings in (("straight", straight), ("behind PgBouncer", behind)):
                        rate, cost = await measure(settings)
                        print(f"round {number + 1}  {name:<17}{rate:8.0f} orders/s  {cost:6.2f} ms CPU an order")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
