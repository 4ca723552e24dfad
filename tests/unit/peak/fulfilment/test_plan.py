from datetime import date

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.fulfilment.hours import clock_of, hour_of, promised_until, weekdays
from springtide.contexts.peak.domain.fulfilment.lanes import lanes_of
from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment, plan_fulfilment
from springtide.contexts.peak.domain.fulfilment.proofs import worst_days
from springtide.contexts.peak.domain.fulfilment.report import report_of
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.errors import Infeasible, InvalidPeakInput
from springtide.contracts.peak.fulfilment import FulfilmentPlan, FulfilmentTerms
from springtide.demo.company import load_company

COMPANY = load_company()
SEASON = Season(first=date(2011, 11, 14), days=28)
PATHS = 120
DAYTIME = np.array([0] * 7 + [3, 6, 8, 10, 11, 12, 12, 11, 10, 8, 6, 4, 3, 2, 1, 1, 0], dtype=np.float64)


def totals_of(per_day: float = 300.0) -> PathTotals:
    random = np.random.Generator(np.random.Philox(8))
    peak = 1 + 2 * np.exp(-0.5 * ((np.arange(SEASON.days) - 11) / 3) ** 2)
    rate = per_day * random.lognormal(0, 0.25, (PATHS, 1, 1)) * peak[None, :, None] * (DAYTIME / DAYTIME.sum())
    orders = random.poisson(rate).astype(np.float32)
    daily = orders.sum(axis=2)
    return PathTotals(
        season=SEASON,
        orders=orders,
        visits=orders * 30,
        lines=(daily * 3.2).astype(np.float32),
        units=(daily * 20).astype(np.float32),
        revenue_minor=(daily * 3000).astype(np.float64),
        peak_minute=3.0,
    )


@pytest.fixture(scope="module")
def found() -> Fulfilment:
    return plan_fulfilment(totals_of(), COMPANY)


def report(found: Fulfilment, totals: PathTotals) -> FulfilmentPlan:
    return report_of(found, COMPANY, tuple(worst_days(totals, found, seed=1)), today=date(2011, 10, 1))


@pytest.fixture(scope="module")
def plan(found: Fulfilment) -> FulfilmentPlan:
    return report(found, totals_of())


def test_houses_share_all_orders_and_lose_none(found: Fulfilment) -> None:
    assert sum(house.share for house in found.houses) == pytest.approx(np.ones(SEASON.days))
    placed = totals_of().daily_orders.sum(axis=1)
    for_houses = sum(house.inflow.orders.sum(axis=(1, 2)) for house in found.houses)
    assert for_houses == pytest.approx(placed, rel=1e-6)
    for house in found.houses:
        came = house.inflow.orders.sum(axis=(1, 2)) * house.inflow.parcels_per_order
        left = house.flow.backlog[:, -1] * house.inflow.parcels_per_order + house.flow.waiting[:, -1]
        assert house.flow.shipped.sum(axis=(0, 2)) + left == pytest.approx(came)


def test_the_step_hands_on_what_staff_and_budget_read(found: Fulfilment) -> None:
    shape = (PATHS, SEASON.days)
    assert found.late_parcels.dtype == np.float32
    for values in (found.late_parcels, found.due, found.postage_minor, found.surcharge_minor, found.external_minor):
        assert values.shape == shape
        assert (values >= 0).all()
    assert (found.late_parcels <= found.due + 1e-3).all()
    assert (found.late_parcels >= found.missed - 1e-3).all()


def test_crews_planned_for_p90_are_late_seldom(found: Fulfilment, plan: FulfilmentPlan) -> None:
    assert plan.late_share.p50 < 0.03
    assert plan.late_share.p50 <= plan.late_share.p90 <= 1
    for day in plan.houses[0].days:
        assert 0 <= day.pickers <= COMPANY.warehouses[0].pick_stations.value
        assert 0 <= day.packers <= COMPANY.warehouses[0].pack_stations.value
        assert (day.pickers == 0) == (day.shifts == 0) == (day.day.weekday() >= 5)


def test_more_orders_than_the_house_can_pack_go_outside_and_are_announced_in_time() -> None:
    totals = totals_of(900)
    found = plan_fulfilment(totals, COMPANY)
    plan = report(found, totals)
    assert found.own_share.min() < 1
    assert plan.external
    for week in plan.external:
        assert (week.first - week.announce_by).days == 14
        assert week.orders > 0
        assert week.cost.mean > 0


def test_bookings_stay_under_the_caps_and_meet_p90_where_they_can() -> None:
    totals = totals_of(900)
    plan = report(plan_fulfilment(totals, COMPANY), totals)
    assert plan.bookings
    for booking in plan.bookings:
        assert booking.booked + booking.option <= booking.cap
        assert booking.booked >= min(booking.due.p90, booking.cap) - 1
        assert booking.above_cap == 0 or booking.booked == booking.cap
    carrier = next(deadline for deadline in plan.deadlines if deadline.kind == "carrier")
    assert (carrier.needed_on - carrier.last_day).days == carrier.lead_days == 28
    assert any(decision.what.key == "fulfilment.find_carrier" for decision in plan.decisions)


