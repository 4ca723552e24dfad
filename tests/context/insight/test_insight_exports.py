"""Purchases told to GA4: with consent, once per order, by rows that outlive every failure; nobody's data in them."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from springtide.bootstrap import Node
from springtide.contexts.insight.providers.ga4 import Ga4 as Ga4Receiver
from springtide.contexts.insight.providers.ga4 import payload
from springtide.contexts.insight.providers.pingdom import Pingdom
from springtide.contexts.insight.providers.port import Item, Purchase
from springtide.contexts.insight.providers.uptimerobot import UptimeRobot
from springtide.contexts.insight.service.read_monitors import read_monitors
from springtide.contexts.insight.service.tell_others import tell_others
from springtide.contracts.insight.api import Batch, ExportCount, InsightApi, MonitorResult, OrderSeen
from springtide.platform.ids import uuid7
from tests.context.insight.conftest import STAFF, WEB, InsightWith, placed, take
from tests.fakes import analytics_fake as fake
from tests.fakes.serving import served

VISIT = "0123456789abcdef0123456789abcdef"
SetClock = Callable[[Node, float], Awaitable[None]]


@pytest.fixture(scope="module")
def property_origin() -> Iterator[tuple[fake.Ga4, str]]:
    found = fake.Ga4()
    with served(lambda _: found) as origin:
        yield found, origin


@pytest.fixture
def ga4(property_origin: tuple[fake.Ga4, str]) -> tuple[fake.Ga4, str]:
    found, origin = property_origin
    found.received, found.purchases, found.messages, found.statuses = [], {}, [], []
    return found, origin


@pytest.fixture(scope="module")
def watchers() -> Iterator[tuple[fake.Watchers, str]]:
    found = fake.Watchers()
    with served(lambda _: found) as origin:
        yield found, origin


def receiver(origin: str) -> Ga4Receiver:
    return Ga4Receiver(measurement_id=fake.MEASUREMENT_ID, api_secret=fake.API_SECRET, url=origin)


async def exporting(insight_with: InsightWith, origin: str) -> Node:
    return await insight_with(ga4_measurement_id=fake.MEASUREMENT_ID, ga4_api_secret=fake.API_SECRET, ga4_url=origin)


async def agree(node: Node, *orders: Any) -> None:
    seen = tuple(OrderSeen(order_id=order, visit=VISIT) for order in orders)
    await node.ask(InsightApi).record(caller=WEB, key=str(uuid7()), batch=Batch(orders=seen))


async def exports(node: Node) -> tuple[ExportCount, ...]:
    today = datetime.now(UTC).date()
    found = await node.ask(InsightApi).availability(
        caller=STAFF, since=today - timedelta(days=1), until=today + timedelta(days=9)
    )
    return found.exports


@pytest.mark.parametrize("order_first", [True, False])
async def test_a_purchase_is_told_once_when_order_and_consent_are_known(
    insight_with: InsightWith, ga4: tuple[fake.Ga4, str], *, order_first: bool
) -> None:
    found, origin = ga4
    node = await exporting(insight_with, origin)
    order = placed(placed_at=datetime.now(UTC))
    for step in (True, False):
        if step is order_first:
            await take(node, order, targets=("ga4",))
        else:
            await agree(node, order.order_id)
    await agree(node, order.order_id)  # the confirmation was looked at again
    out = receiver(origin)
    for _ in range(3):
        await tell_others(node.databases["insight"], [out])
    await out.close()
    assert not found.messages
    assert len(found.received) == 1
    told = found.purchases[str(order.order_id)]
    assert (told["value"], told["currency"]) == (34.9, "GBP")
    assert told["items"] == [{"item_id": "85123A", "quantity": 2, "price": 14.95}]
    assert await exports(node) == (ExportCount(target="ga4", state="done", purchases=1),)


async def test_without_consent_or_without_an_order_nobody_is_told(
    insight_with: InsightWith, ga4: tuple[fake.Ga4, str]
) -> None:
    found, origin = ga4
    node = await exporting(insight_with, origin)
    await take(node, placed(placed_at=datetime.now(UTC)), targets=("ga4",))
    await agree(node, uuid7())  # made up: no such order was ever placed
    out = receiver(origin)
    assert await tell_others(node.databases["insight"], [out]) == 0
    await out.close()
    assert not found.received
    assert not await exports(node)


async def test_a_receiver_that_is_away_is_told_later_and_counts_once(
    insight_with: InsightWith, ga4: tuple[fake.Ga4, str], set_clock: SetClock
) -> None:
    found, origin = ga4
    node = await exporting(insight_with, origin)
    order = placed(placed_at=datetime.now(UTC))
    await take(node, order, targets=("ga4",))
    await agree(node, order.order_id)
    found.statuses = [503, 429]
    out = receiver(origin)
    db = node.databases["insight"]
    assert await tell_others(db, [out]) == 1
    assert await tell_others(db, [out]) == 0  # not yet due
    for later in (60, 180):
        await set_clock(node, later)
        assert await tell_others(db, [out]) == 1
    await out.close()
    assert list(found.purchases) == [str(order.order_id)]
    assert (await exports(node))[0].state == "done"


async def test_who_died_while_telling_is_followed_by_somebody_else(
    insight_with: InsightWith, ga4: tuple[fake.Ga4, str], set_clock: SetClock
) -> None:
    found, origin = ga4
    node = await exporting(insight_with, origin)
    order = placed(placed_at=datetime.now(UTC))
    await take(node, order, targets=("ga4",))
    await agree(node, order.order_id)

    class Dies:
        name = "ga4"
        forgets_after_s = 60

        async def tell(self, purchase: Purchase) -> Any:
            raise KeyboardInterrupt

        async def close(self) -> None: ...

    db = node.databases["insight"]
    with pytest.raises(KeyboardInterrupt):
        await tell_others(db, [Dies()])
    out = receiver(origin)
    assert await tell_others(db, [out]) == 0
    await set_clock(node, 300)
    assert await tell_others(db, [out]) == 1
    await out.close()
    assert list(found.purchases) == [str(order.order_id)]


async def test_refusals_and_purchases_that_are_too_old_end(
    insight_with: InsightWith, ga4: tuple[fake.Ga4, str]
) -> None:
    found, origin = ga4
    node = await exporting(insight_with, origin)
    fresh, old = placed(placed_at=datetime.now(UTC)), placed(placed_at=datetime.now(UTC) - timedelta(days=4))
    out = receiver(origin)
    for order, status in ((fresh, 403), (old, 503)):
        await take(node, order, targets=("ga4",))
        await agree(node, order.order_id)
        found.statuses = [status]
        await tell_others(node.databases["insight"], [out])
    await out.close()
    assert {row.state: row.problem for row in await exports(node)} == {
        "refused": "answered 403",
        "given_up": "answered 503",
    }


def test_what_is_sent_says_nothing_about_anybody() -> None:
    purchase = Purchase(
        order_id=uuid7(),
        visit="f" * 32,
        currency="SEK",
        total_minor=129_900,
        items=tuple(Item(sku=f"S{number}", quantity=1, gross_minor=100) for number in range(300)),
        placed_at=datetime.now(UTC),
    )
    raw = msgspec.json.encode(payload(purchase))
    assert not fake.judged(raw, now=datetime.now(UTC).timestamp())
    assert b"f" * 32 not in raw


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": ""}, "VALUE_REQUIRED"),
        ({"events": []}, "EXCEEDED_MAX_ENTITIES"),
        ({"email": "x@example.org"}, "NAME_INVALID"),
        ({"timestamp_micros": 1}, "VALUE_OUT_OF_BOUNDS"),
        ({"events": [{"name": "_bad", "params": {}}]}, "NAME_INVALID"),
        ({"events": [{"name": "purchase", "params": {"value": 1, "items": []}}]}, "VALUE_REQUIRED"),
    ],
)
def test_the_fake_judges(change: dict[str, Any], code: str) -> None:
    purchase = Purchase(
        order_id=uuid7(),
        visit="a" * 32,
        currency="EUR",
        total_minor=1,
        items=(Item(sku="A", quantity=1, gross_minor=1),),
        placed_at=datetime.now(UTC),
    )
    body = {**payload(purchase), **change}
    assert code in {found for _, found, _ in fake.judged(msgspec.json.encode(body), now=datetime.now(UTC).timestamp())}


async def monitors(node: Node) -> tuple[MonitorResult, ...]:
    today = datetime.now(UTC).date()
    found = await node.ask(InsightApi).availability(caller=STAFF, since=today, until=today + timedelta(days=1))
    return found.monitors


async def test_what_others_see_is_read_back_and_kept_when_they_are_away(
    insight_with: InsightWith, watchers: tuple[fake.Watchers, str]
) -> None:
    found, origin = watchers
    node = await insight_with()
    both = (UptimeRobot(key=fake.UPTIMEROBOT_KEY, url=origin), Pingdom(token=fake.PINGDOM_TOKEN, url=origin))
    await read_monitors(node.databases["insight"], both)
    expected = [
        ("pingdom", "Checkout", "up", "99.961", 355, ""),
        ("uptimerobot", "Shop NL", "up", "99.973", 212, ""),
        ("uptimerobot", "Shop SE", "down", "98.120", None, ""),
    ]
    rows = [(r.source, r.name, r.state, r.up_30d, r.response_ms, r.problem) for r in await monitors(node)]
    assert rows == expected
    found.down = True
    await read_monitors(node.databases["insight"], both)
    found.down = False
    kept = await monitors(node)
    assert [row.up_30d for row in kept] == [row[3] for row in expected]
    assert {row.problem for row in kept} == {"Pingdom answered 503.", "UptimeRobot answered 503."}
    gone = found.monitors.pop()
    await read_monitors(node.databases["insight"], both)
    assert gone["friendly_name"] not in {row.name for row in await monitors(node)}
    for one in both:
        await one.close()


async def test_a_key_that_is_wrong_is_told_without_the_key(
    insight_with: InsightWith, watchers: tuple[fake.Watchers, str]
) -> None:
    _, origin = watchers
    node = await insight_with()
    both = (UptimeRobot(key="wrong-key", url=origin), Pingdom(token="wrong-token", url=origin))
    await read_monitors(node.databases["insight"], both)
    rows = await monitors(node)
    assert [(row.source, row.state) for row in rows] == [("pingdom", "unknown"), ("uptimerobot", "unknown")]
    assert [row.problem for row in rows] == ["Pingdom answered 401.", "UptimeRobot refuses: api_key is invalid."]
    assert not any("wrong" in row.problem for row in rows)
    for one in both:
        await one.close()
