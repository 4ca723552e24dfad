"""Counts in, figures out: by everybody, by visits that agreed, from facts."""

from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.insight.jobs import forget
from springtide.contexts.insight.service.count_carts import count_carts
from springtide.contracts.checkout.api import CartHour, CheckoutApi
from springtide.contracts.common import HEALTH_CHANNEL
from springtide.contracts.insight.api import (
    MOST_SEEN,
    AnswerMinute,
    Batch,
    By,
    Device,
    InsightApi,
    InvalidInsight,
    OrderSeen,
    PageSeen,
    SearchSeen,
    Seen,
    Step,
    VisitSeen,
)
from springtide.platform.caller import guest
from springtide.platform.errors import Forbidden, KeyReused
from tests.context.insight.conftest import AT, STAFF, WEB, FakeCheckout, InsightWith, placed, take

VISIT = "0123456789abcdef0123456789abcdef"
DAY = AT.date()


def seen(step: Step, counted: int, market: str = "GB") -> Seen:
    return Seen(market=market, device=Device.PHONE, step=step, counted=counted)


async def rows(node: Node, table: str) -> list[str]:
    async with node.databases["insight"].read() as read:
        cursor = await read._connection.execute(f"select t::text from {table} as t order by 1")  # noqa: S608 - ours
        return [text for (text,) in await cursor.fetchall()]


async def today(node: Node) -> date:
    async with node.databases["insight"].read() as read:
        found: date = (await read.value("kernel_now")).date()
        return found


async def test_the_end_of_the_funnel_comes_from_facts(insight_with: InsightWith, checkout: FakeCheckout) -> None:
    node = await insight_with()
    insight, now = node.ask(InsightApi), await today(node)
    hour = AT.replace(year=now.year, month=now.month, day=now.day, minute=0, second=0)
    batch = Batch(seen=(seen(Step.VISIT, 100), seen(Step.PRODUCT, 60)))
    await insight.record(caller=WEB, key="batch-0001", batch=batch)
    await take(node, placed(placed_at=hour), placed(placed_at=hour, market="SE", currency="SEK"))
    await take(node, placed(placed_at=hour, channel=HEALTH_CHANNEL), targets=("ga4",))  # nobody bought it
    assert await rows(node, "export") == []
    checkout.hours = (CartHour(hour=hour, market="GB", carts=20, begun=8),)
    await count_carts(node.databases["insight"], node.ask(CheckoutApi))
    checkout.hours = (CartHour(hour=hour, market="GB", carts=21, begun=9),)
    await count_carts(node.databases["insight"], node.ask(CheckoutApi))  # counted anew, not added
    until = now + timedelta(days=1)
    funnel = await insight.funnel(caller=STAFF, since=now, until=until, by=By.MARKET)
    whole = funnel.counts
    assert (whole.visits, whole.products, whole.carts, whole.checkouts, whole.orders) == (100, 60, 21, 9, 2)
    assert [(row.name, row.orders) for row in funnel.slices] == [("GB", 1), ("SE", 1)]
    only = await insight.funnel(caller=STAFF, since=now, until=until, by=By.HOUR, market="SE")
    assert [(row.name, row.visits, row.orders) for row in only.slices] == [(f"{hour:%H}", 0, 1)]


async def test_a_visit_counts_once_per_step_however_often_it_is_told(insight_with: InsightWith) -> None:
    node = await insight_with()
    insight, now = node.ask(InsightApi), await today(node)
    for number, steps in enumerate(((Step.PRODUCT,), (Step.PRODUCT, Step.CART), (Step.ORDER,))):
        visit = VisitSeen(visit=VISIT, market="GB", device=Device.TABLET, steps=steps)
        await insight.record(caller=WEB, key=f"batch-{number:04d}", batch=Batch(visits=(visit, visit)))
    funnel = await insight.funnel(caller=STAFF, since=now, until=now + timedelta(days=1), by=By.DEVICE)
    (tablet,) = funnel.slices
    assert tablet.name == "tablet"
    assert (tablet.visits, tablet.products, tablet.carts, tablet.checkouts, tablet.orders) == (1, 1, 1, 1, 1)
    assert not any(VISIT in row for row in await rows(node, "visit"))  # only its keyed hash is kept


async def test_a_batch_that_is_sent_again_counts_once(insight_with: InsightWith) -> None:
    node = await insight_with()
    insight, now = node.ask(InsightApi), await today(node)
    batch = Batch(
        seen=(seen(Step.VISIT, 3),),
        pages=(PageSeen(market="GB", page="product/heart", views=4),),
        minutes=(AnswerMinute(at=AT, good=5, bad=1),),
    )
    for _ in range(2):
        await insight.record(caller=WEB, key="same-batch", batch=batch)
    with pytest.raises(KeyReused):
        await insight.record(caller=WEB, key="same-batch", batch=Batch())
    looked = await insight.looked(caller=STAFF, since=now, until=now + timedelta(days=1))
    assert [(page.page, page.views) for page in looked.pages] == [("product/heart", 4)]
    days = (await insight.availability(caller=STAFF, since=DAY, until=DAY + timedelta(days=1))).days
    assert [(day.good, day.bad, day.bad_minutes) for day in days] == [(5, 1, 1)]


