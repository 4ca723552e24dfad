"""What left by day, on the asking zone's clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from springtide.bootstrap import Node
from springtide.contracts.orders.api import InvalidOrder, OrdersApi
from springtide.platform.caller import guest, system
from springtide.platform.errors import Forbidden
from springtide.platform.usecase import new_key
from tests.context.orders.orders_builders import OFFICE, placed

PEAK = system("peak")
ZONE = "Pacific/Auckland"


def days() -> tuple[date, date]:
    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    return today - timedelta(days=1), today + timedelta(days=2)


async def test_days_with_shipments_are_counted_without_those_of_trials(node: Node, api: OrdersApi) -> None:
    _, receipt = await placed(api)
    since, until = days()
    assert await api.shipped_days(caller=PEAK, since=since, until=until, timezone=ZONE) == ()
    for lines in ({1: 1}, {}):
        await api.ship(
            caller=OFFICE, key=new_key(), order_id=receipt.order_id, lines=lines, carrier="PostNL", tracking="3S1"
        )
    left = await api.shipped_days(caller=PEAK, since=since, until=until, timezone=ZONE)
    assert sum(day.shipments for day in left) == 2
    assert left[0].day == datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    async with node.databases["orders"].tx(OFFICE) as tx:
        await tx._connection.execute("update orders set channel = 'rehearsal'")
    assert await api.shipped_days(caller=PEAK, since=since, until=until, timezone=ZONE) == ()


async def test_days_and_zones_that_are_none_are_refused(api: OrdersApi) -> None:
    since, until = days()
    for ends in ((until, since), (since, since + timedelta(days=101))):
        with pytest.raises(InvalidOrder):
            await api.shipped_days(caller=PEAK, since=ends[0], until=ends[1], timezone=ZONE)
    with pytest.raises(InvalidOrder):
        await api.shipped_days(caller=PEAK, since=since, until=until, timezone="Mars/Olympus")
    with pytest.raises(Forbidden):
        await api.shipped_days(caller=guest(), since=since, until=until, timezone=ZONE)
