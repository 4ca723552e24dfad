"""What was sold by hour and by SKU, on the asking zone's clock."""

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


async def test_hours_and_units_are_those_of_the_zone_and_without_what_was_cancelled(node: Node, api: OrdersApi) -> None:
    placement, first = await placed(api)
    _, second = await placed(api)
    since, until = days()
    order = await api.get(caller=OFFICE, order_id=first.order_id)
    local = order.placed_at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    hours = await api.sold_hours(caller=PEAK, since=since, until=until, timezone=ZONE)
    units = sum(line.quantity for line in placement.quote.lines)
    assert sum(hour.orders for hour in hours) == 2
    assert hours[0].hour == local
    assert sum(hour.units for hour in hours) == 2 * units
    net = sum(line.money.net_minor for line in placement.quote.lines)
    assert sum(hour.net_minor for hour in hours) == pytest.approx(2 * net * float(placement.quote.fx_to_base), abs=2)
    goods = await api.sold_units(caller=PEAK, day=local.date(), timezone=ZONE)
    assert {one.sku: one.units for one in goods} == {line.sku: 2 * line.quantity for line in placement.quote.lines}
    assert await api.sold_units(caller=PEAK, day=local.date(), timezone=ZONE, limit=1) == goods[:1]
    assert await api.sold_units(caller=PEAK, day=local.date(), timezone=ZONE, after=goods[0].sku) == goods[1:]

    await api.cancel(caller=OFFICE, key=new_key(), order_id=second.order_id, lines={}, reason="no stock")
    left = await api.sold_hours(caller=PEAK, since=since, until=until, timezone=ZONE)
    assert (sum(hour.orders for hour in left), sum(hour.units for hour in left)) == (1, units)


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
    with pytest.raises(InvalidOrder):
        await api.shipped_days(caller=PEAK, since=until, until=since, timezone=ZONE)


async def test_trial_orders_are_no_sales(node: Node, api: OrdersApi) -> None:
    await placed(api)
    async with node.databases["orders"].tx(OFFICE) as tx:
        await tx._connection.execute("update orders set channel = 'rehearsal'")
    since, until = days()
    assert await api.sold_hours(caller=PEAK, since=since, until=until, timezone=ZONE) == ()
    assert await api.sold_units(caller=PEAK, day=since, timezone=ZONE) == ()


async def test_days_and_zones_that_are_none_are_refused(api: OrdersApi) -> None:
    since, until = days()
    for ends in ((until, since), (since, since + timedelta(days=101))):
        with pytest.raises(InvalidOrder):
            await api.sold_hours(caller=PEAK, since=ends[0], until=ends[1], timezone=ZONE)
    with pytest.raises(InvalidOrder):
        await api.sold_hours(caller=PEAK, since=since, until=until, timezone="Mars/Olympus")
    with pytest.raises(InvalidOrder):
        await api.sold_units(caller=PEAK, day=since, timezone=ZONE, limit=0)
    with pytest.raises(Forbidden):
        await api.sold_hours(caller=guest(), since=since, until=until, timezone=ZONE)
