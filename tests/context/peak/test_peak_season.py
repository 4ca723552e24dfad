"""A season followed: what the shop sold, looked at by a process of its own, and what is told from elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.peak.jobs import history_folder
from springtide.contexts.peak.providers import numerics
from springtide.contexts.peak.service.feed_seasons import FeedSeasons
from springtide.contexts.peak.service.follow_seasons import FollowSeasons
from springtide.contexts.peak.service.run_plan import RunPlan
from springtide.contracts.common import Page
from springtide.contracts.orders.api import OrdersApi, Sale, ShippedDay, SoldLine
from springtide.contracts.payments.api import AttemptDay, PaymentsApi
from springtide.contracts.peak.actuals import Actuals, SoldHour, SoldProduct
from springtide.contracts.peak.api import PeakApi, PeakExtraMissing, PlanSettings
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.season import Season, SeasonState
from springtide.platform.caller import Caller
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7_at
from springtide.platform.usecase import new_key
from tests.conftest import NodeWith
from tests.context.peak.conftest import PLANNER, READER, Past

FIRST = datetime(2026, 7, 1)  # noqa: DTZ001 - the shop's own clock
SETTINGS = PlanSettings(first=FIRST.date(), days=10, as_of=date(2026, 6, 25), paths=40, roster_weeks=0)
SetClock = Callable[[Node, float], Awaitable[None]]


class FakeOrders:
    """Tells that two mugs were sold in each hour from 9 to 17, and once a season a hotel takes 400."""

    def __init__(self) -> None:
        self.per_hour = 2
        self.asked: list[str | None] = []

    async def sales(
        self, *, caller: Caller, after: str | None = None, with_imported: bool = True, limit: int = 500
    ) -> Page[Sale]:
        self.asked.append(after)
        days = 0 if after is None else -1
        told = [
            self._sale(FIRST + timedelta(days=day, hours=hour), "mug", 1, number)
            for day in range(days, 11)
            for hour in range(9, 18)
            for number in range(self.per_hour)
        ]
        told += [self._sale(FIRST + timedelta(days=day, hours=12), "vase", 1, 7) for day in range(days, 11)]
        told.append(self._sale(FIRST + timedelta(days=4, hours=10), "mug", 400, 8))
        rows = sorted((one for one in told if str(one.order_id) > (after or "")), key=lambda one: str(one.order_id))
        return Page(items=tuple(rows[:limit]), after=str(rows[limit - 1].order_id) if len(rows) > limit else None)

    async def shipped_days(self, *, caller: Caller, since: date, until: date, timezone: str) -> tuple[ShippedDay, ...]:
        return (ShippedDay(day=FIRST.date(), shipments=12),) if since <= FIRST.date() < until else ()

    def _sale(self, local: datetime, sku: str, units: int, number: int) -> Sale:
        at = local.replace(tzinfo=ZoneInfo("Europe/Amsterdam")).astimezone(UTC)
        return Sale(
            order_id=uuid7_at(at, f"{sku}{number}"),
            number=f"{local:%d%H}{sku}{number}",
            placed_at=at,
            currency="EUR",
            base_currency="EUR",
            fx_to_base=1.0,
            country="NL",
            lines=(SoldLine(sku=sku, units=units, cancelled=0, unit_minor=500),),
        )


class FakePayments:
    """Tells of a gateway with twenty attempts on the first day, five of them declined."""

    async def attempt_days(self, *, caller: Caller, since: date, until: date, timezone: str) -> tuple[AttemptDay, ...]:
        day = AttemptDay(day=FIRST.date(), gateway="sandbox", attempts=20, declined=5, busiest_second=2)
        return (day,) if since <= FIRST.date() < until else ()


@pytest.fixture
async def orders() -> FakeOrders:
    return FakeOrders()


@pytest.fixture
async def desk(node_with: NodeWith, past: Past, orders: FakeOrders) -> Node:
    node = await node_with("peak", fakes={OrdersApi: orders, PaymentsApi: FakePayments()})
    await past(node)
    return node


async def planned(node: Node) -> UUID:
    row = await node.ask(PeakApi).start_plan(caller=PLANNER, key=new_key(), title="", settings=SETTINGS)
    maker = RunPlan(node.databases["peak"], history_folder(Path(node.settings.data_dir)))
    async with asyncio.timeout(240):
        assert await maker.next() == 1
    return row.id


def follower(node: Node, orders: FakeOrders) -> FollowSeasons:
    db, data = node.databases["peak"], Path(node.settings.data_dir)
    feed = FeedSeasons(db, orders, FakePayments(), history_folder(data))  # type: ignore[arg-type]  # fakes
    return FollowSeasons(db, feed, data / "plans")


async def go_to(node: Node, set_clock: SetClock, moment: datetime) -> None:
    await set_clock(node, 0)
    async with node.databases["peak"].read() as read:
        now = await read.value("kernel_now")
    await set_clock(node, (moment.replace(tzinfo=UTC) - now).total_seconds())


async def season(node: Node, plan_id: UUID) -> Season:
    return await node.ask(PeakApi).get_season(caller=READER, plan_id=plan_id)


@pytest.mark.timeout(300)
async def test_a_season_is_fed_by_the_shop_followed_hour_by_hour_and_looked_back_on(
    desk: Node, orders: FakeOrders, set_clock: SetClock
) -> None:
    plan_id = await planned(desk)
    follow = follower(desk, orders)

    await go_to(desk, set_clock, FIRST - timedelta(days=3))
    assert (await follow.ask(), await follow.look()) == (0, 0)
    assert (await season(desk, plan_id)).state is SeasonState.NOT_BEGUN

    await go_to(desk, set_clock, FIRST + timedelta(hours=15, minutes=20))  # 17:20 in Amsterdam
    before = await season(desk, plan_id)
    assert (before.state, before.known_until, before.silent_h, before.live) == (SeasonState.RUNNING, None, 17, None)
    assert (await follow.ask(), await follow.ask(), await follow.look(), await follow.look()) == (1, 0, 1, 0)
    running = await season(desk, plan_id)
    assert (running.known_until, running.silent_h, running.mistakes) == (FIRST + timedelta(hours=17), 0, ())
    assert running.live is not None
    assert running.live.hours_seen == 17
    assert [hour.actual for hour in running.live.fan if hour.actual is not None][-1] == 2 * 8 + 1
    assert running.review is None, "no day is over"
    assert await follow.ask() == 0, "the hour is not over"

    await go_to(desk, set_clock, FIRST + timedelta(days=10, hours=2))
    assert (await follow.ask(), await follow.look()) == (1, 1)
    over = await season(desk, plan_id)
    assert (over.state, over.known_until, over.silent_h) == (SeasonState.OVER, FIRST + timedelta(days=10), 0)
    assert over.review is not None
    steps = {step.figure: step.actual for step in over.review.steps}
    assert (steps["orders"], steps["units"], steps["revenue_minor"]) == (191, 190, 95_000)
    assert over.review.unknown_units == 10
    raw = over.review.raw
    assert raw is not None, "the hotel's 400 mugs are bulk to the plan's history, and are shown beside"
    assert (raw.days, raw.orders, raw.units, raw.revenue_minor) == (10, 191, 590, 295_000)
    assert [(one.rule, one.lines, one.units, one.revenue_minor) for one in raw.left_out] == [("bulk", 1, 400, 200_000)]
    assert (
        over.review.snapshot_sha256
        == (await desk.ask(PeakApi).get_plan(caller=READER, plan_id=plan_id)).snapshot_sha256
    )
    lines = {(line.figure, line.of): line for line in over.review.lines}
    sent = lines["shipments.sent", ""]
    assert (sent.actual, sent.days, sent.of_days) == (12, 10, 10), "a shop that sends knows of days without parcels too"
    declined = lines["declined_share", "sandbox"]
    assert (declined.actual, declined.days) == (0.25, 1)
    assert (lines["paid_hours", ""].actual, lines["paid_hours", ""].error) == (None, None), "nobody told"
    assert await follow.ask() == 0

    peak = desk.ask(PeakApi)
    until = FIRST + timedelta(days=2, hours=12)
    await peak.look_at_season(caller=PLANNER, key=new_key(), plan_id=plan_id, until=until)
    assert (await season(desk, plan_id)).waiting
    assert await follow.look() == 1
    replayed = await season(desk, plan_id)
    assert (replayed.until, replayed.replayed, replayed.waiting) == (until, True, False)
    assert replayed.live is not None
    assert replayed.live.hours_seen == 60


async def test_what_was_told_elsewhere_is_kept_once_and_stands_above_the_shop(desk: Node) -> None:
    peak = desk.ask(PeakApi)
    hours = tuple(
        SoldHour(hour=FIRST + timedelta(hours=hour), orders=hour, units=hour, revenue_minor=100) for hour in range(3)
    )
    goods = (SoldProduct(day=FIRST.date(), sku="mug", units=3),)
    told = Actuals(source="till.csv", since=FIRST, until=FIRST + timedelta(hours=5), hours=hours, products=goods)
    both = await asyncio.gather(*(peak.put_actuals(caller=PLANNER, key=new_key(), actuals=told) for _ in range(2)))
    assert sorted(both) == [0, 3], "two feeds at once: one writes, the other changes nothing"
    shop = msgspec.structs.replace(told, source="shop", hours=hours[:2])
    assert await peak.put_actuals(caller=PLANNER, key=new_key(), actuals=shop) == 0
    fewer = msgspec.structs.replace(told, hours=hours[:2])
    assert await peak.put_actuals(caller=PLANNER, key=new_key(), actuals=fewer) == 1, "the third hour is gone"


async def test_actuals_that_cannot_be_are_refused_and_nothing_is_kept(desk: Node) -> None:
    peak = desk.ask(PeakApi)
    hours = (
        SoldHour(hour=FIRST, orders=1, units=1, revenue_minor=0),
        SoldHour(hour=FIRST, orders=1, units=1, revenue_minor=0),
        SoldHour(hour=FIRST + timedelta(minutes=30), orders=-1, units=1, revenue_minor=0),
    )
    bad = Actuals(source="till.csv", since=FIRST, until=FIRST + timedelta(hours=2), hours=hours)
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.put_actuals(caller=PLANNER, key=new_key(), actuals=bad)
    assert {(one.rule, one.row) for one in refused.value.mistakes} == {("told_twice", 2), ("hour", 3), ("no_count", 3)}
    with pytest.raises(Forbidden):
        await peak.put_actuals(caller=READER, key=new_key(), actuals=bad)
    good = msgspec.structs.replace(bad, hours=hours[:1])
    assert await peak.put_actuals(caller=PLANNER, key=new_key(), actuals=good) == 1


async def test_a_look_at_a_plan_that_is_not_done_is_refused(desk: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    peak = desk.ask(PeakApi)
    row = await peak.start_plan(caller=PLANNER, key=new_key(), title="", settings=SETTINGS)
    assert (await season(desk, row.id)).state is SeasonState.NO_PLAN
    with pytest.raises(InvalidPeakInput) as refused:
        await peak.look_at_season(caller=PLANNER, key=new_key(), plan_id=row.id, until=FIRST - timedelta(days=1))
    assert {one.rule for one in refused.value.mistakes} == {"not_frozen", "until"}
    monkeypatch.setattr(numerics, "NEEDED", ("no_such_library",))
    with pytest.raises(PeakExtraMissing):
        await peak.look_at_season(caller=PLANNER, key=new_key(), plan_id=row.id)


@pytest.mark.timeout(300)
async def test_a_look_that_fails_keeps_what_was_seen_and_one_that_died_is_made_again(
    desk: Node, orders: FakeOrders, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = await planned(desk)
    follow = follower(desk, orders)
    await go_to(desk, set_clock, FIRST + timedelta(days=1, hours=2))
    assert (await follow.ask(), await follow.look()) == (1, 1)
    seen = await season(desk, plan_id)

    await go_to(desk, set_clock, FIRST + timedelta(days=1, hours=4))
    monkeypatch.setattr("springtide.contexts.peak.providers.season_run.PROGRAM", ("-c", "raise SystemExit('no luck')"))
    assert (await follow.ask(), await follow.look()) == (1, 1)
    failed = await season(desk, plan_id)
    assert [(one.rule, "no luck" in one.message) for one in failed.mistakes] == [("crashed", True)]
    assert failed.live == seen.live
    monkeypatch.undo()

    async def dies(request: object) -> None:
        raise MemoryError

    await desk.ask(PeakApi).look_at_season(caller=PLANNER, key=new_key(), plan_id=plan_id)
    with monkeypatch.context() as patched:
        patched.setattr("springtide.contexts.peak.service.follow_seasons.run_season_process", dies)
        with pytest.raises(MemoryError):
            await follow.look()
    assert await follow.look() == 0, "somebody looks"
    await go_to(desk, set_clock, FIRST + timedelta(days=1, hours=5))
    assert await follow.look() == 1
    again = await season(desk, plan_id)
    assert (again.mistakes, again.waiting) == ((), False)
