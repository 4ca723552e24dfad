from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.paths.edits import Edits, bought_more, checked, multipliers
from springtide.contexts.peak.domain.paths.joint import JointPaths, draw_paths
from springtide.contexts.peak.domain.paths.what_if import what_if
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Levers, Override, Scope
from tests.unit.peak.paths.made import FIRST, NO_EDITS, forecast_of, spread_of

FORECAST = forecast_of()
LATER = FIRST + timedelta(days=60)


def override(**changed: object) -> Override:
    known = Override(id="o1", multiplier=2.0, reason="a fair", author="ada", expires_on=LATER)
    return msgspec.structs.replace(known, **changed)


def edits(*overrides: Override, **levers: float) -> Edits:
    return Edits(as_of=FIRST, overrides=overrides, levers=Levers(**levers))


@pytest.fixture(scope="module")
def joint() -> JointPaths:
    return draw_paths(FORECAST, spread_of(), edits=NO_EDITS, paths=300)


def units_of(joint: JointPaths) -> np.ndarray:
    return np.concatenate([block.units for block in joint.products.blocks()])


def test_an_override_touches_its_scope_and_its_days_and_nothing_else() -> None:
    first, last = FIRST + timedelta(days=3), FIRST + timedelta(days=5)
    for scope, key, touched in (
        (Scope.ALL, "", range(40)),
        (Scope.CATEGORY, "category-1", range(1, 40, 4)),
        (Scope.SKU, "SKU-7", [7]),
    ):
        found = multipliers(edits(override(scope=scope, key=key, first=first, last=last)), FORECAST)
        wanted = np.ones((40, 20))
        wanted[list(touched), 3:6] = 2.0
        assert (found == wanted).all()


def test_days_outside_the_season_are_cut_off() -> None:
    before = override(first=FIRST - timedelta(days=9), last=FIRST - timedelta(days=2))
    assert (multipliers(edits(before), FORECAST) == 1).all()
    over = override(first=FIRST - timedelta(days=9), last=FIRST)
    assert (multipliers(edits(over), FORECAST)[:, 0] == 2).all()
    assert (multipliers(edits(over), FORECAST)[:, 1:] == 1).all()


factors = st.floats(0.1, 10.0)
some = st.builds(
    override,
    id=st.uuids().map(str),
    multiplier=factors,
    first=st.none() | st.integers(-3, 25).map(lambda day: FIRST + timedelta(days=day)),
    scope=st.just(Scope.CATEGORY),
    key=st.sampled_from(["category-0", "category-1"]),
)


@given(st.lists(some, max_size=4), st.randoms())
def test_overrides_multiply_in_any_order(overrides: list[Override], luck) -> None:
    found = multipliers(edits(*overrides), FORECAST)
    each = np.ones_like(found)
    for one in overrides:
        each = each * multipliers(edits(one), FORECAST)
    assert found == pytest.approx(each, rel=1e-5)
    luck.shuffle(overrides)
    assert multipliers(edits(*overrides), FORECAST) == pytest.approx(found, rel=1e-5)


@given(factors)
def test_an_override_and_its_inverse_leave_the_forecast(multiplier: float) -> None:
    both = edits(override(multiplier=multiplier), override(id="o2", multiplier=1 / multiplier))
    assert multipliers(both, FORECAST) == pytest.approx(np.ones((40, 20)), rel=1e-5)


def test_an_expired_override_is_named_and_not_applied() -> None:
    old, new = override(expires_on=FIRST - timedelta(days=1)), override(id="o2", expires_on=FIRST)
    both = edits(old, new)
    assert (both.applied, both.expired) == ((new,), (old,))
    assert (multipliers(both, FORECAST) == 2).all()


def test_levers_of_events_touch_event_days_only() -> None:
    found = multipliers(edits(marketing=1.5, discount=1.2, conversion=0.5, size=10), FORECAST)
    assert found[:, 9] == pytest.approx(10)
    assert found[:, 10] == pytest.approx(10 * 1.5 * 1.2 * 0.5)
    assert bought_more(edits(marketing=1.5, discount=1.2, conversion=0.5), FORECAST)[10] == pytest.approx(0.6)


