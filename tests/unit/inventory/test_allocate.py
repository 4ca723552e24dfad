"""Who may have which units, as pure values."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.inventory.domain.allocate import allocate, fits
from springtide.contexts.inventory.domain.bands import bands_of, tell
from springtide.contexts.inventory.domain.places import Move, Place, Shelf, SkuState, summed
from springtide.contexts.inventory.domain.promises import Promise, State, counted, units_of, without
from springtide.contracts.inventory.api import Allocation, Band, Supply
from springtide.platform.ids import uuid7

DAY = date(2011, 10, 1)
LATER = date(2011, 11, 1)


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
    plan = allocate(before, "GB", {"mug": wanted}, {})
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


def test_own_units_are_free_for_their_owner() -> None:
    full = shelf(place(on_hand=5, held=5))
    assert allocate(full, "GB", {"mug": 5}, {}).short
    assert allocate(full, "GB", {"mug": 5}, {("mug", "own"): 5}).allocations


def test_shelf_units_of_a_worse_rank_go_before_inbound_of_a_better_one() -> None:
    plan = allocate(
        shelf(
            place("own", 1, on_hand=1, supply=Supply.BACKORDER, inbound=((DAY, 5),)),
            place("ext", 2, on_hand=2),
        ),
        "GB",
        {"mug": 4},
        {},
    )
    assert [(line.location, line.quantity, line.inbound) for line in plan.allocations] == [
        ("own", 2, 1),
        ("ext", 2, 0),
    ]


def test_oversubscribed_place_does_not_fit() -> None:
    own = {("mug", "own"): 3}
    assert fits(shelf(place(on_hand=5, held=5)), own)
    assert not fits(shelf(place(on_hand=5, held=8)), own)
    assert fits(shelf(place(on_hand=5, held=8, lapsed=3)), own)


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
    held = Promise(
        checkout_id=uuid7(),
        market="GB",
        state=State.HELD,
        lines=(line(2),),
        expires_at=None,
        version=1,  # type: ignore[arg-type]
    )
    assert counted(held, -1) == [Move(sku="mug", location="own", held=-2)]
    assert held.held_units() == units_of(held.lines)
    lapsed = Promise(
        checkout_id=held.checkout_id,
        market="GB",
        state=State.LAPSED,
        lines=held.lines,
        expires_at=None,
        version=2,  # type: ignore[arg-type]
    )
    assert counted(lapsed, -1) == []
    assert lapsed.held_units() == {}
