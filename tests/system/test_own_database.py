"""One setting gives a context a database of its own: the shop sells, and the books agree across both."""

from collections.abc import Iterator

import httpx2
import psycopg
import pytest
from system.buyer import Buyer
from system.office import office_of
from system.shop import ONE, RunningShop, running_shop

from springtide.commands.migrations import migrate_all
from springtide.contracts.orders.api import PaymentStatus
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import scratch_database
from springtide.settings import Settings, replaced

LANTERN = "84879"


@pytest.fixture
def shop(engines: Engines) -> Iterator[RunningShop]:
    with scratch_database(engines) as own:

        def adapted(settings: Settings) -> Settings:
            apart = replaced(settings, database_urls={"orders": own})
            migrate_all(apart, ("orders",))
            return apart

        with running_shop(engines, ONE, adapted=adapted) as started:
            yield started


async def test_orders_in_a_database_of_its_own(shop: RunningShop) -> None:
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as client, office_of(shop) as office:
        order = await office.bought(Buyer(client), "card", (LANTERN, 2))
        await office.ship(order, {1: 2})
        order = await office.until(order, payment_status=PaymentStatus.PAID)
        await office.refund(order, {1: 1})
        await office.until(order, payment_status=PaymentStatus.PARTLY_REFUNDED)
        await office.documents(order, 2)
        await office.everything_agrees()
    assert _orders_in(shop.settings.database_urls["orders"]) == 1
    assert _orders_in(shop.settings.database_url) == 0


def _orders_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((many,),) = connection.execute("select count(*) from orders.orders").fetchall()
    return int(many)
