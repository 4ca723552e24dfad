"""Holds that run out: by the database's clock, judged inline, swept by the loop, taken again when possible."""

import asyncio

import pytest

from springtide.contracts.inventory.api import Hold, HoldGone, NotEnoughStock
from springtide.platform.errors import Refusal
from tests.context.inventory.shop import SetClock, Shop


async def test_live_hold_keeps_its_units_expired_one_does_not(shop: Shop, set_clock: SetClock) -> None:
    first = await shop.hold(("mug", 14), expires_after_s=600)
    await set_clock(shop.node, 540)
    with pytest.raises(NotEnoughStock):
        await shop.hold(("mug", 1))
    await set_clock(shop.node, 601)
    second = await shop.hold(("mug", 10))
    assert first.checkout_id != second.checkout_id
    assert await shop.check() == []
    with pytest.raises(HoldGone) as gone:
        await shop.claim(first.checkout_id)
    assert gone.value.facts["short"] == [{"sku": "mug", "wanted": 14, "available": 4}]
    assert (await shop.claim(second.checkout_id)).expires_at is None


async def test_expired_hold_is_claimed_when_nobody_took_the_units(shop: Shop, set_clock: SetClock) -> None:
    hold = await shop.hold(("mug", 14), expires_after_s=60)
    await set_clock(shop.node, 3600)
    assert (await shop.claim(hold.checkout_id)).allocations == hold.allocations
    with pytest.raises(NotEnoughStock):
        await shop.hold(("mug", 1))


async def test_swept_hold_is_taken_again_or_gone(shop: Shop, set_clock: SetClock) -> None:
    lucky = await shop.hold(("mug", 10), expires_after_s=60)
    unlucky = await shop.hold(("jar", 50), expires_after_s=60)
    await set_clock(shop.node, 61)
    await shop.run_loop("expire_holds")
    assert (await shop.row("mug")).held == 0
    assert {event[0] for event in await shop.events("hold_expired")} == {
        str(lucky.checkout_id),
        str(unlucky.checkout_id),
    }
    await shop.hold(("jar", 1))
    assert (await shop.claim(lucky.checkout_id)).allocations == lucky.allocations
    before = await shop.everything()
    with pytest.raises(HoldGone):
        await shop.extend(unlucky.checkout_id)
    assert await shop.everything() == before
    assert await shop.check() == []


async def test_retaken_hold_may_come_from_another_location(shop: Shop, set_clock: SetClock) -> None:
    hold = await shop.hold(("mug", 4), expires_after_s=60)
    await set_clock(shop.node, 61)
    await shop.run_loop("expire_holds")
    await shop.hold(("mug", 10))
    claim = await shop.claim(hold.checkout_id)
    assert [(line.location, line.quantity) for line in claim.allocations] == [("ext", 4)]
    assert await shop.check() == []


async def test_extended_hold_lives_on(shop: Shop, set_clock: SetClock) -> None:
    hold = await shop.hold(("mug", 14), expires_after_s=60)
    extended = await shop.extend(hold.checkout_id, 600)
    assert extended.expires_at > hold.expires_at
    await set_clock(shop.node, 61)
    await shop.run_loop("expire_holds")
    with pytest.raises(NotEnoughStock):
        await shop.hold(("mug", 1))


async def test_claimed_hold_is_never_swept(shop: Shop, set_clock: SetClock) -> None:
    hold = await shop.hold(("mug", 14), expires_after_s=60)
    await shop.claim(hold.checkout_id)
    await set_clock(shop.node, 7 * 24 * 3600)
    await shop.run_loop("expire_holds")
    assert (await shop.row("mug")).claimed == 10
    assert await shop.extend(hold.checkout_id) == await shop.claim(hold.checkout_id)


async def test_lapsed_promises_are_forgotten_after_a_day(shop: Shop, set_clock: SetClock) -> None:
    await shop.hold(("mug", 1), expires_after_s=60)
    await set_clock(shop.node, 61)
    await shop.run_loop("expire_holds")
    assert await shop.sql("select state from promise") == [("lapsed",)]
    await set_clock(shop.node, 26 * 3600)
    await shop.run_loop("expire_holds")
    assert await shop.sql("select state from promise") == []


async def test_released_after_lapse_gives_nothing_back_twice(shop: Shop, set_clock: SetClock) -> None:
    hold = await shop.hold(("mug", 5), expires_after_s=60)
    await set_clock(shop.node, 61)
    await shop.run_loop("expire_holds")
    await shop.release(hold.checkout_id)
    assert (await shop.row("mug")).available == 10
    assert await shop.check() == []


@pytest.mark.parametrize("sweeps", [0, 3])
async def test_late_claims_and_new_holds_at_once_never_share_units(
    shop: Shop, set_clock: SetClock, sweeps: int
) -> None:
    late = [await shop.hold(("jar", 5), expires_after_s=60) for _ in range(10)]
    await set_clock(shop.node, 61)
    outcomes = await asyncio.gather(
        *(
            work
            for number, hold in enumerate(late)
            for work in (
                shop.hold(("jar", 5)) if number % 2 else shop.claim(hold.checkout_id),
                shop.claim(hold.checkout_id) if number % 2 else shop.hold(("jar", 5)),
            )
        ),
        *(shop.run_loop("expire_holds") for _ in range(sweeps)),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Hold)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert (len(won), len(lost)) == (10, 10)
    await shop.run_loop("expire_holds")
    row = await shop.row("jar")
    assert (row.held + row.claimed, row.available) == (50, 0)
    assert await shop.check() == []
