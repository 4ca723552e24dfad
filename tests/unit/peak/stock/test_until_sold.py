"""What a window does not need is kept until it is sold: counted the slow way, and what that does to orders."""

from datetime import date

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from springtide.contexts.peak.domain.paths.products import StoredPaths
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.stock.needs import walk
from springtide.contexts.peak.domain.stock.season import StockResult, plan_stock
from springtide.contexts.peak.domain.stock.until_sold import needs_until_sold, sold_by_season_end
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.stock import StockRow
from springtide.demo.company import load_company

SEASON = Season(first=date(2011, 9, 1), days=100)
PATHS = 200
DAYS = 12


def leeds() -> Company:
    """Return the demo company with one supplier near by (order on Monday, 12 days each time) and no minimum."""
    company = load_company()
    near = next(supplier for supplier in company.suppliers if supplier.id == "leeds-paper")
    free = msgspec.structs.replace(near.minimum_order, value=1)
    sure = msgspec.structs.replace(near, minimum_order=free, lead_time_p90=near.lead_time)
    return msgspec.structs.replace(company, suppliers=(sure,))


def planned(units: list[list[float]], **row: object) -> StockResult:
    """Plan one product that sells so much a day on each path, (paths, 2): before and from the order's arrival on."""
    arrives = 16  # Monday 5 September and 12 days
    per_day = np.array(units, dtype=np.float32)
    draws = np.repeat(per_day, [arrives, SEASON.days - arrives], axis=1)[None, :, :]
    made = StockRow(
        sku="card",
        category="greeting-cards",
        supplier="leeds-paper",
        price_minor=200,
        on_hand=0,
        weekly_units=7.0,
    )
    rows = [msgspec.structs.replace(made, **row)]
    return plan_stock(StoredPaths(season=SEASON, skus=("card",), units=draws), rows, leeds())


def test_what_one_path_in_fifty_needs_is_not_bought_for_the_other_forty_nine() -> None:
    """A reseller may empty the shelf once; on all other paths the goods would lie for more than a year."""
    quiet, busy = [0.0, 0.05], [0.0, 50.0]
    result = planned([quiet] * (PATHS - 4) + [busy] * 4)
    assert result.weighed.need.max() == 350  # seven days of fifty: what charging the window alone would buy
    assert result.purchase.quantity[0] <= 5


def test_what_every_path_needs_is_bought_for_the_window_and_not_for_the_season() -> None:
    result = planned([[0.0, 3.0]] * PATHS)
    window = int(result.weighed.need.min())
    assert window == result.weighed.need.max()
    assert result.purchase.quantity[0] == window


def test_goods_that_sell_soon_after_are_bought_for_the_bad_case_and_slow_ones_are_not() -> None:
    def share(rate: float) -> float:
        random = np.random.Generator(np.random.Philox(2))
        result = planned([[0.0, rate * factor] for factor in random.lognormal(0, 0.5, PATHS)])
        need = result.weighed.need[0]
        return float((need <= result.purchase.quantity[0]).mean())

    assert share(20.0) == share(200.0)  # the same weeks of cover: volume alone changes nothing
    later = planned([[0.0, 5.0]] * (PATHS // 2) + [[0.0, 15.0]] * (PATHS // 2))
    assert later.purchase.quantity[0] == later.weighed.need.max()  # the rest is sold two weeks later


def test_goods_of_the_season_lose_their_value_with_it() -> None:
    half = [[0.0, 0.0]] * (PATHS // 2) + [[0.0, 10.0]] * (PATHS // 2)
    dear = {"cost_minor": 150.0, "price_minor": 200.0}
    assert planned(half, category="greeting-cards", **dear).purchase.quantity[0] == 0
    usual = planned([[0.0, 4.0]] * PATHS, category="christmas-paper", **dear)
    assert usual.purchase.quantity[0] == usual.weighed.need.max()  # certain to sell: no leftover to fear
    assert usual.articles.after_season[0] == 0


def test_a_dozen_units_lost_are_not_a_dozen_customers() -> None:
    one, dozen = (planned([[0.0, 3.0]] * PATHS, units_per_buyer=units).articles for units in (1.0, 12.0))
    assert one.lost_value[0] - one.margin[0] == pytest.approx(12 * (dozen.lost_value[0] - dozen.margin[0]))


@given(
    demand=st.lists(st.integers(0, 9), min_size=DAYS, max_size=DAYS),
    on_hand=st.integers(0, 30),
    order=st.integers(0, 60),
    arrives=st.integers(0, DAYS - 1),
    rate=st.integers(0, 2),
)
@settings(max_examples=100, deadline=None)
def test_units_are_sold_first_come_first_sold_through_the_season_and_after_it(
    demand: list[int], on_hand: int, order: int, arrives: int, rate: int
) -> None:
    walked = walk(np.array([[demand]], dtype=np.float32), on_hand=np.array([on_hand], dtype=np.float32))
    left = walked.on_hand[:, None] - walked.free[:, :, -1] + walked.lost[:, :, -1]
    needs = needs_until_sold(
        walked,
        np.array([arrives]),
        np.array([arrives + 1]),
        rate_after=np.full((1, 1), rate, dtype=np.float32),
        left=left,
    )
    stock, extra, sold = on_hand, order, []
    for day, asked in enumerate([*demand, *([rate] * 364)]):
        own = min(stock, asked)
        stock -= own
        more = min(extra, asked - own) if day >= arrives else 0
        extra -= more
        sold.append((sold[-1] if sold else 0) + more)
    assert min(float(sold_by_season_end(needs)[0, 0]), order) == sold[DAYS - 1]
    assert min(float(needs.units[-1][0, 0]), order) == sold[-1]
    assert min(float(needs.window[0, 0]), order) == sold[arrives]
    assert needs.periods.sum() == pytest.approx(DAYS - arrives + 364)
