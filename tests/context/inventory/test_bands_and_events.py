"""What the others are told: bands when they change, low stock, back in stock; and what orders tell inventory."""

from uuid import UUID

import msgspec

from springtide.contracts.inventory.api import Allocation, Availability, Band, Location
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.platform.events import Event
from springtide.platform.ids import uuid7
from springtide.platform.inbox import Consumer
from springtide.platform.usecase import new_key
from tests.context.inventory.events import adjusted, envelope, shipped
from tests.context.inventory.shop import Shop


async def told(shop: Shop) -> list[tuple[str, str, int]]:
    """Return (sku in market, band, version) as told so far, without the opening import."""
    return [
        (f"{one['sku']} {one['market']}", one["band"], one["version"])
        for aggregate, _, payload in await shop.events("availability_changed")
        if not aggregate.startswith("import:")
        for one in payload["changed"]
    ]


async def test_band_is_told_only_when_it_changes(shop: Shop) -> None:
    assert [await shop.band("mug", market) for market in ("GB", "NL", "SE", "XX")] == [
        "in_stock",
        "in_stock",
        "few_left",
        "sold_out",
    ]
    await shop.hold(("mug", 8))
    assert await told(shop) == []
    hold = await shop.hold(("mug", 1))
    assert await told(shop) == [("mug GB", "few_left", 3), ("mug NL", "few_left", 3)]
    await shop.hold(("mug", 5))
    await shop.release(hold.checkout_id)
    versions = [version for name, _, version in await told(shop) if name == "mug GB"]
    assert versions == sorted(set(versions))
    assert [band for name, band, _ in await told(shop) if name == "mug GB"] == ["few_left", "sold_out", "few_left"]
    back = [(sku, payload["market"]) for sku, _, payload in await shop.events("back_in_stock")]
    assert back == [("mug", "GB"), ("mug", "NL")]


async def test_every_event_of_a_sku_has_its_own_version(shop: Shop) -> None:
    first = await shop.hold(("mug", 14))
    await shop.release(first.checkout_id)
    versions = [
        version
        for kind in ("availability_changed", "low_stock", "back_in_stock")
        for sku, version, _ in await shop.events(kind)
        if sku == "mug"
    ]
    assert len(versions) == len(set(versions))
    assert min(versions) == 2
    assert max(versions) - min(versions) + 1 == len(versions)


async def test_low_stock_is_told_once_on_the_way_down(shop: Shop) -> None:
    for _ in range(4):
        await shop.hold(("mug", 2))
    (event,) = await shop.events("low_stock")
    assert event[2] == {"sku": "mug", "location": "own", "available": 2, "low_stock_at": 3}


async def test_events_are_what_the_contract_says(shop: Shop) -> None:
    await shop.hold(("mug", 14))
    _, _, payload = (await shop.events("availability_changed"))[-1]
    event = msgspec.convert(payload, AvailabilityChanged)
    snapshot = await shop.api.snapshot(caller=shop.caller)
    assert set(event.changed) <= set(snapshot.items)
    assert {band.band for band in event.changed} == {Band.SOLD_OUT}


async def test_snapshot_has_every_market_of_every_sku(shop: Shop) -> None:
    snapshot = await shop.api.snapshot(caller=shop.caller)
    assert snapshot.after is None
    assert {(one.sku, one.market) for one in snapshot.items} == {
        ("mug", "GB"),
        ("mug", "NL"),
        ("mug", "SE"),
        ("jar", "GB"),
        ("jar", "NL"),
        ("tin", "GB"),
        ("tin", "NL"),
    }
    again = await shop.api.snapshot(caller=shop.caller, after="mug")
    assert {one.sku for one in again.items} == {"tin"}
    assert await shop.api.availability(caller=shop.caller, market="GB", skus=("none",)) == (
        Availability(market="GB", sku="none", band=Band.SOLD_OUT),
    )


async def test_changed_ranks_have_bands_judged_again(shop: Shop) -> None:
    changed = Location(key="own", name="Own", external=False, ranks={"GB": 1, "SE": 2})
    await shop.api.put_location(caller=shop.caller, key=new_key(), location=changed)
    await shop.run_loop("review_bands")
    assert [await shop.band("jar", market) for market in ("GB", "NL", "SE")] == ["in_stock", "sold_out", "in_stock"]
    assert await shop.sql("select * from band_review") == []


async def take(shop: Shop, event: Event, event_id: UUID | None = None) -> str:
    built = shop.node.built["inventory"]
    by_type = {subscription.event.TYPE: subscription for subscription in built.subscriptions}
    consumer = Consumer(shop.node.databases["inventory"], shop.node.bus, by_type, name="inventory")
    return await consumer.take(envelope(event, event_id))


def units(quantity: int, location: str = "own") -> Allocation:
    return Allocation(sku="mug", location=location, quantity=quantity)


async def counters(shop: Shop, location: str = "own") -> tuple[int, int, int]:
    row = await shop.row("mug", location)
    return row.on_hand, row.claimed, row.available


async def test_shipping_takes_off_hand_and_off_claimed_once(shop: Shop) -> None:
    order = (await shop.claim((await shop.hold(("mug", 5))).checkout_id)).checkout_id
    event, event_id = shipped(order, units(2)), uuid7()
    assert await take(shop, event, event_id) == "taken"
    assert await take(shop, event, event_id) == "repeated"
    assert await counters(shop) == (8, 3, 5)
    await take(shop, shipped(order, units(3)))
    assert await counters(shop) == (5, 0, 5)
    assert await shop.sql("select * from promise") == []
    (latest, *_) = await shop.api.ledger(caller=shop.caller, sku="mug")
    assert (latest.kind.value, latest.quantity) == ("shipped", -3)
    assert await shop.check() == []


async def test_shipping_from_another_location_frees_the_claim(shop: Shop) -> None:
    order = (await shop.claim((await shop.hold(("mug", 3))).checkout_id)).checkout_id
    await take(shop, shipped(order, units(3, "ext")))
    assert await counters(shop) == (10, 0, 10)
    assert await counters(shop, "ext") == (1, 0, 1)
    assert await shop.check() == []


async def test_released_and_returned_units(shop: Shop) -> None:
    order = (await shop.claim((await shop.hold(("mug", 5))).checkout_id)).checkout_id
    await take(shop, shipped(order, units(2)))
    await take(shop, adjusted(order, released=(units(1),)))
    assert await counters(shop) == (8, 2, 6)
    await take(shop, adjusted(order, returned=(units(2),)))
    assert await counters(shop) == (10, 2, 8)
    (latest, *_) = await shop.api.ledger(caller=shop.caller, sku="mug")
    assert (latest.kind.value, latest.quantity) == ("returned", 2)
    await take(shop, adjusted(order, released=(units(2),)))
    await take(shop, adjusted(order, released=(units(2),)))
    assert await counters(shop) == (10, 0, 10)
    assert await shop.check() == []


async def test_units_left_that_should_not_exist_are_booked_and_found(shop: Shop) -> None:
    await take(shop, shipped(uuid7(), Allocation(sku="tin", location="own", quantity=2)))
    assert (await shop.row("tin")).on_hand == -2
    assert {rule for rule, _ in await shop.check()} == {"nothing_is_negative", "promised_within_owned"}
