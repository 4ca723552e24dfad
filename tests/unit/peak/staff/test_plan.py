"""The whole step on the demo company: numbers agree with each other, and what is wrong is named."""

from datetime import date, timedelta

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.queues import required
from springtide.contexts.peak.domain.queues.patience import erlang_a
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.staff.plan import StaffAsk, Staffing, plan_staff
from springtide.contexts.peak.domain.staff.roster import counts
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.staff import Absence, ShiftWish, StaffPlan
from springtide.contracts.peak.staff_terms import StaffTerms
from springtide.demo.company import load_company
from tests.unit.peak.staff.made import SEASON, totals

TODAY = date(2011, 9, 1)
COMPANY = load_company()


FORTNIGHT = Season(first=date(2011, 12, 5), days=14)


def planned(size: float = 1.0, season: Season = FORTNIGHT, **asked: object) -> Staffing:
    ask = StaffAsk(**{"today": TODAY, "roster_weeks": 0, **asked})
    return plan_staff(totals(40, size=size, season=season), COMPANY, StaffTerms(), ask)


@pytest.fixture(scope="module")
def big_staffing() -> Staffing:
    """A shop of two hundred times the demo's size: every resource is short."""
    return planned(200.0, SEASON)


@pytest.fixture(scope="module")
def big(big_staffing: Staffing) -> StaffPlan:
    return big_staffing.plan


def grid(rows: object) -> np.ndarray:
    return np.array(rows)


def test_what_is_planned_covers_what_is_needed(big: StaffPlan) -> None:
    desk = big.support
    needed, net = grid(desk.needed), grid(desk.net)
    at_work = np.floor(grid(desk.scheduled) * (1 - desk.shrinkage) + 1e-9)
    assert (net == at_work + grid(desk.outsourced) - needed).all()
    assert (grid(desk.rostered) >= needed).all()
    assert (net[needed > 0] < 0).sum() == desk.short_half_hours
    assert grid(desk.outsourced).max() <= desk.seats
    assert (needed[:, :16] == 0).all()  # closed before eight
    assert (needed <= grid(desk.phone) + grid(desk.chat)).all()  # of the sum, not a sum of quantiles


def test_the_paths_ask_for_more_than_the_mean_rate_and_erlang_c_for_more_than_a(big: StaffPlan) -> None:
    desk = big.support
    assert grid(desk.needed).sum() > 1.05 * grid(desk.mean_rate).sum()
    assert (grid(desk.bound) >= grid(desk.phone) + grid(desk.chat)).all()


