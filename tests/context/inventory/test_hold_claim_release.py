"""Holds, claims, releases: all or nothing, never twice, never against oneself."""

import asyncio
from uuid import uuid4

import pytest

from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import (
    Allocation,
    AlreadyClaimed,
    HoldGone,
    InvalidStock,
    NotEnoughStock,
    SkuUnknown,
)
from springtide.platform.caller import guest
from springtide.platform.errors import Forbidden, KeyReused, Refusal
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.inventory.shop import Shop, record_trips


async def test_hold_takes_locations_by_rank_and_counts(shop: Shop) -> None:
    hold = await shop.hold(("mug", 12), ("jar", 1))
    assert hold.allocations == (
        Allocation(sku="jar", location="own", quantity=1),
        Allocation(sku="mug", location="own", quantity=10),
        Allocation(sku="mug", location="ext", quantity=2),
    )
    assert (await shop.row("mug")).held == 10
    assert (await shop.row("mug", "ext")).available == 2
    assert await shop.check() == []


async def test_rank_is_the_markets_own(shop: Shop) -> None:
    hold = await shop.hold(("mug", 3), market="NL")
    assert [line.location for line in hold.allocations] == ["ext"]
    with pytest.raises(NotEnoughStock) as refused:
        await shop.hold(("jar", 1), market="SE")
    assert refused.value.facts["short"] == [{"sku": "jar", "wanted": 1, "available": 0}]


async def test_lines_of_one_sku_are_judged_together(shop: Shop) -> None:
    with pytest.raises(NotEnoughStock) as refused:
        await shop.hold(("mug", 8), ("mug", 7))
    assert refused.value.facts["short"] == [{"sku": "mug", "wanted": 15, "available": 14}]


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [
        ((("jar", 5), ("mug", 15)), NotEnoughStock),
        ((("jar", 5), ("nothing", 1)), SkuUnknown),
        ((("jar", 0),), InvalidStock),
        ((("jar", -1),), InvalidStock),
        ((), InvalidStock),
    ],
)
async def test_refused_hold_changes_nothing(
    shop: Shop, lines: tuple[tuple[str, int], ...], refusal: type[Refusal]
) -> None:
    before = await shop.everything()
    with pytest.raises(refusal):
        await shop.hold(*lines)
    assert await shop.everything() == before


async def test_own_hold_never_counts_against_the_checkout(shop: Shop) -> None:
    checkout = uuid7()
    await shop.hold(("mug", 14), checkout_id=checkout)
    again = await shop.hold(("mug", 13), ("jar", 2), checkout_id=checkout)
    assert sum(line.quantity for line in again.allocations) == 15
    assert (await shop.row("mug")).held + (await shop.row("mug", "ext")).held == 13
    assert await shop.check() == []


async def test_refused_second_hold_leaves_the_first(shop: Shop) -> None:
    checkout = uuid7()
    await shop.hold(("mug", 5), checkout_id=checkout)
    with pytest.raises(NotEnoughStock):
        await shop.hold(("mug", 15), checkout_id=checkout)
    assert (await shop.row("mug")).held == 5


async def test_claim_is_a_promise_without_expiry_and_repeats(shop: Shop) -> None:
    hold = await shop.hold(("mug", 5))
    claim = await shop.claim(hold.checkout_id)
    assert claim.expires_at is None
    assert claim.allocations == hold.allocations
    assert await shop.claim(hold.checkout_id) == claim
    row = await shop.row("mug")
    assert (row.held, row.claimed, row.available) == (0, 5, 5)
    assert (await shop.api.claims(caller=shop.caller)).items[0].lines == (Quantity(sku="mug", quantity=5),)


async def test_claimed_checkout_may_hold_the_same_but_nothing_else(shop: Shop) -> None:
    hold = await shop.hold(("mug", 5))
    claim = await shop.claim(hold.checkout_id)
    assert await shop.hold(("mug", 2), ("mug", 3), checkout_id=hold.checkout_id) == claim
    before = await shop.everything()
    with pytest.raises(AlreadyClaimed):
        await shop.hold(("mug", 6), checkout_id=hold.checkout_id)
    assert await shop.everything() == before


async def test_claim_of_nothing_is_gone(shop: Shop) -> None:
    with pytest.raises(HoldGone):
        await shop.claim(uuid7())
    with pytest.raises(HoldGone):
        await shop.extend(uuid7())


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_release_gives_back_and_repeats(shop: Shop, is_claimed: bool) -> None:  # noqa: FBT001 - a parameter of the table
    hold = await shop.hold(("mug", 5))
    if is_claimed:
        await shop.claim(hold.checkout_id)
    await shop.release(hold.checkout_id)
    await shop.release(hold.checkout_id)
    row = await shop.row("mug")
    assert (row.held, row.claimed, row.available) == (0, 0, 10)
    assert await shop.check() == []


async def test_same_key_same_answer_other_body_refused(shop: Shop) -> None:
    arguments = {"caller": shop.caller, "key": new_key(), "checkout_id": uuid7(), "market": "GB"}
    lines = (Quantity(sku="mug", quantity=2),)
    first = await shop.api.hold(**arguments, lines=lines, expires_after_s=60)
    assert await shop.api.hold(**arguments, lines=lines, expires_after_s=60) == first
    assert (await shop.row("mug")).held == 2
    with pytest.raises(KeyReused):
        await shop.api.hold(**arguments, lines=lines, expires_after_s=61)


async def test_guest_cannot_hold(shop: Shop) -> None:
    with pytest.raises(Forbidden):
        await shop.api.release(caller=guest(), key=new_key(), checkout_id=uuid4(), reason="")


async def test_two_hundred_buyers_for_fifty_units(shop: Shop) -> None:
    async def buy() -> bool:
        try:
            await shop.hold(("jar", 1))
        except NotEnoughStock:
            return False
        return True

    outcomes = await asyncio.gather(*(buy() for _ in range(200)))
    assert outcomes.count(True) == 50
    row = await shop.row("jar")
    assert (row.held, row.available) == (50, 0)
    assert await shop.check() == []


async def test_first_holds_of_one_checkout_at_once_leave_one_promise(shop: Shop) -> None:
    for turn in range(1, 9):
        checkout = uuid7()
        await asyncio.gather(*(shop.hold((sku, 1), checkout_id=checkout) for sku in ("mug", "jar", "mug", "jar")))
        assert (await shop.row("mug")).held + (await shop.row("jar")).held == turn
    assert await shop.check() == []


async def test_crossing_holds_do_not_deadlock(shop: Shop) -> None:
    ways = ((("mug", 1), ("jar", 1)), (("jar", 1), ("mug", 1)))
    await asyncio.gather(*(shop.hold(*ways[number % 2]) for number in range(14)))
    assert (await shop.row("jar")).held == 14
    assert await shop.check() == []


async def test_a_batch_costs_few_statements(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many for thirty calls as for one, in two round trips: look, and write with the commit."""
    trips = record_trips(monkeypatch)
    await asyncio.gather(*(shop.hold(("mug", 1), ("jar", 1)) for _ in range(4)))
    looked = ["kernel_now", "kernel_find_idempotent_many", "take_turns", "lock_promises", "lock_skus", "places_of"]
    assert trips == [
        [*looked, "location_ranks"],
        ["add_promises", "move_counters", "kernel_keep_many"],
    ]
