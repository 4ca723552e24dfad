from datetime import date

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.budget.plan import CostLine, Income, plan_budget
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.budget import Booking, BudgetTerms, Firmness, Release
from springtide.contracts.peak.errors import InvalidPeakInput

FIRST = date(2011, 10, 3)


def line(name: str, paid: np.ndarray, firmness: Firmness = Firmness.VARIABLE) -> CostLine:
    return CostLine(line=name, firmness=firmness, paid_minor=paid)


def income(paths: int, days: int, *, daily: float = 0.0, margin: float = 0.0) -> Income:
    return Income(received_minor=np.full((paths, days), daily), margin_minor=np.full(paths, margin))


def test_the_buffer_is_of_the_total_and_not_of_the_lines() -> None:
    """Two independent costs of mean 100 and deviation 10: P80 of their sum is 211.9; their own P80 add up to 216.8."""
    draws = np.random.Generator(np.random.Philox(7)).normal(100.0, 10.0, size=(2, 1_000_000, 1))
    season = Season(first=FIRST, days=1)
    lines = [line("a", draws[0] * 1000), line("b", draws[1] * 1000)]
    plan = plan_budget(season, lines, income(1_000_000, 1), BudgetTerms())
    assert plan.p80_minor / 1000 == pytest.approx(211.9, abs=0.05)
    assert plan.sum_of_line_p80_minor / 1000 == pytest.approx(216.8, abs=0.05)
    assert plan.buffer_minor / 1000 == pytest.approx(11.9, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(
    costs=st.lists(
        st.lists(st.integers(min_value=0, max_value=10**7), min_size=40, max_size=40), min_size=1, max_size=5
    )
)
def test_planned_lines_and_swings_add_up_to_the_total_of_a_path(costs: list[list[int]]) -> None:
    lines = [line(f"l{index}", np.array(cost, dtype=float)[:, None]) for index, cost in enumerate(costs)]
    plan = plan_budget(Season(first=FIRST, days=1), lines, income(40, 1), BudgetTerms())
    totals = np.sum(np.array(costs), axis=0)
    assert sum(each.planned_minor for each in plan.lines) == np.sort(totals)[19] == plan.total.p50
    assert plan.p80_minor == np.sort(totals)[31]
    assert plan.buffer_minor == plan.p80_minor - round(plan.total.p50)
    swings = sum(each.swing_minor for each in plan.lines)
    assert swings == pytest.approx(plan.buffer_minor, abs=len(lines)) or swings == 0


def test_what_moves_the_total_is_named() -> None:
    rising = np.linspace(0.0, 1000.0, 100)[:, None]
    lines = [line("express", rising), line("rent", np.full((1, 1), 500.0), Firmness.IN_HAND)]
    plan = plan_budget(Season(first=FIRST, days=1), lines, income(100, 1), BudgetTerms())
    swings = {each.line: each.swing_minor for each in plan.lines}
    assert swings == {"express": plan.buffer_minor, "rent": 0}


def test_commitments_become_spending_and_leave_the_rest() -> None:
    terms = BudgetTerms(
        bookings=(
            Booking(id="po-1", line="goods", kind="committed", amount_minor=60_000, day=FIRST, by="Priya"),
            Booking(id="in-1", line="goods", kind="spent", amount_minor=25_000, day=FIRST, by="Priya", settles="po-1"),
            Booking(id="in-2", line="goods", kind="spent", amount_minor=5_000, day=FIRST, by="Priya"),
        ),
        releases=(Release(line="goods", role="buyer", up_to_minor=50_000),),
    )
    plan = plan_budget(Season(first=FIRST, days=1), [line("goods", np.full((1, 1), 80_000.0))], income(10, 1), terms)
    (goods,) = plan.lines
    assert (goods.committed_minor, goods.spent_minor, goods.left_minor) == (35_000, 30_000, 15_000)
    assert [release.role for release in goods.may_release] == ["buyer"]


def test_a_line_above_its_plan_has_to_be_decided() -> None:
    booking = Booking(id="x", line="goods", kind="spent", amount_minor=90_000, day=FIRST, by="Priya")
    plan = plan_budget(
        Season(first=FIRST, days=1),
        [line("goods", np.full((1, 1), 80_000.0))],
        income(10, 1),
        BudgetTerms(bookings=(booking,)),
    )
    (over,) = [decision for decision in plan.decisions if decision.what.key == "budget.over_plan"]
    assert over.what.values == {"line": "goods", "amount": 10_000}


def test_cash_falls_before_it_comes_back() -> None:
    """Goods are paid on the first day, buyers' money arrives in the third week: the lowest point lies between."""
    paid, received = np.zeros((1, 21)), np.zeros((10, 21))
    paid[0, 0] = 100_000.0
    received[:, 14] = 150_000.0
    earned = Income(received_minor=received, margin_minor=np.full(10, 50_000.0))
    plan = plan_budget(
        Season(first=FIRST, days=21), [line("goods", paid, Firmness.IN_HAND)], earned, BudgetTerms(cash_minor=30_000)
    )
    assert [week.balance.p50 for week in plan.weeks] == [-70_000, -70_000, 80_000]
    assert plan.lowest.p50 == -70_000
    (credit,) = [decision for decision in plan.decisions if decision.what.key == "budget.credit_line"]
    assert credit.urgent
    assert credit.what.values == {"amount": 70_000}


def test_the_buffer_costs_less_than_what_is_lost_without_it() -> None:
    """Half of the paths need up to twice the middle: capped there, their margin is lost in proportion."""
    cost = np.concatenate([np.full(50, 100_000.0), np.full(50, 200_000.0)])[:, None]
    plan = plan_budget(
        Season(first=FIRST, days=1), [line("staff", cost)], income(100, 1, margin=40_000.0), BudgetTerms()
    )
    assert plan.buffer_minor == 100_000
    assert plan.lost_without_minor == 10_000
    assert plan.buffer_cost_minor < plan.lost_without_minor


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"line": "gods"}, "unknown_line"),
        ({"kind": "promised"}, "unknown_kind"),
        ({"amount_minor": -1}, "negative"),
        ({"settles": "nothing"}, "unknown_commitment"),
    ],
)
def test_bookings_that_cannot_be_are_named_with_their_row(changes: dict[str, object], rule: str) -> None:
    good = Booking(id="x", line="goods", kind="spent", amount_minor=1, day=FIRST, by="Priya")
    bad = msgspec.structs.replace(good, id="y", **changes)
    with pytest.raises(InvalidPeakInput) as refusal:
        plan_budget(
            Season(first=FIRST, days=1),
            [line("goods", np.ones((1, 1)))],
            income(2, 1),
            BudgetTerms(bookings=(good, bad)),
        )
    assert [(mistake.row, mistake.rule) for mistake in refusal.value.mistakes] == [(2, rule)]


def test_ids_used_twice_and_releases_of_nothing_are_named() -> None:
    booking = Booking(id="x", line="goods", kind="spent", amount_minor=1, day=FIRST, by="Priya")
    terms = BudgetTerms(bookings=(booking, booking), releases=(Release(line="gods", role="buyer", up_to_minor=1),))
    with pytest.raises(InvalidPeakInput) as refusal:
        plan_budget(Season(first=FIRST, days=1), [line("goods", np.ones((1, 1)))], income(2, 1), terms)
    assert [mistake.rule for mistake in refusal.value.mistakes] == ["used_twice", "used_twice", "unknown_line"]