def test_agents_meet_the_target_on_nine_paths_of_ten(big_staffing: Staffing) -> None:
    staffing = big_staffing
    day, slot = 57, 22
    phone = grid(staffing.plan.support.phone)[day, slot]
    weights = np.array(StaffTerms().contacts.hours)
    share = weights[slot // 2] / 2 / weights[8:20].sum()
    loads = staffing.contacts.people["phone"][:, day] * share * 240 / 1800
    met = erlang_a(loads, phone, service_s=240, patience_s=120, within_s=20).answered_within >= 0.8
    assert 0.9 <= met.mean() < 1.0


def test_the_simulation_confirms_the_agents(big: StaffPlan) -> None:
    for check in big.support.checks:
        assert check.simulated + check.half_width > check.target - 0.02
        assert check.half_width < 0.05


def test_seats_beyond_the_contract_are_asked_for_in_time(big: StaffPlan) -> None:
    seats = grid(big.support.outsourced).max(axis=1)
    first = SEASON.dates[int(np.flatnonzero(seats > 12)[0])]
    deadline = next(one for one in big.deadlines if one.name == COMPANY.call_centre.name)
    assert deadline.last_day == first - timedelta(days=21)
    assert "staff.seats" in {decision.what.key for decision in big.decisions}


def test_hires_fill_the_gaps_of_each_week(big: StaffPlan) -> None:
    assert {week.team for week in big.hiring} == {"support", "warehouse"}
    for week in big.hiring:
        assert week.productive_fte >= week.gap_fte - 1e-6
        assert week.advertise_by == week.first - timedelta(days=28)
        assert week.applicants >= week.interviews >= week.offers >= week.invited >= week.starting


def test_warehouse_hours_come_from_lines_and_parcels() -> None:
    made, plan = totals(40, season=FORTNIGHT), planned().plan
    friday = 4
    found = plan.floor[friday]
    assert found.pick.mean == pytest.approx(made.lines[:, friday].mean() / 60, rel=1e-4)
    assert found.travel.mean == pytest.approx(found.pick.mean * 0.55)
    assert found.pack.mean == pytest.approx(made.daily_orders[:, friday].mean() * 1.05 / 22, rel=1e-4)
    monday = plan.floor[friday + 3]
    assert monday.pick.mean > 2.5 * found.pick.mean  # the weekend's orders wait for Monday
    assert plan.floor[friday + 1].pick.mean == 0
    assert found.asked_paid - found.scheduled_paid <= found.short + 0.5


def test_costs_of_the_total_are_no_sum_of_quantiles(big: StaffPlan) -> None:
    costs = big.costs
    parts = (costs.own, costs.seasonal, costs.overtime, costs.call_centre)
    assert costs.total.mean == pytest.approx(sum(part.mean for part in parts))
    assert costs.own.p10 == pytest.approx(costs.own.p99)  # committed
    assert costs.call_centre.p90 > costs.call_centre.p50
    quiet = planned().plan
    assert quiet.costs.call_centre.p50 == pytest.approx(180_000)  # the minimum of a month


def test_late_parcels_need_more_people() -> None:
    late = np.full((40, FORTNIGHT.days), 300.0)
    more = planned(10.0, late_parcels=late).plan
    assert grid(more.support.needed).sum() > grid(planned(10.0).plan.support.needed).sum()


def test_names_keep_contracts_and_leave() -> None:
    absences = (Absence(person="kofi-mensah", first=date(2011, 12, 5), last=date(2011, 12, 11)),)
    wishes = (ShiftWish(person="marta-zielinska", day=date(2011, 12, 6), shift="floor-early", wanted=True, weight=50),)
    asked = {"roster_weeks": 2, "absences": absences, "wishes": wishes, "effort": 0.15}
    plan = planned(**asked).plan
    assert msgspec.json.encode(planned(**asked).plan) == msgspec.json.encode(plan)  # the same paths, the same plan
    assert msgspec.json.decode(msgspec.json.encode(plan), type=StaffPlan) == plan
    roster = plan.roster
    assert roster is not None
    assert (roster.first, roster.last) == (date(2011, 12, 5), date(2011, 12, 18))
    away = {entry.day for entry in roster.entries if entry.person == "kofi-mensah"}
    assert not any(day <= date(2011, 12, 11) for day in away)
    contracts = {contract.id: contract.weekly_hours.value for contract in COMPANY.basics.contracts}
    for person in COMPANY.people:
        for monday in (date(2011, 12, 5), date(2011, 12, 12)):
            hours = sum(
                entry.paid_hours
                for entry in roster.entries
                if entry.person == person.id and monday <= entry.day < monday + timedelta(days=7)
            )
            assert hours <= contracts[person.contract]
    marta = [e.shift for e in roster.entries if e.person == "marta-zielinska" and e.day == date(2011, 12, 6)]
    assert marta
    assert marta[0].startswith("floor-early")
    assert {entry.team for entry in roster.entries} == {"support", "warehouse"}


def test_people_shifts_and_days_nobody_knows_are_named() -> None:
    with pytest.raises(InvalidPeakInput) as caught:
        planned(
            absences=(
                Absence(person="nobody", first=TODAY, last=TODAY),
                Absence(person="kofi-mensah", first=TODAY, last=TODAY - timedelta(days=1)),
            ),
            wishes=(ShiftWish(person="kofi-mensah", day=TODAY, shift="night", wanted=True),),
            roster_from=date(2012, 6, 1),
        )
    assert [(mistake.rule, mistake.row) for mistake in caught.value.mistakes] == [
        ("unknown_person", 2),
        ("dates", 3),
        ("unknown_shift", 2),
        ("outside_season", 0),
    ]


def test_what_was_kept_of_former_questions_changes_no_answer() -> None:
    for kept in (counts._counted, required._largest_loads):
        kept.cache_clear()
    alone = planned(30.0)
    planned(60.0)
    again = planned(30.0)
    assert msgspec.json.encode(again.plan) == msgspec.json.encode(alone.plan)
    assert (again.costs.own == alone.costs.own).all()
    assert counts._counted.cache_info().hits > 0
    assert required._largest_loads.cache_info().hits > 0


def test_without_proofs_only_proofs_are_missing() -> None:
    proven, quick = planned().plan, planned(proven=False).plan
    assert proven.support.checks
    assert quick == msgspec.structs.replace(proven, support=msgspec.structs.replace(proven.support, checks=()))