def test_no_backup_for_the_next_day_service_is_said(plan: FulfilmentPlan) -> None:
    swiftline = next(carrier for carrier in plan.carriers if carrier.carrier == "swiftline")
    assert swiftline.covered_share == 0
    named = [found.what.values["carrier"] for found in plan.decisions if found.what.key == "fulfilment.find_backup"]
    assert "Swiftline" in named


def test_worst_days_are_told_order_by_order(plan: FulfilmentPlan) -> None:
    assert [worst.path for worst in plan.worst_days] == ["P50", "P90", "P99"]
    for worst in plan.worst_days:
        assert 0 <= worst.in_time <= 1
        assert worst.half_width < 0.1
        assert abs(worst.in_time - worst.fluid_share) < 0.25


def test_heat_maps_have_every_hour_and_mark_closed_ones(plan: FulfilmentPlan) -> None:
    heat = plan.houses[0].heat
    for rows in (heat.pick_utilisation, heat.pack_utilisation, heat.backlog_p50, heat.backlog_p90):
        assert [len(row) for row in rows] == [24] * SEASON.days
    assert all(-1 <= value <= 1 for row in heat.pick_utilisation for value in row)
    assert set(heat.pack_utilisation[5]) == {-1.0}  # a Saturday


def test_a_closed_day_moves_its_parcels_to_the_next() -> None:
    holiday = date(2011, 11, 24)
    found = plan_fulfilment(totals_of(), COMPANY, closed=[holiday])
    at = SEASON.index_of(holiday)
    assert found.due[:, at].sum() == 0
    assert (found.due[:, at + 1] > plan_fulfilment(totals_of(), COMPANY).due[:, at + 1]).all()


def test_a_season_without_orders_needs_nothing() -> None:
    totals = totals_of(0)
    plan = report(plan_fulfilment(totals, COMPANY), totals)
    assert plan.parcels.p99 == 0
    assert plan.bookings == ()
    assert plan.external == ()


def test_the_same_input_gives_the_same_plan(plan: FulfilmentPlan) -> None:
    again = report(plan_fulfilment(totals_of(), COMPANY), totals_of())
    assert msgspec.json.encode(again) == msgspec.json.encode(plan)


def test_a_zone_that_nobody_delivers_to_has_no_plan() -> None:
    heavy = FulfilmentTerms(parcel_weight=Figure(value=2600, unit="g", assumption="heavier gifts"))
    with pytest.raises(Infeasible, match="no service takes 2600 g to WW"):
        lanes_of(COMPANY.carriers, heavy)


def test_lanes_take_the_cheapest_service_and_another_carrier_behind_it() -> None:
    lanes = {(lane.zone, lane.is_express): lane for lane in lanes_of(COMPANY.carriers, FulfilmentTerms())}
    names = [carrier.id for carrier in COMPANY.carriers]
    assert sum(lane.share for lane in lanes.values()) == pytest.approx(1)
    assert lanes["GB", False].product.id == "pp-48"
    assert names[lanes["GB", False].backup] == "swiftline"
    assert lanes["GB", True].product.id == "sw-24"
    assert lanes["EU", False].product.id == "eh-road"


@pytest.mark.parametrize(("text", "hour"), [("06:00", 6.0), ("15:30", 15.5), ("24:00", 24.0)])
def test_times_are_hours(text: str, hour: float) -> None:
    assert hour_of(text, "here") == hour


@pytest.mark.parametrize("text", ["noon", "25:00", "7", "07:60"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(InvalidPeakInput, match="no time"):
        hour_of(text, "warehouses.toml: own")


def test_weekdays_may_run_over_the_weekend() -> None:
    assert weekdays("Sat-Mon", "here") == {5, 6, 0}
    assert weekdays("Wed", "here") == {2}
    with pytest.raises(InvalidPeakInput, match="no days"):
        weekdays("daily", "here")


def test_shifts_that_overlap_count_once_and_promises_end_before_closing() -> None:
    season = Season(first=date(2011, 11, 14), days=1)
    clock = clock_of(COMPANY.warehouses[0], season, np.zeros(1, dtype=np.bool_))
    assert clock.open.sum(axis=(1, 2)).tolist() == [8.0, 7.5]  # 13:30 to 14:00 is in both
    assert promised_until(15.5, np.array([21.5, 14.0, 0.0])).tolist() == [15.5, 13.0, 0.0]


def test_figures_that_cannot_be_are_named_at_once() -> None:
    none = Figure(value=0, unit="lines/h per person", assumption="a typing mistake")
    own = msgspec.structs.replace(COMPANY.warehouses[0], pick_rate=none, pack_stations=none)
    company = msgspec.structs.replace(COMPANY, warehouses=(own, COMPANY.warehouses[1]))
    with pytest.raises(InvalidPeakInput) as refusal:
        plan_fulfilment(totals_of(), company)
    assert {mistake.rule for mistake in refusal.value.mistakes} == {
        "pick_rate_not_positive",
        "pack_stations_not_positive",
    }
