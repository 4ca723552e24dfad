"""Who may have which units, as pure values."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.inventory.domain.allocate import allocate
from springtide.contexts.inventory.domain.bands import bands_of, tell
from springtide.contexts.inventory.domain.decide_promises import ClaimAsk, HoldAsk, decide
from springtide.contexts.inventory.domain.open_shelf import LapsesUnknown, OpenShelf
from springtide.contexts.inventory.domain.places import Move, Place, Shelf, SkuState, summed
from springtide.contexts.inventory.domain.promises import Promise, State, counted, without
from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import Allocation, Band, HoldGone, Supply
from springtide.platform.ids import uuid7

DAY = date(2011, 10, 1)
LATER = date(2011, 11, 1)
NOW = datetime(2011, 9, 1, tzinfo=UTC)


def shelf(*places: Place) -> Shelf:
    return Shelf({place.sku: SkuState(sku=place.sku) for place in places}, places)


def place(location: str = "own", rank: int = 1, **values: object) -> Place:
    return Place(sku="mug", location=location, ranks={"GB": rank}, **values)  # type: ignore[arg-type]


places = st.builds(
    place,
    location=st.sampled_from(["own", "ext", "far"]),
    rank=st.integers(0, 3),
    supply=st.sampled_from(list(Supply)),
    on_hand=st.integers(-3, 20),
    held=st.integers(0, 10),
    claimed=st.integers(0, 10),
    lapsed=st.integers(0, 3),
    inbound=st.one_of(st.just(()), st.tuples(st.tuples(st.just(DAY), st.integers(1, 9)))),
)


@given(st.lists(places, min_size=1, max_size=3, unique_by=lambda one: one.location), st.integers(1, 40))
def test_all_or_nothing_and_never_more_than_there_is(found: list[Place], wanted: int) -> None:
    before = shelf(*found)
    plan = allocate(OpenShelf(found, []), "GB", {"mug": wanted})
    assert bool(plan.allocations) != bool(plan.short)
    if plan.short:
        assert plan.short[0].available < wanted
        return
    assert sum(line.quantity for line in plan.allocations) == wanted
    after = before.moved(Move(sku="mug", location=line.location, held=line.quantity) for line in plan.allocations)
    for line in plan.allocations:
        assert after.places["mug", line.location].available >= 0
        assert 0 <= line.inbound <= line.quantity
        assert (line.expected_on is not None) == (line.inbound > 0)


def promise(*lines: Allocation, state: State = State.HELD, expires_at: datetime = NOW) -> Promise:
    return Promise(checkout_id=uuid7(), market="GB", state=state, lines=lines, expires_at=expires_at, version=1)


def test_own_units_are_free_for_their_owner() -> None:
    own = promise(line(5))
    full = OpenShelf([place(on_hand=5, held=5)], [own])
    assert allocate(full, "GB", {"mug": 5}).short
    full.lift(own)
    assert allocate(full, "GB", {"mug": 5}).allocations
    full.put_back(own)
    assert allocate(full, "GB", {"mug": 5}).short
    assert full.moves() == []


def test_units_of_holds_that_ran_out_count_until_the_shelf_is_judged() -> None:
    own, other = promise(line(2)), promise(line(2), expires_at=NOW + timedelta(seconds=1))
    full = OpenShelf([place(on_hand=7, held=7)], [own, other])
    with pytest.raises(LapsesUnknown):
        decide(full, HoldAsk(uuid7(), "GB", (Quantity(sku="mug", quantity=5),), 60), NOW)
    full.judge(NOW, {("mug", "own"): 3})
    hold = decide(full, HoldAsk(uuid7(), "GB", (Quantity(sku="mug", quantity=5),), 60), NOW)
    assert hold is not None
    with pytest.raises(HoldGone):
        decide(full, ClaimAsk(own.checkout_id), NOW)
    assert decide(full, ClaimAsk(other.checkout_id), NOW) is not None
    assert full.moves() == [Move(sku="mug", location="own", held=3, claimed=2)]
    added, changed, dropped = full.outcome()
    assert ([one.checkout_id for one in added], changed[0].checkout_id, dropped) == (
        [hold.checkout_id],
        other.checkout_id,
        [],
    )


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 8), st.integers(0, 4))
def test_what_a_batch_leaves_untold_has_nothing_to_tell(
    on_hand: int, held: int, claimed: int, low_stock_at: int, units: int
) -> None:
    known = place(on_hand=on_hand, held=held + units, claimed=claimed, low_stock_at=low_stock_at)
    before = shelf(known, place("ext", 2, on_hand=1))
    (state,) = [told.state for told in tell(before, before)]
    own = promise(line(units))
    opened = OpenShelf([msgspec.structs.replace(known), place("ext", 2, on_hand=1)], [own])
    opened.lift(own)
    opened.settle(own.checkout_id, own, None)
    moves = opened.moves()
    told = opened.tell([state])
    assert not told or opened.skus_to_tell(moves) == {"mug"}
    assert told == tell(
        Shelf({"mug": state}, before.places.values()), Shelf({"mug": state}, before.moved(moves).places.values())
    )


def test_shelf_units_of_a_worse_rank_go_before_inbound_of_a_better_one() -> None:
    plan = allocate(
        OpenShelf(
            [
                place("own", 1, on_hand=1, supply=Supply.BACKORDER, inbound=((DAY, 5),)),
                place("ext", 2, on_hand=2),
            ],
            [],
        ),
        "GB",
        {"mug": 4},
    )
    assert [(line.location, line.quantity, line.inbound) for line in plan.allocations] == [
        ("own", 2, 1),
        ("ext", 2, 0),
    ]


@pytest.mark.parametrize(("held", "lapsed", "has_room"), [(5, 0, True), (8, 0, False), (8, 3, True)])
def test_oversubscribed_place_has_no_room(held: int, lapsed: int, *, has_room: bool) -> None:
    own = promise(line(3))
    opened = OpenShelf([place(on_hand=5, held=held, lapsed=lapsed)], [own])
    opened.lift(own)
    assert opened.has_room(own.lines) is has_room


def test_bands() -> None:
    markets = {"GB", "SE"}
    assert bands_of([place(on_hand=6)], markets) == {"GB": (Band.IN_STOCK, None), "SE": (Band.SOLD_OUT, None)}
    assert bands_of([place(on_hand=5)], {"GB"}) == {"GB": (Band.FEW_LEFT, None)}
    inbound = place(on_hand=2, held=3, supply=Supply.PRE_ORDER, inbound=((DAY, 1), (LATER, 1)))
    assert bands_of([inbound], {"GB"}) == {"GB": (Band.INBOUND, LATER)}
    assert bands_of([place(on_hand=2, held=2, inbound=((DAY, 1),))], {"GB"}) == {"GB": (Band.SOLD_OUT, None)}


def test_nothing_is_told_twice() -> None:
    before = shelf(place(on_hand=6))
    (told,) = tell(before, before)
    again = Shelf({"mug": told.state}, before.places.values())
    assert tell(again, again) == []


def test_moves_of_one_place_are_summed_in_lock_order() -> None:
    moves = [
        Move(sku="b", location="own", held=2),
        Move(sku="a", location="own", held=1),
        Move(sku="b", location="own", held=-2),
        Move(sku="a", location="ext", on_hand=1),
    ]
    assert summed(moves) == [Move(sku="a", location="ext", on_hand=1), Move(sku="a", location="own", held=1)]


def line(quantity: int, location: str = "own", inbound: int = 0) -> Allocation:
    return Allocation(sku="mug", location=location, quantity=quantity, inbound=inbound)


def test_shipped_units_leave_their_own_line_first() -> None:
    claimed = (line(2, "ext"), line(3, "own", inbound=2))
    assert without(claimed, [line(2)]) == (line(2, "ext"), line(1, "own", inbound=1))
    assert without(claimed, [line(4)]) == (line(1, "ext"),)
    assert without(claimed, [line(9)]) == ()
    assert without(claimed, [Allocation(sku="jar", location="own", quantity=1)]) == claimed


def test_a_lapsed_promise_counts_nowhere() -> None:
    held = promise(line(2))
    assert counted(held, -1) == [Move(sku="mug", location="own", held=-2)]
    assert counted(promise(line(2), state=State.LAPSED), -1) == []
