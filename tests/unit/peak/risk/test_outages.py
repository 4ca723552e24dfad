"""Outages on the paths: the closed forms of planning.md section 6, and what must hold for every draw."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.risk.outages import all_down, chance_of_any, losses, lost
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.risk import Outage
from tests.unit.peak.staff.made import SEASON, totals


def figure(value: float) -> Figure:
    return Figure(value=value, unit="", assumption="test")


def outage(**changed: object) -> Outage:
    base = {
        "between": figure(60), "median": figure(1), "p90": figure(1), "stops": figure(1), "detect": figure(1),
        "load": figure(0), "come_back": figure(0), "cause_share": figure(0),
    }  # fmt: skip
    return Outage(**{**base, **{k: figure(v) if isinstance(v, int | float) else v for k, v in changed.items()}})


def even(paths: int, days: int, per_hour: float = 60.0) -> PathTotals:
    """The same orders in every hour."""
    made = totals(paths, season=Season(first=SEASON.first, days=days))
    orders = np.full((paths, days, 24), per_hour, dtype=np.float32)
    return replace(made, orders=orders, revenue_minor=orders.sum(axis=2) * 2500.0)


def test_a_four_day_event_meets_an_outage_that_comes_every_60_days_with_a_chance_of_06449() -> None:
    assert chance_of_any(60, 4) == pytest.approx(0.06449, abs=5e-6)
    found = losses(even(40_000, 4), {"a": outage()}, seed=1)["a"]
    sigma = np.sqrt(0.06449 * (1 - 0.06449) / 40_000)
    assert (found.starts > 0).mean() == pytest.approx(0.06449, abs=4 * sigma)


def test_two_at_999_are_both_down_one_in_a_million_and_with_a_common_cause_one_in_ten_thousand() -> None:
    assert all_down(0.001, 2, 0.0) == pytest.approx(1e-6)
    assert all_down(0.001, 2, 0.1) == pytest.approx(1e-4, rel=0.01)


def test_loss_is_rate_times_time_until_the_stand_in_works() -> None:
    assert lost(3 / 60, 50.0, 0.6) == pytest.approx(90)
    found = losses(even(2_000, 30), {"a": outage(stops=0.6, detect=1, switch=2)}, seed=2)["a"]
    once = found.starts == 1
    assert once.sum() > 100
    inside = found.orders[once]
    assert np.median(inside) == pytest.approx(lost(3 / 60, 1.0, 0.6), rel=1e-3)  # one order a minute
    assert found.minor == pytest.approx(found.orders * 2500)
    without = losses(even(2_000, 30), {"a": outage(stops=0.6)}, seed=2)["a"]
    assert np.median(without.orders[once]) == pytest.approx(lost(1.0, 1.0, 0.6), rel=1e-3)


def test_a_common_cause_hits_both_at_once_and_nobody_stands_in() -> None:
    alone = {"a": outage(switch=2, cause="x"), "b": outage(switch=2, cause="x")}
    together = {id_: msgspec.structs.replace(one, cause_share=figure(0.5)) for id_, one in alone.items()}
    apart, joint = losses(even(3_000, 30), alone, seed=3), losses(even(3_000, 30), together, seed=3)
    both = [np.logical_and(found["a"].starts > 0, found["b"].starts > 0).mean() for found in (apart, joint)]
    assert both[1] > 1.4 * both[0]
    assert joint["a"].starts.mean() == pytest.approx(apart["a"].starts.mean(), rel=0.1)  # as often as before
    assert joint["a"].orders.mean() > 5 * apart["a"].orders.mean()


def test_busy_hours_break_more_when_the_load_counts() -> None:
    made = totals(400)
    calm, busy = (losses(made, {"a": outage(between=20, load=load)}, seed=4)["a"].orders.mean() for load in (0.0, 1.5))
    assert busy > 1.5 * calm


def test_a_path_that_sells_more_loses_more_and_ids_draw_alone() -> None:
    made = totals(400)
    found = losses(made, {"a": outage(between=5), "b": outage(between=5)}, seed=5)
    assert np.corrcoef(found["a"].orders, made.daily_orders.sum(axis=1))[0, 1] > 0.3
    alone = losses(made, {"b": outage(between=5)}, seed=5)
    assert (alone["b"].orders == found["b"].orders).all()
    assert (found["a"].orders != found["b"].orders).any()