async def test_words_are_listed_from_the_third_search_on(insight_with: InsightWith) -> None:
    node = await insight_with()
    insight, now = node.ask(InsightApi), await today(node)
    found = (
        SearchSeen(market="GB", words="red heart", searches=2, without_results=0),
        SearchSeen(market="GB", words="unicorn", searches=3, without_results=3),
    )
    await insight.record(caller=WEB, key="batch-0001", batch=Batch(searches=found))
    until = now + timedelta(days=1)
    looked = await insight.looked(caller=STAFF, since=now, until=until)
    assert [row.words for row in looked.searches] == ["unicorn"]
    assert [row.words for row in looked.searches_without_results] == ["unicorn"]
    await insight.record(caller=WEB, key="batch-0002", batch=Batch(searches=found[:1]))
    looked = await insight.looked(caller=STAFF, since=now, until=until)
    assert {row.words: row.searches for row in looked.searches} == {"red heart": 4, "unicorn": 3}


async def test_orders_by_minute(insight_with: InsightWith) -> None:
    node = await insight_with()
    async with node.databases["insight"].read() as read:
        now = await read.value("kernel_now")
    await take(node, placed(placed_at=now), placed(placed_at=now), placed(placed_at=now - timedelta(hours=3)))
    minutes = await node.ask(InsightApi).order_minutes(caller=STAFF, minutes=60)
    assert [(row.orders, row.gross_minor, row.currency) for row in minutes] == [(2, 6_980, "GBP")]
    assert minutes[0].at == now.replace(second=0, microsecond=0)


async def test_a_rehearsal_is_seen_and_nothing_was_sold(insight_with: InsightWith) -> None:
    node = await insight_with()
    async with node.databases["insight"].read() as read:
        now = await read.value("kernel_now")
    rehearsed = [placed(placed_at=now, channel="rehearsal") for _ in range(3)]
    await take(node, *rehearsed[:1], placed(placed_at=now), placed(placed_at=now, channel="health"))
    await take(node, *rehearsed[1:])
    minutes = await node.ask(InsightApi).order_minutes(caller=STAFF, minutes=60)
    assert [(row.orders, row.gross_minor, row.rehearsed) for row in minutes] == [(1, 3_490, 3)]
    (hour,) = await rows(node, "step_hour")
    assert hour.endswith("order,1)")
    assert len(await rows(node, "purchase")) == 1


@pytest.mark.parametrize(
    "batch",
    [
        Batch(seen=(seen(Step.ORDER, 1),)),
        Batch(seen=(seen(Step.CART, 1),)),
        Batch(seen=(seen(Step.VISIT, -1),)),
        Batch(seen=(seen(Step.VISIT, 1), seen(Step.VISIT, 1, "M" * 121))),
        Batch(seen=(seen(Step.VISIT, 1, "a\0b"),)),
        Batch(seen=(seen(Step.VISIT, 1),), orders=(OrderSeen(order_id=UUID(int=1), visit="somebody"),)),
        Batch(seen=tuple(seen(Step.VISIT, 1, f"M{number}") for number in range(MOST_SEEN + 1))),
    ],
)
async def test_what_is_too_much_or_no_ones_to_count_changes_nothing(insight_with: InsightWith, batch: Batch) -> None:
    node = await insight_with()
    with pytest.raises(InvalidInsight):
        await node.ask(InsightApi).record(caller=WEB, key="batch-0001", batch=batch)
    assert not await rows(node, "step_hour")


async def test_only_staff_with_the_permission_reads_and_only_the_system_writes(insight_with: InsightWith) -> None:
    insight = (await insight_with()).ask(InsightApi)
    until = DAY + timedelta(days=1)
    for caller in (guest(), msgspec.structs.replace(STAFF, scopes=frozenset({"orders.read"}))):
        with pytest.raises(Forbidden):
            await insight.funnel(caller=caller, since=DAY, until=until, by=By.DAY)
        with pytest.raises(Forbidden):
            await insight.availability(caller=caller, since=DAY, until=until)
    with pytest.raises(Forbidden):
        await insight.record(caller=STAFF, key="batch-0001", batch=Batch())


@pytest.mark.parametrize("days", [0, -1, 401])
async def test_days_that_there_are_not_are_refused(insight_with: InsightWith, days: int) -> None:
    insight = (await insight_with()).ask(InsightApi)
    with pytest.raises(InvalidInsight):
        await insight.looked(caller=STAFF, since=DAY, until=DAY + timedelta(days=days))


async def test_what_is_past_its_time_is_forgotten(insight_with: InsightWith, set_clock: object) -> None:
    node = await insight_with()
    insight = node.ask(InsightApi)
    order = UUID("01931f00-0000-7000-8000-00000000000a")
    visit = VisitSeen(visit=VISIT, market="GB", device=Device.PHONE, steps=())
    batch = Batch(visits=(visit,), orders=(OrderSeen(order_id=order, visit=VISIT),))
    await insight.record(caller=WEB, key="batch-0001", batch=batch)
    assert await rows(node, "purchase")
    await set_clock(node, 8 * 86_400)  # type: ignore[operator]
    await forget(node.databases["insight"])
    assert not await rows(node, "purchase")
    assert await rows(node, "visit")
    await set_clock(node, 91 * 86_400)  # type: ignore[operator]
    await forget(node.databases["insight"])
    assert not await rows(node, "visit")
