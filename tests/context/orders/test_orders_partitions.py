"""An order's life touches one piece of each table that is cut by time, whichever plan the server has settled on."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from springtide.bootstrap import Node
from springtide.bootstrap.specs import spec_of
from springtide.contracts.orders.api import OrderFilter, OrdersApi
from springtide.contracts.pricing.api import PricingApi
from springtide.platform.maintenance import maintain
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.orders.orders_builders import OFFICE, FakePricing, placed

TABLES = ("orders", "order_lines", "shipping_rows", "timeline")
_TOUCHED = """
select relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd
from pg_stat_user_tables join pg_inherits on inhrelid = relid
where schemaname = 'orders' and inhparent::regclass::text = any(%s)
"""


@pytest.fixture
async def cut(node_with: NodeWith) -> Node:
    """Orders with pieces of three months ago until the month after the next."""
    node = await node_with("orders", fakes={PricingApi: FakePricing()})
    partitioned = spec_of("orders").partitioned
    for days in (100, 70, 35, 0):
        now = datetime.now(UTC) - timedelta(days=days)
        await maintain(node.settings.database_url, "orders", partitioned, {"outbox_days": 8}, now=now)
    return node


async def touched(node: Node) -> dict[str, int]:
    async with await psycopg.AsyncConnection.connect(node.settings.database_url, autocommit=True) as connection:
        tables = [f"orders.{table}" for table in TABLES]
        return dict(await (await connection.execute(_TOUCHED, [tables])).fetchall())


async def differing(node: Node, before: dict[str, int], *, many: int) -> set[str]:
    """Names of the pieces that were touched since, once the server has counted them."""
    names: set[str] = set()
    async with asyncio.timeout(10):
        while len(names) < many:
            await asyncio.sleep(0.1)
            now = await touched(node)
            names = {name for name in now if now[name] != before[name]}
    return names


async def test_buying_and_what_follows_touches_one_piece_of_each_table(cut: Node) -> None:
    api = cut.ask(OrdersApi)
    before = await touched(cut)
    assert len(before) >= 4 * 5
    orders = [sold.order_id for sold, _ in [await placed(api) for _ in range(12)]]  # enough for a generic plan
    for order_id in orders:
        order = await api.get(caller=OFFICE, order_id=order_id)
        lines = {line.line: line.ordered for line in order.lines}
        await api.ship(caller=OFFICE, key=new_key(), order_id=order.id, lines=lines, carrier="PostNL", tracking="3S")
    await cut.databases["orders"].close()
    names = await differing(cut, before, many=4)
    assert {name.removesuffix(f"_{_piece(names)}") for name in names} == set(TABLES)


async def test_no_order_fails_while_pieces_are_made_and_dropped(cut: Node) -> None:
    """Buyers buy all the time while weeks of maintenance go by in a second."""
    api, url, partitioned = cut.ask(OrdersApi), cut.settings.database_url, spec_of("orders").partitioned
    sold: list[UUID] = []
    is_over = asyncio.Event()

    async def buy() -> None:
        while not is_over.is_set():
            placement, _ = await placed(api)
            sold.append(placement.order_id)

    buyers = [asyncio.create_task(buy()) for _ in range(4)]
    dropped: list[str] = []
    for weeks in (1, 2, 3):
        now = datetime.now(UTC) + timedelta(weeks=weeks)
        days = {"outbox_days": 8, "audit_days": 20}
        dropped += (await maintain(url, "orders", partitioned, days, now=now)).dropped
    is_over.set()
    await asyncio.gather(*buyers)
    assert dropped
    assert {name.partition("_")[0] for name in dropped} <= {"outbox", "audit"}
    page = await api.list_orders(caller=OFFICE, where=OrderFilter(), limit=200)
    assert {row.id for row in page.items} <= set(sold)
    assert len(sold) >= 4
    for order_id in sold:
        assert (await api.get(caller=OFFICE, order_id=order_id)).id == order_id


async def test_lists_over_all_pieces_are_in_order(cut: Node) -> None:
    api = cut.ask(OrdersApi)
    orders = [sold.order_id for sold, _ in [await placed(api) for _ in range(5)]]
    page = await api.list_orders(caller=OFFICE, where=OrderFilter(), limit=3)
    rest = await api.list_orders(caller=OFFICE, where=OrderFilter(), after=page.after, limit=3)
    assert [row.id for row in (*page.items, *rest.items)] == orders[::-1]


def _piece(names: set[str]) -> str:
    """The month all of them are called by, as in orders_2026_11."""
    (month,) = {"_".join(name.rsplit("_", 2)[1:]) for name in names}
    return month