def test_conversion_makes_orders_without_visits_and_marketing_makes_both(joint: JointPaths) -> None:
    was = joint.totals
    more = what_if(joint, edits(conversion=2.0)).totals
    assert more.visits[:, 11] == pytest.approx(was.visits[:, 11], rel=1e-5)
    assert more.daily_orders[:, 11].mean() == pytest.approx(2 * was.daily_orders[:, 11].mean(), rel=0.05)
    pushed = what_if(joint, edits(marketing=2.0)).totals
    assert pushed.visits[:, 11] == pytest.approx(2 * was.visits[:, 11], rel=1e-5)


@settings(max_examples=12, deadline=None)
@given(st.floats(1.0, 20.0))
def test_more_demand_never_means_fewer_on_any_path(joint: JointPaths, size: float) -> None:
    more = what_if(joint, edits(size=size))
    assert (units_of(more) >= units_of(joint) - 1).all()  # 1: where inversion changes from search to expansion
    assert (more.totals.orders >= joint.totals.orders - 1).all()


def test_a_what_if_keeps_paths_and_agrees_with_a_plan_made_anew(joint: JointPaths) -> None:
    changed = edits(override(scope=Scope.CATEGORY, key="category-3"), marketing=1.4)
    quick = what_if(joint, changed)
    anew = draw_paths(FORECAST, spread_of(), edits=changed, paths=300)
    assert (quick.totals.orders == anew.totals.orders).all()
    assert (quick.totals.visits == anew.totals.visits).all()
    assert (units_of(quick) == units_of(anew)).all()
    off = quick.totals.units.sum(axis=1) / anew.totals.units.sum(axis=1) - 1
    assert off.std() < 0.02
    assert abs(off.mean()) < 0.002
    money = quick.totals.revenue_minor.sum(axis=1) / anew.totals.revenue_minor.sum(axis=1) - 1
    assert money.std() < 0.03


def test_a_what_if_of_nothing_changes_nothing(joint: JointPaths) -> None:
    same = what_if(joint, NO_EDITS)
    assert (same.totals.units == joint.totals.units).all()
    assert same.totals.revenue_minor == pytest.approx(joint.totals.revenue_minor)


def test_demand_comes_back_after_an_override_that_closed_the_shop() -> None:
    closed = draw_paths(FORECAST, spread_of(), edits=edits(override(multiplier=0.0)), paths=100)
    assert closed.totals.units.sum() == closed.totals.orders.sum() == 0
    opened = what_if(closed, NO_EDITS).totals
    assert opened.units.mean(axis=0).sum() == pytest.approx(FORECAST.units.sum(), rel=0.05)


def test_every_override_and_lever_that_makes_no_sense_is_named_at_once() -> None:
    wrong = (
        override(id="a", scope=Scope.SKU, key="SKU-x"),
        override(id="b", scope=Scope.CATEGORY, key="x"),
        override(id="c", key="x"),
        override(id="d", multiplier=-1.0),
        override(id="e", multiplier=float("nan")),
        override(id="f", first=LATER, last=FIRST),
        override(id="g", reason=" "),
        override(id="h", author=""),
        override(id="h"),
    )
    with pytest.raises(InvalidPeakInput) as refusal:
        checked(edits(*wrong, size=0.0), FORECAST)
    assert [(mistake.rule, mistake.row) for mistake in refusal.value.mistakes] == [
        ("lever_out_of_range", 0),
        ("unknown_sku", 1),
        ("unknown_category", 2),
        ("unknown_all", 3),
        ("multiplier_out_of_range", 4),
        ("multiplier_out_of_range", 5),
        ("dates_reversed", 6),
        ("unsigned", 7),
        ("unsigned", 8),
        ("id_used_twice", 9),
    ]


def test_drawing_refuses_what_checking_refuses() -> None:
    with pytest.raises(InvalidPeakInput):
        draw_paths(FORECAST, spread_of(), edits=replace(NO_EDITS, overrides=(override(key="x"),)), paths=10)


def test_dates_without_an_end_reach_to_the_end_of_the_season() -> None:
    found = multipliers(edits(override(first=FIRST + timedelta(days=18))), FORECAST)
    assert (found[:, 18:] == 2).all()
    assert (found[:, :18] == 1).all()
    assert date(2011, 11, 20) == FORECAST.season.last
