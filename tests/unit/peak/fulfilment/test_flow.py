"""The fluid model: nothing appears or vanishes, cut-offs are kept to the minute, overload is told and not hidden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.crews import Crew
from springtide.contexts.peak.domain.fulfilment.flow import Flow, Inflow, flow
from springtide.contexts.peak.domain.fulfilment.lanes import Collections, Lane
from springtide.contracts.peak.company import CarrierProduct
from springtide.demo.company import load_company

DAYS = 4
PRODUCT: CarrierProduct = load_company().carriers[0].products[0]


def lane(share: float, carrier: int, backup: int = -1) -> Lane:
    return Lane(
        zone="GB", is_express=False, share=share, carrier=carrier, backup=backup, product=PRODUCT, price_minor=300
    )


def crew_of(pick: float, pack: float, closed: int | None = None) -> Crew:
    """Return a house open from 6 to 20 with this capacity per hour, closed on one day."""
    opened = np.zeros((DAYS, 24))
    opened[:, 6:20] = 1.0
    if closed is not None:
        opened[closed] = 0
    works = opened.any(axis=1)
    return Crew(
        shifts=works.astype(np.int64),
        overtime_h=np.zeros(DAYS),
        pickers=works.astype(np.int64),
        packers=works.astype(np.int64),
        open=opened,
        closes=works * 20.0,
        pick=pick * opened,
        pack=pack * opened,
        fits=works * 1.0,
    )


def collections_of(cap: float, carriers: int = 1, hour: float = 17.5) -> Collections:
    return Collections(
        hour=np.full(carriers, hour),
        days=np.ones((carriers, DAYS), dtype=np.bool_),
        cap=np.full((carriers, DAYS), cap),
        surcharge=np.zeros((carriers, DAYS)),
    )


def inflow_of(orders: NDArray[np.float64], parcels: float = 1.0) -> Inflow:
    return Inflow(orders=orders, lines_per_order=np.full(orders.shape[:2], 2.0), parcels_per_order=parcels)


def at(hour: int, count: float, day: int = 0) -> NDArray[np.float64]:
    orders = np.zeros((1, DAYS, 24))
    orders[0, day, hour] = count
    return orders


def run(orders: NDArray[np.float64], *, pick: float = 1e6, pack: float = 1e6, cap: float = 1e6) -> Flow:
    return flow(inflow_of(orders), crew_of(pick, pack), [lane(1.0, 0)], collections_of(cap), np.array([15.5]))


@given(
    orders=st.lists(st.integers(0, 50), min_size=DAYS * 24, max_size=DAYS * 24),
    pick=st.floats(1, 60),
    pack=st.floats(1, 60),
    cap=st.floats(0, 400),
    share=st.floats(0, 1),
)
@settings(max_examples=30, deadline=None)
def test_what_came_in_was_collected_or_waits(
    orders: list[int], pick: float, pack: float, cap: float, share: float
) -> None:
    placed = np.array(orders, dtype=np.float64).reshape(1, DAYS, 24)
    lanes = [lane(share, 0, 1), lane(1 - share, 1)]
    done = flow(inflow_of(placed, 1.1), crew_of(pick, pack), lanes, collections_of(cap, 2), np.array([15.5, 12.0]))
    came = placed.sum(axis=2).cumsum(axis=1) * 1.1
    out = done.shipped.sum(axis=0).cumsum(axis=1)
    assert out + done.waiting + done.backlog * 1.1 == pytest.approx(came)
    assert (done.shipped >= 0).all()
    assert ((done.late >= 0) & (done.late <= done.due + 1e-9)).all()
    assert (done.shipped.sum(axis=(0, 1)) <= 2 * cap + 1e-6).all()
    assert (done.backlog_p50 <= done.backlog_p90).all()


@pytest.mark.parametrize(("hour", "due"), [(14, 100.0), (15, 50.0), (16, 0.0)])
def test_an_order_is_due_today_until_the_cut_off(hour: int, due: float) -> None:
    """Half of the orders between 15 and 16 come before 15:30."""
    done = run(at(hour, 100))
    assert done.due[0, 0].tolist() == [due, 100 - due, 0, 0]
    assert done.late.sum() == 0


def test_what_is_packed_after_the_collection_leaves_tomorrow() -> None:
    done = run(at(17, 100))
    assert done.shipped[0, 0].tolist() == pytest.approx([50, 50, 0, 0])  # the van comes at 17:30


def test_the_slower_stage_sets_the_pace() -> None:
    assert run(at(0, 100), pick=10).shipped[0, 0, 0] == pytest.approx(57.5)  # 2 lines each: 5 orders/h, 6 to 17:30
    assert run(at(0, 100), pack=4).shipped[0, 0, 0] == pytest.approx(46)


def test_too_much_work_is_late_and_told() -> None:
    done = run(at(0, 1000), pack=10)
    assert done.shipped[0, 0].tolist() == pytest.approx([115, 140, 140, 140])
    assert done.late[0, 0].tolist() == pytest.approx([885, 0, 0, 0])
    assert done.backlog[0].tolist() == pytest.approx([860, 720, 580, 440])
    assert done.pack[0, 12] == 1.0


def test_a_full_van_leaves_parcels_behind_and_the_backup_takes_them() -> None:
    alone = run(at(8, 100), cap=60)
    assert alone.late[0, 0, 0] == pytest.approx(40)
    come = collections_of(60, carriers=2)
    helped = flow(inflow_of(at(8, 100)), crew_of(1e6, 1e6), [lane(1.0, 0, 1)], come, np.array([15.5, 15.5]))
    assert helped.late.sum() == 0


def test_a_closed_day_promises_nothing_and_does_nothing() -> None:
    done = flow(
        inflow_of(at(8, 100, day=1)), crew_of(1e6, 1e6, closed=1), [lane(1.0, 0)], collections_of(1e6), np.array([15.5])
    )
    assert done.due[0, 0].tolist() == [0, 0, 100, 0]
    assert done.late.sum() == 0
    assert (done.pick[1] == -1).all()


def test_a_path_does_not_know_of_the_others() -> None:
    two = np.concatenate([at(8, 100), at(8, 5000)])
    both = run(two, pack=20)
    assert both.shipped[0, 0] == pytest.approx(run(two[:1], pack=20).shipped[0, 0])
    assert both.shipped[0, 1] == pytest.approx(run(two[1:], pack=20).shipped[0, 0])
