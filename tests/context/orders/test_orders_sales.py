"""What was sold, as whoever learns demand reads it: page by page, without the buyer and without rehearsals."""

import csv
import io
from pathlib import Path

import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.providers.order_lines import read_order_lines
from springtide.contracts.common import REHEARSAL_CHANNEL
from springtide.contracts.orders.api import OrdersApi
from springtide.contracts.orders.sales import rows_of
from springtide.contracts.paging import every
from springtide.platform.caller import guest, system
from springtide.platform.errors import Forbidden
from tests.context.orders.orders_builders import placed

CALLER = system("peak")


async def test_sales_come_by_page_and_those_of_rehearsals_are_none(node: Node, api: OrdersApi) -> None:
    made = [(await placed(api))[0] for _ in range(3)]
    async with node.databases["orders"].tx(CALLER) as tx:
        rehearsed = (made[1].order_id, REHEARSAL_CHANNEL)
        await tx._connection.execute("update orders set channel = %s where id = %s", rehearsed[::-1])
    first = await api.sales(caller=CALLER, limit=1)
    second = await api.sales(caller=CALLER, after=first.after, limit=1)
    assert [sale.order_id for sale in (*first.items, *second.items)] == [made[0].order_id, made[2].order_id]
    assert second.after is None
    (sale,) = first.items
    assert [(line.sku, line.units) for line in sale.lines] == [
        (line.sku, line.quantity) for line in made[0].quote.lines
    ]


async def test_exported_sales_are_a_past_that_the_desk_reads(api: OrdersApi, tmp_path: Path) -> None:
    placement, _ = await placed(api)
    rows = [row async for sale in every(api.sales, CALLER) for row in rows_of(sale)]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "sales.csv").write_text(text.getvalue())
    lines = read_order_lines(tmp_path / "sales.csv", timezone="Europe/London")
    assert lines.frame["sku"].to_list() == [line.sku for line in placement.quote.lines]
    assert lines.frame["quantity"].to_list() == [float(line.quantity) for line in placement.quote.lines]


async def test_sales_are_not_for_everybody(api: OrdersApi) -> None:
    with pytest.raises(Forbidden):
        await api.sales(caller=guest())
