"""Adjustments, transfers, policies, inbound, opening stock: the ledger always adds up."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from springtide.contracts.inventory.api import (
    AdjustmentRefused,
    InboundUnknown,
    InvalidStock,
    LocationUnknown,
    NotEnoughStock,
    StockLevel,
    Supply,
)
from springtide.platform.caller import Caller, Kind, guest
from springtide.platform.errors import Forbidden
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.inventory.shop import OPENED_AT, SetClock, Shop

SOON, LATER = date(2011, 10, 1), date(2011, 11, 1)


async def receive(shop: Shop, inbound_id: UUID, quantity: int) -> None:
    await shop.api.receive_inbound(caller=shop.caller, key=new_key(), inbound_id=inbound_id, quantity=quantity)


async def transfer(shop: Shop, quantity: int, source: str = "own", target: str = "ext", sku: str = "mug") -> None:
    await shop.api.transfer(
        caller=shop.caller,
        key=new_key(),
        sku=sku,
        from_location=source,
        to_location=target,
        quantity=quantity,
        reason="balance",
    )


async def test_opening_stock_is_one_entry_per_place_and_booked_once(shop: Shop) -> None:
    entries = await shop.api.ledger(caller=shop.caller, sku="mug")
    assert [(entry.kind.value, entry.location, entry.quantity, entry.at) for entry in entries] == [
        ("opening", "ext", 4, OPENED_AT),
        ("opening", "own", 10, OPENED_AT),
    ]
    booked = await shop.stock_up(
        StockLevel(sku="mug", location="own", quantity=99),
        StockLevel(sku="tin", location="own", quantity=99),
        StockLevel(sku="new", location="ext", quantity=7),
    )
    assert booked == 1
    assert (await shop.row("mug")).on_hand == 10
    assert (await shop.row("tin")).on_hand == 0
    assert (await shop.row("new", "ext")).on_hand == 7
    assert await shop.check() == []


async def test_opening_stock_of_a_place_that_was_only_set_up(shop: Shop) -> None:
    await shop.policy("soap", Supply.STOCK)
    assert await shop.stock_up(StockLevel(sku="soap", location="own", quantity=5)) == 1
    assert (await shop.row("soap")).on_hand == 5


async def test_refused_opening_stock_changes_nothing(shop: Shop) -> None:
    before = await shop.everything()
    good = StockLevel(sku="new", location="own", quantity=1)
    with pytest.raises(LocationUnknown):
        await shop.stock_up(good, StockLevel(sku="new", location="moon", quantity=1))
    with pytest.raises(InvalidStock):
        await shop.stock_up(good, good)
    with pytest.raises(InvalidStock):
        await shop.stock_up(good, StockLevel(sku="bad", location="own", quantity=-1))
    with pytest.raises(InvalidStock):
        await shop.stock_up(*(StockLevel(sku=f"s{number}", location="own", quantity=1) for number in range(2_001)))
    assert await shop.everything() == before


async def test_two_thousand_levels_tell_bands_in_few_events(shop: Shop) -> None:
    before = len(await shop.events("availability_changed"))
    levels = (StockLevel(sku=f"s{number}", location="own", quantity=1) for number in range(2_000))
    assert await shop.stock_up(*levels) == 2_000
    events = (await shop.events("availability_changed"))[before:]
    assert [len(payload["changed"]) for _, _, payload in events] == [500] * 8
    assert [version for _, version, _ in events] == list(range(1, 9))


async def test_adjust_adds_and_takes_away_with_a_reason(shop: Shop) -> None:
    assert (await shop.adjust("mug", 3)).on_hand == 13
    assert (await shop.adjust("mug", -13)).on_hand == 0
    entries = await shop.api.ledger(caller=shop.caller, sku="mug", limit=2)
    assert [(entry.kind.value, entry.quantity, entry.reason) for entry in entries] == [
        ("adjusted", -13, "counted"),
        ("adjusted", 3, "counted"),
    ]
    (latest, _) = await shop.api.list_audit(caller=shop.caller, aggregate_id="mug")
    assert (latest.action, latest.actor) == ("stock_adjusted", "system:test")
    older = await shop.api.ledger(caller=shop.caller, sku="mug", before=str(entries[-1].id))
    assert {entry.kind.value for entry in older} == {"opening"}
    assert await shop.check() == []


async def test_promised_units_cannot_be_adjusted_or_moved_away(shop: Shop) -> None:
    await shop.hold(("mug", 8))
    before = await shop.everything()
    with pytest.raises(AdjustmentRefused) as refused:
        await shop.adjust("mug", -3)
    assert refused.value.facts == {"sku": "mug", "location": "own", "on_hand": 10, "promised": 8}
    with pytest.raises(AdjustmentRefused):
        await transfer(shop, 3)
    with pytest.raises(AdjustmentRefused):
        await shop.adjust("nothing", -1)
    assert await shop.everything() == before
    assert (await shop.adjust("mug", -2)).available == 0


async def test_units_of_an_expired_hold_are_free_for_staff_too(shop: Shop, set_clock: SetClock) -> None:
    await shop.hold(("mug", 10), expires_after_s=60)
    await set_clock(shop.node, 61)
    assert (await shop.row("mug")).available == 10
    await shop.adjust("mug", -10)
    assert await shop.check() == []


async def test_malformed_changes_are_refused(shop: Shop) -> None:
    before = await shop.everything()
    refused: list[tuple[type[Exception], Callable[[], Awaitable[object]]]] = [
        (InvalidStock, lambda: shop.adjust("mug", 0)),
        (InvalidStock, lambda: shop.adjust(" mug", 1)),
        (LocationUnknown, lambda: shop.adjust("mug", 1, location="moon")),
        (InvalidStock, lambda: transfer(shop, 1, "own", "own")),
        (InvalidStock, lambda: transfer(shop, -1)),
        (LocationUnknown, lambda: transfer(shop, 1, "own", "moon")),
        (InvalidStock, lambda: shop.policy("mug", Supply.STOCK, low_stock_at=-1)),
        (LocationUnknown, lambda: shop.policy("mug", Supply.STOCK, location="moon")),
        (InboundUnknown, lambda: receive(shop, uuid7(), 1)),
    ]
    for refusal, change in refused:
        with pytest.raises(refusal):
            await change()
    with pytest.raises(InvalidStock):
        await shop.api.adjust(caller=shop.caller, key=new_key(), sku="mug", location="own", quantity=1, reason=" ")
    assert await shop.everything() == before


async def test_transfer_books_both_ends(shop: Shop) -> None:
    await transfer(shop, 4)
    assert ((await shop.row("mug")).on_hand, (await shop.row("mug", "ext")).on_hand) == (6, 8)
    assert await shop.check() == []


async def test_inbound_is_sold_only_when_confirmed_and_by_policy(shop: Shop) -> None:
    inbound_id = await shop.inbound("tin", 6, SOON)
    with pytest.raises(NotEnoughStock):
        await shop.hold(("tin", 1))
    await shop.policy("tin", Supply.BACKORDER)
    await shop.inbound("tin", 3, LATER, confirmed=False)
    assert await shop.band("tin") == "inbound"
    hold = await shop.hold(("tin", 6))
    assert (hold.allocations[0].inbound, hold.allocations[0].expected_on) == (6, SOON)
    with pytest.raises(NotEnoughStock):
        await shop.hold(("tin", 1))
    before = await shop.everything()
    with pytest.raises(AdjustmentRefused):
        await shop.policy("tin", Supply.STOCK)
    with pytest.raises(AdjustmentRefused):
        await shop.inbound("tin", 5, SOON, at=inbound_id)
    with pytest.raises(AdjustmentRefused):
        await shop.inbound("tin", 6, SOON, confirmed=False, at=inbound_id)
    assert await shop.everything() == before
    assert await shop.check() == []


async def test_a_later_unit_is_promised_for_the_later_day(shop: Shop) -> None:
    await shop.policy("tin", Supply.PRE_ORDER)
    await shop.adjust("tin", 2)
    await shop.inbound("tin", 2, SOON)
    await shop.inbound("tin", 5, LATER)
    first = await shop.hold(("tin", 3))
    assert (first.allocations[0].inbound, first.allocations[0].expected_on) == (1, SOON)
    second = await shop.hold(("tin", 2))
    assert (second.allocations[0].inbound, second.allocations[0].expected_on) == (2, LATER)


async def test_received_units_come_on_hand_and_off_inbound(shop: Shop) -> None:
    await shop.policy("tin", Supply.BACKORDER)
    inbound_id = await shop.inbound("tin", 6, SOON)
    await shop.hold(("tin", 6))
    await receive(shop, inbound_id, 4)
    row = await shop.row("tin")
    assert (row.on_hand, row.inbound, row.available) == (4, 2, 0)
    await receive(shop, inbound_id, 5)
    row = await shop.row("tin")
    assert (row.on_hand, row.inbound, row.available) == (9, 0, 3)
    assert await shop.api.list_inbound(caller=shop.caller) == ()
    (closed,) = await shop.api.list_inbound(caller=shop.caller, sku="tin", open_only=False)
    assert closed.received == 9
    assert [entry.kind.value for entry in await shop.api.ledger(caller=shop.caller, sku="tin", limit=2)] == [
        "received",
        "received",
    ]
    assert await shop.check() == []


async def test_inbound_keeps_its_place_and_needs_a_supplier(shop: Shop) -> None:
    inbound_id = await shop.inbound("tin", 6, SOON)
    before = await shop.everything()
    with pytest.raises(InvalidStock):
        await shop.inbound("mug", 6, SOON, at=inbound_id)
    with pytest.raises(InvalidStock):
        await shop.api.put_inbound(
            caller=shop.caller,
            key=new_key(),
            inbound_id=uuid7(),
            supplier="nobody",
            sku="tin",
            location="own",
            quantity=1,
            expected_on=SOON,
            confirmed=True,
        )
    assert await shop.everything() == before


async def test_lists_are_paged_and_filtered(shop: Shop) -> None:
    first = await shop.api.stock(caller=shop.caller, limit=2)
    rest = await shop.api.stock(caller=shop.caller, after=first.after)
    assert [(row.sku, row.location) for row in (*first.items, *rest.items)] == [
        ("jar", "own"),
        ("mug", "ext"),
        ("mug", "own"),
        ("tin", "own"),
    ]
    await shop.hold(("mug", 8))
    low = await shop.api.stock(caller=shop.caller, low_only=True)
    assert [(row.sku, row.location, row.available) for row in low.items] == [("mug", "own", 2)]
    assert len((await shop.api.stock(caller=shop.caller, location="ext")).items) == 1
    with pytest.raises(InvalidStock):
        await shop.api.ledger(caller=shop.caller, sku="mug", before="x")


async def test_scopes(shop: Shop) -> None:
    warehouse = Caller(actor="w", kind=Kind.STAFF, scopes=frozenset({"inventory.write"}))
    row = await shop.api.adjust(caller=warehouse, key=new_key(), sku="mug", location="own", quantity=1, reason="found")
    assert row.on_hand == 11
    reader = Caller(actor="r", kind=Kind.STAFF)
    assert (await shop.api.stock(caller=reader)).items
    with pytest.raises(Forbidden):
        await shop.api.adjust(caller=reader, key=new_key(), sku="mug", location="own", quantity=1, reason="x")
    with pytest.raises(Forbidden):
        await shop.api.stock(caller=guest())
    assert await shop.api.availability(caller=guest(), market="GB", skus=("mug",))


async def test_import_time_needs_a_zone(shop: Shop) -> None:
    with pytest.raises(InvalidStock):
        await shop.api.import_stock(
            caller=shop.caller,
            key=new_key(),
            batch="b",
            levels=(StockLevel(sku="new", location="own", quantity=1),),
            at=datetime(2011, 9, 1, tzinfo=UTC).replace(tzinfo=None),
        )
