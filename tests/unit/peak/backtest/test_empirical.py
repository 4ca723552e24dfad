"""A moving average with the spread of its own errors, and what counts as one week."""

from datetime import timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.backtest.choose import chosen_on, weekly
from springtide.contexts.peak.domain.backtest.draws import SHARES
from springtide.contexts.peak.domain.backtest.empirical import BENCHMARK, errors_of, pairs_of, spread_around
from springtide.contexts.peak.domain.backtest.origins import ask
from springtide.contexts.peak.domain.backtest.tally import About, Tally
from springtide.contexts.peak.domain.forecast.combine import OPEN_GATE
from tests.unit.peak.forecast.shops import MONDAY, NO_EVENTS, counts, shop

TOTAL = ("total", "units", "week")
PRODUCT = ("product", "units", "day")


def test_totals_are_spread_by_ratios_and_products_by_the_root_of_what_was_expected() -> None:
    """Ratios of 0.5 to 2 around 100; errors of -1 to 2 roots around 4, never below 0."""
    errors = {TOTAL: np.array([0.5, 0.8, 1.0, 1.5, 2.0]), PRODUCT: np.array([-3.0, -1.0, 0.0, 1.0, 2.0])}
    total = spread_around(errors, TOTAL, np.array([[100.0]]))
    assert total is not None
    assert total[:, 0, 0].tolist() == [50.0, 80.0, 100.0, 150.0, 200.0]
    product = spread_around(errors, PRODUCT, np.array([[4.0]]))
    assert product is not None
    assert product[:, 0, 0].tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert spread_around({}, TOTAL, np.array([[1.0]])) is None


def test_errors_come_from_the_origins_that_were_given() -> None:
    """A shop that doubles after the origin: every ratio is about 2, whatever the quantile."""
    units = np.full((120, 2), 10.0)
    units[91:] = 20.0
    (origin,) = ask(shop(units), [MONDAY + timedelta(days=90)], horizon_days=28, calendar=NO_EVENTS)
    errors = errors_of([origin])
    assert errors[BENCHMARK][TOTAL] == pytest.approx(2.0, rel=0.01)
    assert pairs_of(origin, BENCHMARK)[TOTAL].came.tolist() == [[280.0, 280.0, 280.0, 280.0]]
    assert errors_of([])[BENCHMARK] == {}


def test_a_gate_without_origins_is_open() -> None:
    """And one that was asked weighs only what passed."""
    assert chosen_on([]) is OPEN_GATE
    (origin,) = ask(shop(counts(200, 6)), [MONDAY + timedelta(days=170)], horizon_days=28, calendar=NO_EVENTS)
    gate = chosen_on([origin])
    assert gate.top_of("units")[0] == BENCHMARK
    assert all(gate.value_added["product", "units", name] > 0 for name in gate.products) or gate.products == (
        BENCHMARK,
    )


def test_days_after_the_last_whole_week_are_a_week_of_their_own() -> None:
    """Nine days are seven and two."""
    assert weekly(np.arange(9.0)).tolist() == [21.0, 15.0]


def test_event_weeks_are_told_apart() -> None:
    """An error of 1 in a plain week, of 3 in an event's: apart, and together."""
    tally = Tally()
    about = About("total", "units", "week", "naive")
    tally.add(about, (MONDAY, False), np.array([10.0]), np.array([11.0]))
    tally.add(about, (MONDAY + timedelta(days=7), True), np.array([10.0]), np.array([7.0]))
    found = {event: tally.wape(about, event=event, seed=1) for event in (None, False, True)}
    assert {event: interval.value for event, interval in found.items() if interval} == {
        None: 0.2,
        False: 0.1,
        True: 0.3,
    }
    assert tally.bias(about, event=None) == pytest.approx(-0.1)
    tally.add_quantiles(about, (MONDAY, False), np.array([[3.0]]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])[:, None, None])
    covered = [tally.coverage(about, share, event=None, seed=1) for share in SHARES]
    assert [interval.value for interval in covered if interval] == [0.0, 0.0, 1.0, 1.0, 1.0]
