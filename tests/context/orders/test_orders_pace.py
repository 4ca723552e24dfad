"""What usually comes at this hour of this weekday, and how long ago the last order came."""

from collections.abc import Awaitable, Callable

import pytest

from springtide.bootstrap import Node
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import guest, system
from springtide.platform.errors import Forbidden
from tests.context.orders.orders_builders import placed

WATCH = system("watch")
DAY_S = 24 * 3600.0
SetClock = Callable[[Node, float], Awaitable[None]]


async def test_a_shop_without_orders_expects_nothing(api: OrdersApi) -> None:
    pace = await api.pace(caller=WATCH)
    assert (pace.weeks, pace.orders_per_minute, pace.revenue, pace.since_last_s) == (0, 0, (), None)


async def test_the_same_hour_of_the_weekday_says_what_to_expect(
    node: Node, api: OrdersApi, set_clock: SetClock
) -> None:
    first, _ = await placed(api)
    await placed(api)
    young = await api.pace(caller=WATCH)
    assert (young.weeks, young.orders_per_minute) == (0, 0)
    assert 0 <= (young.since_last_s or 0) < 60

    await set_clock(node, 7 * DAY_S + 1800)  # a week and half an hour later
    pace = await api.pace(caller=WATCH)
    assert (pace.weeks, pace.orders_per_minute) == (1, 2 / 120)
    [rate] = pace.revenue
    assert (rate.currency, rate.minor_per_minute) == (first.quote.currency, 2 * first.quote.total_minor / 120)
    assert (pace.since_last_s or 0) == pytest.approx(7 * DAY_S + 1800, abs=60)

    await set_clock(node, 14 * DAY_S)  # two weeks: nothing came in the week between
    assert (await api.pace(caller=WATCH)).orders_per_minute == 2 / 240
    await set_clock(node, 10 * DAY_S)  # another weekday
    assert (await api.pace(caller=WATCH)).orders_per_minute == 0


async def test_the_pace_is_not_for_everybody(api: OrdersApi) -> None:
    with pytest.raises(Forbidden):
        await api.pace(caller=guest())
