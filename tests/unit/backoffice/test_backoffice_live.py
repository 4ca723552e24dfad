"""The live page: what it says of figures, silence and trouble; one broadcaster for all who look."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from springtide.channels.backoffice.app import BackOffice
from springtide.channels.backoffice.live import MOST_VIEWERS, TooManyViewers
from springtide.channels.backoffice.live_view import Known, board_of, orders_of, roles_of, verdict
from springtide.contracts.insight.api import OrderMinute
from springtide.contracts.orders.api import RhythmHour
from springtide.contracts.payments.api import GatewaySwitch
from springtide.platform.errors import Unavailable
from springtide.platform.fleet_view import FleetHub
from springtide.platform.vitals import Queue, Snapshot
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_facts import gateway
from tests.unit.backoffice.office_fakes import FakeShop

NOW = datetime(2026, 11, 22, 14, 30, 20, tzinfo=UTC)
THIS_MINUTE = NOW.replace(second=0)
SUNDAY_2_PM = (RhythmHour(weekday=7, hour=14, orders=120.0),)


def minute(ago: int, orders: int, currency: str = "GBP") -> OrderMinute:
    at = THIS_MINUTE - timedelta(minutes=ago)
    return OrderMinute(at=at, market="GB", currency=currency, orders=orders, gross_minor=orders * 1_000)


def snapshot(process: str, queues: tuple[Queue, ...] = ()) -> Snapshot:
    return Snapshot(
        process=process, roles=("web",), up_s=4_000, answers=(), queues=queues, pools=(), failing=(), lag_ms=1,
        cpu_percent=12, memory_mib=80,
    )  # fmt: skip


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def test_orders_a_minute_are_of_the_last_five_and_judged_by_the_last_ten_full_ones() -> None:
    orders = orders_of((minute(0, 3), minute(1, 10), minute(10, 10), minute(11, 50)), SUNDAY_2_PM, NOW)
    assert orders.per_minute == pytest.approx(3.0)  # 13 in four minutes and twenty seconds
    assert orders.expected == 2.0
    assert orders.verdict.text == "As usual"
    assert orders.last_hour == 73
    assert len(orders.bars) == 60


def test_rehearsed_orders_stand_beside_the_others() -> None:
    rehearsing = msgspec.structs.replace(minute(2, 0), rehearsed=40)
    known = Known(minutes=(minute(1, 2), rehearsing), rhythm=SUNDAY_2_PM)
    board = board_of(FleetHub(channels=("storefront",)).view(), known, NOW)
    assert board.orders is not None
    assert (board.orders.last_hour, board.orders.rehearsed) == (2, 40)
    assert board.revenue == (("GBP", 2_000),)


@pytest.mark.parametrize(
    ("orders", "expected", "says"),
    [
        (0, 20.0, "No orders"),
        (9, 20.0, "Fewer than usual"),
        (10, 20.0, "As usual"),
        (41, 20.0, "More than usual"),
        (0, 2.0, "As usual"),  # two expected orders that do not come are no news
        (3, None, "No history yet"),
    ],
)
def test_verdicts(orders: int, expected: float | None, says: str) -> None:
    assert verdict(orders, expected).text == says


def test_the_heading_says_the_worst_first() -> None:
    clock = Clock()
    hub = FleetHub(clock=clock)
    hub.add(snapshot("a"))
    fine = Known(minutes=(minute(1, 13),), rhythm=SUNDAY_2_PM, gateways=(gateway("north"),))
    assert board_of(hub.view(), fine, NOW).heading == "Selling: 3.0 orders a minute"
    broken = msgspec.structs.replace(gateway("south"), breaker="open")
    down = Known(minutes=(), gateways=(gateway("north"), broken))
    assert board_of(hub.view(), down, NOW).heading == "1 gateway down: south"
    off = Known(minutes=(), gateways=(gateway("north", switch=GatewaySwitch.OFF),))
    assert board_of(hub.view(), off, NOW).heading == "No gateway takes payments"
    clock.now += 10
    board = board_of(hub.view(), down, NOW)
    assert board.heading == "1 process does not answer"
    assert board.processes[0][2].text == "Silent for 10 s"
    assert board.tone == "bad"


def test_queues_are_the_longest_first_and_revenue_is_by_currency() -> None:
    hub = FleetHub(clock=Clock())
    hub.add(snapshot("a", (Queue("lane", "orders", 3), Queue("outbox", "orders", 70), Queue("http", "/ writing", 0))))
    known = Known(minutes=(minute(1, 2), minute(2, 9, "SEK")), lags={"orders": 12, "pricing": 0})
    board = board_of(hub.view(), known, NOW)
    assert board.queues == (
        ("oldest unsent event of orders", "70 s"),
        ("events for orders", "12"),
        ("calls of orders", "3"),
    )
    assert board.revenue == (("SEK", 9_000), ("GBP", 2_000))


def test_a_process_of_many_roles_is_named_in_short() -> None:
    assert roles_of(("catalog", "web")) == "web + catalog"
    assert (
        roles_of(("backoffice", "catalog", "checkout", "jobs", "orders", "pricing")) == "backoffice + jobs + 4 contexts"
    )


async def test_the_page_shows_the_board_and_reloads_without_script(owner: Browser) -> None:
    answer = await owner.get("/live")
    assert answer.status == 200
    for word in ("Orders a minute", "Revenue, last hour", "Gateways", "Sold out", 'http-equiv="refresh"', "north"):
        assert word in answer.text, word


async def test_the_page_needs_the_permission(browser_of: BrowserOf) -> None:
    assert (await browser_of("orders.read").get("/live")).status == 403
    assert (await browser_of("orders.read").get("/live/stream")).status == 403
    assert (await browser_of("insight.read").get("/live")).status == 200


async def test_a_context_that_does_not_answer_leaves_its_place_empty(owner: Browser, shop: FakeShop) -> None:
    shop.refusals["payments.gateways"] = Unavailable("Payments is away.")
    text = (await owner.get("/live")).text
    assert "no answer yet" in text
    assert "gateways: Payments is away." in text
    assert "Revenue, last hour" in text


async def test_however_many_look_each_figure_is_asked_for_once(owner: Browser, shop: FakeShop, app: BackOffice) -> None:
    await owner.get("/live")
    asked = len(shop.calls)
    for _ in range(5):
        await owner.get("/live")
    assert [call for call, _ in shop.calls[asked:] if call.startswith(("insight.", "payments."))] == []
    streams = [app.live.frames() for _ in range(3)]
    frames = [await anext(stream) for stream in streams]
    assert frames[0] is frames[1] is frames[2]
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0)
    app.live._draw()
    drawn = await asyncio.gather(*waiting)
    assert drawn[0] is drawn[1] is drawn[2]
    for stream in streams:
        await stream.aclose()
    assert app.live.viewers == 0


async def test_viewers_are_bounded_and_leave_when_the_process_does(app: BackOffice) -> None:
    streams = [app.live.frames() for _ in range(MOST_VIEWERS)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(TooManyViewers):
        await anext(app.live.frames())
    app.health.draining = True
    for stream in streams:
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert app.live.viewers == 0
