"""From a history to a forecast: coherent, deterministic, and sane where there is little to learn from."""

from datetime import date, timedelta

import numpy as np
import pytest

from springtide.contexts.peak.domain.forecast.combine import BENCHMARK, OPEN_GATE, USUAL_TOP, gate_of, scaled_to
from springtide.contexts.peak.domain.forecast.make import answers_of, make_forecast
from springtide.contexts.peak.domain.forecast.partitions import map_partitions
from springtide.contexts.peak.domain.forecast.setting import setting_of
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput
from tests.unit.peak.forecast.shops import MONDAY, NO_EVENTS, counts, season_after, shop


def test_products_add_up_to_the_shop_and_two_fits_are_equal() -> None:
    """A year and a half of twenty products; the same seed gives the same arrays to the bit."""
    demand = shop(counts(560, 20), categories=("a",) * 10 + ("b",) * 10)
    season = season_after(demand, 30)
    first, again = (make_forecast(demand, season, NO_EVENTS, seed=3) for _ in range(2))
    assert first.units.tobytes() == again.units.tobytes()
    assert first.orders.tobytes() == again.orders.tobytes()
    expected = counts(560, 20).sum(axis=1).mean()
    assert float(first.units.sum(axis=0).mean()) == pytest.approx(expected, rel=0.1)
    assert first.orders == pytest.approx(first.units.sum(axis=0) / 2, rel=0.1)
    assert first.hours.sum(axis=1) == pytest.approx(1.0)
    assert first.hours[0, 20] == pytest.approx(0.75, abs=0.01)


def test_scaling_to_the_top_conserves_the_top() -> None:
    """Also on a day of which the products say nothing: it is shared as the season is."""
    units = np.array([[1.0, 0.0, 3.0], [3.0, 0.0, 1.0]])
    scaled = scaled_to(units, np.array([8.0, 4.0, 0.0]))
    assert scaled.sum(axis=0).tolist() == [8.0, 4.0, 0.0]
    assert scaled[:, 0].tolist() == [2.0, 6.0]
    assert scaled[:, 1].tolist() == [2.0, 2.0]


def test_a_stock_out_does_not_lower_the_forecast() -> None:
    """Sold out in the last six weeks and flagged: the level is that of the weeks before."""
    units = np.full((200, 2), 10.0)
    units[-42:, 0] = 0.0
    flags = np.ones_like(units, dtype=bool)
    flags[-42:, 0] = False
    season = season_after(shop(units), 14)
    masked = make_forecast(shop(units, in_stock=flags), season, NO_EVENTS)
    believed = make_forecast(shop(units), season, NO_EVENTS)
    assert masked.units[0].sum() / masked.units[1].sum() == pytest.approx(1.0, abs=0.05)
    assert believed.units[0].sum() / believed.units[1].sum() < 0.6


def test_a_weekday_that_never_sells_gets_nothing_and_lowers_nothing() -> None:
    """Closed on Saturdays, as the history shows."""
    units = np.full((140, 2), 6.0)
    is_open = (np.arange(140) % 7) != 5
    units[~is_open] = 0
    forecast = make_forecast(shop(units, open_days=is_open), season_after(shop(units), 14), NO_EVENTS)
    assert forecast.units[:, 5].tolist() == [0.0, 0.0]
    assert forecast.units[:, :5] == pytest.approx(6.0, rel=0.02)
    assert forecast.hours[5].sum() == 0.0


def test_public_holidays_are_closed_for_a_shop_that_was_closed_on_them() -> None:
    """Three bank holidays of 2024 without sales: the one in August is closed too."""
    units = np.full((190, 1), 6.0)
    is_open = np.ones(190, dtype=bool)
    for day in (date(2024, 1, 1), date(2024, 3, 29), date(2024, 4, 1), date(2024, 5, 6), date(2024, 5, 27)):
        is_open[(day - MONDAY).days] = False
    demand = shop(np.where(is_open[:, None], units, 0), open_days=is_open)
    setting = setting_of(demand, date(2024, 8, 31), EventCalendar(regions=("GB-ENG",)))
    assert setting.opening.calendar[(date(2024, 8, 26) - MONDAY).days] == 0
    assert setting.opening.calendar[(date(2024, 8, 27) - MONDAY).days] > 0


