"""Holds, claims, releases and extensions that share a transaction: each is answered as if it had been alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from springtide.bootstrap import running
from springtide.contracts.inventory.api import (
    AdjustmentRefused,
    AlreadyClaimed,
    Hold,
    HoldGone,
    InvalidStock,
    NotEnoughStock,
    SkuUnknown,
    StockLevel,
)
from springtide.platform.ids import uuid7
from springtide.platform.telemetry import REGISTRY
from springtide.platform.usecase import new_key
from tests.context.inventory.shop import SetClock, Shop, record_trips

pytestmark = pytest.mark.usefixtures("parts")


def batches() -> float:
    """Return how many batches the lane has run."""
    return REGISTRY.get_sample_value("springtide_batch_members_count", {"lane": "inventory"}) or 0


async def together(*calls: Any) -> list[Any]:
    """Make calls at once and return answers and refusals in their order; they must have been one batch."""
    before = batches()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert batches() == before + 1
    return outcomes


@asynccontextmanager
async def another_process(shop: Shop) -> AsyncIterator[Shop]:
    """Open the same database with connections and a lane of its own."""
    async with running(shop.node.settings, {"inventory"}, background=False, serve=False, among=("inventory",)) as node:
        yield Shop(node)


def units(hold: Hold) -> int:
    return sum(line.quantity for line in hold.allocations)


async def test_the_last_units_go_to_those_who_came_first(shop: Shop) -> None:
    outcomes = await together(*(shop.hold(("mug", 1)) for _ in range(60)))
    assert all(isinstance(outcome, Hold) for outcome in outcomes[:14])
    assert all(isinstance(outcome, NotEnoughStock) for outcome in outcomes[14:])
    assert [outcome.allocations[0].location for outcome in outcomes[:14]] == ["own"] * 10 + ["ext"] * 4
    assert [(await shop.row("mug", place)).available for place in ("own", "ext")] == [0, 0]
    assert await shop.check() == []


async def test_a_batch_tells_once_about_a_sku(shop: Shop) -> None:
    before = {kind: len(await shop.events(kind)) for kind in ("availability_changed", "low_stock")}
    await together(*(shop.hold(("mug", 1)) for _ in range(14)))
    told = (await shop.events("availability_changed"))[before["availability_changed"] :]
    assert [(sku, version) for sku, version, _ in told] == [("mug", 2)]
    assert {(one["market"], one["band"]) for one in told[0][2]["changed"]} == {
        ("GB", "sold_out"),
        ("NL", "sold_out"),
        ("SE", "sold_out"),
    }
    (low,) = (await shop.events("low_stock"))[before["low_stock"] :]
    assert low[:2] == ("mug", 3)


async def test_what_is_given_back_in_the_same_batch_tells_nothing(shop: Shop) -> None:
    before = await shop.sql("select * from outbox order by seq")
    checkout = uuid7()
    await together(shop.hold(("mug", 14), checkout_id=checkout), shop.release(checkout))
    assert await shop.sql("select * from outbox order by seq") == before
    assert await shop.sql("select * from promise") == []
    assert await shop.sql("select action, aggregate_id from audit where action = 'promise_released'") == [
        ("promise_released", str(checkout))
    ]
    assert await shop.check() == []


async def test_all_lines_or_none_and_the_next_sees_what_is_left(shop: Shop) -> None:
    first, second, third, fourth = await together(
        shop.hold(("mug", 10), ("jar", 1)),
        shop.hold(("jar", 5), ("mug", 5)),
        shop.hold(("jar", 49), ("mug", 4)),
        shop.hold(("jar", 1)),
    )
    assert (units(first), units(third)) == (11, 53)
    assert second.facts["short"] == [{"sku": "mug", "wanted": 5, "available": 4}]
    assert fourth.facts["short"] == [{"sku": "jar", "wanted": 1, "available": 0}]
    assert await shop.check() == []


async def test_one_checkout_does_everything_in_one_batch(shop: Shop) -> None:
    checkout = uuid7()
    hold, again, claim, other, extended, released, late, last = await together(
        shop.hold(("mug", 5), checkout_id=checkout),
        shop.hold(("mug", 14), checkout_id=checkout),
        shop.claim(checkout),
        shop.hold(("jar", 1), checkout_id=checkout),
        shop.extend(checkout),
        shop.release(checkout),
        shop.claim(checkout),
        shop.hold(("jar", 2), checkout_id=checkout),
    )
    assert (units(hold), units(again)) == (5, 14)
    assert claim == extended
    assert claim.allocations == again.allocations
    assert isinstance(other, AlreadyClaimed)
    assert released is None
    assert isinstance(late, HoldGone)
    assert await shop.sql("select checkout_id, state, version from promise") == [(checkout, "held", 1)]
    assert ((await shop.row("mug")).held, (await shop.row("jar")).held, units(last)) == (0, 2, 2)
    assert await shop.check() == []


async def test_promises_of_before_are_changed_and_dropped_in_one_batch(shop: Shop) -> None:
    one, two, three, four = [(await shop.hold(("mug", 3))).checkout_id for _ in range(4)]
    claim, _, extended, replaced, new = await together(
        shop.claim(one),
        shop.release(two),
        shop.extend(three, 1_000),
        shop.hold(("jar", 4), checkout_id=four),
        shop.hold(("mug", 8)),
    )
    assert (units(claim), units(extended), units(replaced), units(new)) == (3, 3, 4, 8)
    assert dict(await shop.sql("select checkout_id, version from promise")) == {
        one: 2,
        three: 2,
        four: 2,
        new.checkout_id: 1,
    }
    row = await shop.row("mug")
    assert (row.held + (await shop.row("mug", "ext")).held, row.claimed) == (11, 3)
    assert await shop.check() == []


async def test_refused_and_failing_calls_leave_their_neighbours_alone(shop: Shop) -> None:
    held = (await shop.hold(("mug", 1))).checkout_id
    outcomes = await asyncio.gather(
        shop.hold(("jar", 1)),
        shop.hold(("jar", 0)),
        shop.hold(("none", 1)),
        shop.hold(("n\0ne", 1)),
        shop.hold(*[("jar", 1)] * 201),
        shop.hold(("jar", 1), expires_after_s=0),
        shop.claim(uuid7()),
        shop.api.release(caller=shop.caller, key=new_key(), checkout_id=held, reason="nobody can write \0"),
        shop.hold(("jar", 2)),
        return_exceptions=True,
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds[:7] == [Hold, InvalidStock, SkuUnknown, SkuUnknown, InvalidStock, InvalidStock, HoldGone]
    assert isinstance(outcomes[7], psycopg.DataError)
    assert kinds[8] is Hold
    assert ((await shop.row("jar")).held, (await shop.row("mug")).held) == (3, 1)
    assert await shop.check() == []


async def test_holds_that_ran_out_are_asked_for_once_a_batch(
    shop: Shop, set_clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        await shop.hold(("mug", 2), expires_after_s=60)
    await set_clock(shop.node, 61)
    trips = record_trips(monkeypatch)
    outcomes = await together(*(shop.hold(("mug", 4)) for _ in range(5)))
    assert [trip for trip in trips if "lapsed_units" in trip] == [["lapsed_units", "kernel_now"]]
    assert [type(outcome) for outcome in outcomes] == [Hold] * 3 + [NotEnoughStock] * 2
    assert outcomes[4].facts["short"] == [{"sku": "mug", "wanted": 4, "available": 2}]
    await shop.run_loop("expire_holds")
    assert await shop.check() == []


async def test_a_hold_that_ran_out_is_claimed_before_or_after_its_units_went(shop: Shop, set_clock: SetClock) -> None:
    early, late = [(await shop.hold(("mug", 7), expires_after_s=60)).checkout_id for _ in range(2)]
    await set_clock(shop.node, 61)
    claimed, taken, gone = await together(shop.claim(early), shop.hold(("mug", 7)), shop.claim(late))
    assert (units(claimed), units(taken)) == (7, 7)
    assert isinstance(gone, HoldGone)
    assert gone.facts["short"] == [{"sku": "mug", "wanted": 7, "available": 0}]
    await shop.run_loop("expire_holds")
    assert await shop.check() == []


async def test_a_hold_that_ran_out_is_given_back_only_once(shop: Shop, set_clock: SetClock) -> None:
    old = (await shop.hold(("mug", 9), expires_after_s=60)).checkout_id
    await set_clock(shop.node, 61)
    released, refused, taken = await together(shop.release(old), shop.hold(("mug", 15)), shop.hold(("mug", 14)))
    assert released is None
    assert refused.facts["short"] == [{"sku": "mug", "wanted": 15, "available": 14}]
    assert units(taken) == 14
    assert await shop.check() == []


async def test_two_processes_never_sell_a_unit_twice_and_never_deadlock(shop: Shop) -> None:
    skus = [f"sku-{number}" for number in range(6)]
    await shop.stock_up(*(StockLevel(sku=sku, location="own", quantity=40) for sku in skus))
    async with another_process(shop) as other:
        mine = [(await shop.hold((skus[number], 2))).checkout_id for number in range(6)]

        async def buy(number: int) -> object:
            at = (shop, other)[number % 2]
            first, second = skus[number % 6], skus[(number * 5 + 1) % 6]
            hold = await at.hold((second, 1), (first, 1))
            return await (other if number % 3 else shop).claim(hold.checkout_id)

        outcomes = await asyncio.gather(
            *(buy(number) for number in range(150)),
            *(way.claim(checkout) for checkout in mine[:3] for way in (shop, other)),
            *(way.release(checkout) for checkout in mine[3:] for way in (other, shop)),
            *(shop.adjust(sku, number) for number in (1, -1) for sku in skus),
            *(process.run_loop("expire_holds") for process in (shop, other)),
            return_exceptions=True,
        )
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert {type(error) for error in failed} <= {NotEnoughStock, AdjustmentRefused}
    sold = sum(units(outcome) for outcome in outcomes[:150] if isinstance(outcome, Hold))
    rows = [await shop.row(sku) for sku in skus]
    assert sum(row.claimed for row in rows) == sold + 6
    assert all(row.held == 0 and row.claimed <= row.on_hand for row in rows)
    assert sum(row.available for row in rows) < len(skus)  # all but odd ends are sold
    assert await shop.check() == []


async def test_first_calls_of_one_checkout_in_two_processes_leave_one_promise(shop: Shop) -> None:
    async with another_process(shop) as other:
        for turn in range(1, 9):
            checkout = uuid7()
            await asyncio.gather(
                *(at.hold((sku, 1), checkout_id=checkout) for sku in ("mug", "jar") for at in (shop, other))
            )
            assert (await shop.row("mug")).held + (await shop.row("jar")).held == turn
    assert await shop.check() == []


async def test_a_part_that_was_written_is_taken_back_with_its_batch(shop: Shop) -> None:
    """The unforeseen failure of one call comes when PostgreSQL has written those before it: they are decided again."""
    held = (await shop.hold(("jar", 1))).checkout_id
    broken = shop.api.release(caller=shop.caller, key=new_key(), checkout_id=held, reason="nobody can write \0")
    outcomes = await asyncio.gather(
        *(shop.hold(("mug", 1)) for _ in range(5)), broken, shop.hold(("jar", 2)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes[:5]] == [Hold] * 5
    assert isinstance(outcomes[5], psycopg.DataError)
    assert isinstance(outcomes[6], Hold)
    assert await shop.sql("select version, count(*) from promise group by version") == [(1, 7)]
    assert [(await shop.row(sku)).held for sku in ("mug", "jar")] == [5, 3]
    assert await shop.check() == []


async def test_promises_that_parts_write_one_after_the_other_need_no_second_try(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkouts = [uuid7() for _ in range(3)]
    trips = record_trips(monkeypatch)
    await together(
        *(shop.hold(("jar", 1), checkout_id=checkout) for checkout in checkouts),
        *(shop.claim(checkout) for checkout in checkouts),
        *(shop.release(checkout) for checkout in checkouts[:2]),
    )
    assert len(trips) == 2
    assert await shop.sql("select checkout_id, state from promise") == [(checkouts[2], "claimed")]
    row = await shop.row("jar")
    assert (row.held, row.claimed) == (0, 1)
    assert await shop.check() == []
