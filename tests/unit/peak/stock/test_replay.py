"""The replay of the buy decision: what it is compared with is what it says."""

import numpy as np

from bench.peak.replay import LEAD_WEEKS, SCORED_WEEKS, lines_of, made_up_problem, policies, world_of
from springtide.contexts.peak.domain.stock.simulate import replay


def test_hindsight_loses_nothing_and_keeps_nothing_once_its_orders_come() -> None:
    """The lower bound: after the weeks that no order can change, only their leftovers cost anything."""
    problem = made_up_problem(60)
    world = world_of(problem, 110)
    hindsight = dict(policies(problem, 110, 50))["hindsight"]
    done = replay(hindsight, world)
    assert done.lost[:, LEAD_WEEKS:].sum() == 0
    bought = done.ordered.sum(axis=1) > 0
    assert (done.stock[bought, -1] <= done.stock[bought, LEAD_WEEKS - 1]).all()
    assert done.stock[:, LEAD_WEEKS:].sum() <= SCORED_WEEKS * done.stock[:, LEAD_WEEKS - 1].sum()


def test_every_policy_is_told_the_same_and_the_table_adds_up() -> None:
    problem = made_up_problem(30)
    problem = type(problem)(
        name=problem.name, skus=problem.skus, first=problem.first, units=problem.units[:, :70], starts=(60,)
    )
    title, *rows = lines_of(problem, 100)
    assert title == "made-up shop: 30 products, 1 replays of 8 weeks"
    cost = {}
    for row in rows:
        name, whole, kept, lost, later, each = (cell.strip().replace(",", "") for cell in row.strip("| ").split("|"))
        assert abs(float(whole) - float(kept) - float(lost)) <= 1
        assert float(later) <= float(whole) == float(each)
        cost[name] = float(whole)
    assert cost["hindsight"] == min(cost.values())
    assert cost["buy"] < 1.1 * min(cost["four weeks of cover"], cost["base stock critical fractile"])
    assert np.isfinite(list(cost.values())).all()