def test_a_yearly_season_is_followed_and_growth_is_not_taken_for_one() -> None:
    """A sine over two years comes back; a shop that doubles within a year does not fall at New Year."""
    days = np.arange(728)
    wave = 10 + 5 * np.sin(2 * np.pi * days / 364)
    demand = shop(np.repeat(wave[:, None], 4, axis=1) * 5)
    forecast = make_forecast(demand, season_after(demand, 182), NO_EVENTS)
    assert forecast.units.sum(axis=0)[80:100].mean() / (4 * 5 * 15) == pytest.approx(1.0, rel=0.08)
    grown = shop(np.repeat((100 * 2 ** (days / 364))[:, None], 4, axis=1))
    coming = make_forecast(grown, season_after(grown, 28), NO_EVENTS).units.sum(axis=0).mean()
    assert coming / grown.units[-28:].sum(axis=1).mean() == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(("days", "products"), [(15, 1), (60, 1), (90, 3), (200, 2), (370, 1)])
def test_short_and_tiny_histories_get_a_sane_answer(days: int, products: int) -> None:
    """Less than 13 weeks, less than a year, one product: finite, not negative, near the mean."""
    demand = shop(counts(days, products, mean=200.0))
    forecast = make_forecast(demand, season_after(demand, 20), NO_EVENTS)
    assert np.isfinite(forecast.units).all()
    assert (forecast.units >= 0).all()
    assert forecast.units.sum() / 20 == pytest.approx(demand.units.sum() / days, rel=0.35)


def test_products_that_never_sold_get_nothing() -> None:
    """A row of zeros stays one, and so does a shop of them."""
    units = counts(120, 3)
    units[:, 1] = 0
    forecast = make_forecast(shop(units), season_after(shop(units), 10), NO_EVENTS)
    assert forecast.units[1].sum() == 0
    nothing = make_forecast(shop(np.zeros((60, 2))), season_after(shop(np.zeros((60, 2))), 10), NO_EVENTS)
    assert nothing.units.sum() == 0


def test_what_no_method_can_answer_is_refused_with_all_reasons() -> None:
    """Ten closed days, and a season that ended before."""
    demand = shop(np.zeros((10, 1)), open_days=np.zeros(10, dtype=bool))
    with pytest.raises(InvalidPeakInput) as refused:
        answers_of(demand, demand.last - timedelta(days=1), NO_EVENTS)
    assert [mistake.rule for mistake in refused.value.mistakes] == ["never_open", "too_short", "reach"]


def test_only_what_beats_the_benchmark_weighs_and_what_does_not_is_shown() -> None:
    """Better, equal and worse than 0.4."""
    gate = gate_of(
        {BENCHMARK: [0.4, 0.4], "steady": [0.3, 0.4], "fading": [0.4, 0.4], "boosted": [0.3, 0.6]},
        {
            "units": {BENCHMARK: [0.2], "ets": [0.3]},
            "orders": {BENCHMARK: [0.2], "ets": [0.15]},
            "revenue_minor": {BENCHMARK: [0.3], "ets": [0.1], "theta": [0.25]},
        },
        learned_on="two origins",
    )
    assert gate.products == ("steady",)
    assert gate.top == {"units": (BENCHMARK,), "orders": (BENCHMARK, "ets"), "revenue_minor": ("ets", "theta")}
    assert gate.top_of("lines") == gate.top_of("orders"), "a total that was not judged follows orders"
    assert OPEN_GATE.top_of("units") == USUAL_TOP
    assert gate.value_added["product", "units", "boosted"] == pytest.approx(1 - 0.45 / 0.4)
    assert OPEN_GATE.value_added == {}


def test_fits_go_through_one_seam_that_refuses_engines_that_are_not_there() -> None:
    """Here, and over Fugue on this machine, the answers are the same and in order."""
    parts = [9.0, 4.0, 16.0]
    assert map_partitions(_root, parts) == [3.0, 2.0, 4.0]
    assert map_partitions(_root, parts, engine="native") == [3.0, 2.0, 4.0]
    for engine, rule in (("slurm", "unknown_engine"), ("ray", "engine_missing")):
        with pytest.raises(InvalidPeakInput) as refused:
            map_partitions(_root, parts, engine=engine)
        assert refused.value.mistakes[0].rule == rule


def _root(number: float) -> float:
    return float(np.sqrt(number))
