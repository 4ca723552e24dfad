"""A made-up shop: order lines of past days, as the files that `springtide peak plan` takes from a folder."""

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from springtide.demo.company import load_company

LAST = date(2011, 8, 31)
_LINES_PER_ORDER = 8
_PEAK_TIMES, _PEAK_DAYS = 3.0, range(-7, 4)


def write_shop(folder: Path, *, products: int, history_days: int, units_per_day: float, seed: int = 1) -> int:
    """Write history.parquet, catalogue.csv, visits.csv and stock.csv; return how many order lines there are.

    `units_per_day`: of a product, on average; products differ as lognormal numbers with sd 1.5 do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    days = np.datetime64(LAST + timedelta(days=1 - history_days)) + np.arange(history_days)
    usual = np.exp(rng.normal(np.log(units_per_day) - 1.5**2 / 2, 1.5, products))
    size = np.maximum(1, rng.geometric(0.3, products))
    prices = np.round(np.exp(rng.normal(1.2, 0.7, products)), 2).astype(np.float64)
    goods = _Goods(size, prices)
    tables = [
        _day(rng, day, usual * _profile(day) / size, goods, first_order=place * 1_000_000)
        for place, day in enumerate(days)
    ]
    lines = pl.concat(tables)
    lines.write_parquet(folder / "history.parquet")
    _write_catalogue(folder / "catalogue.csv", products)
    _write_stock(folder / "stock.csv", usual)
    visits = lines.group_by(pl.col("time").str.slice(0, 10).alias("date")).agg(
        visits=pl.col("order_id").n_unique() * 40
    )
    visits.sort("date").write_csv(folder / "visits.csv")
    return lines.height


def _profile(day: np.datetime64) -> float:
    """Return how many times a usual day this one is: a peak around Black Friday, a slow year around it."""
    of = day.astype(object)
    first = date(of.year, 11, 1)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    season = 1.0 + 0.3 * float(np.cos((of.timetuple().tm_yday - 340) / 365.25 * 2 * np.pi))
    return season * (_PEAK_TIMES if (of - thursday).days - 1 in _PEAK_DAYS else 1.0)


class _Goods(NamedTuple):
    """Of every product: pieces a line, on average, and price."""

    size: NDArray[np.int64]
    prices: NDArray[np.float64]


def _day(
    rng: np.random.Generator, day: np.datetime64, lines: NDArray[np.float64], goods: _Goods, *, first_order: int
) -> pl.DataFrame:
    counts = rng.poisson(lines * rng.gamma(2.0, 0.5, lines.size))
    product = np.repeat(np.arange(lines.size), counts)
    orders = max(1, product.size // _LINES_PER_ORDER)
    minute_of = rng.integers(8 * 60, 20 * 60, orders)
    order = rng.integers(0, orders, product.size)
    time = (day + np.timedelta64(0, "m") + minute_of[order].astype("timedelta64[m]")).astype("datetime64[us]")
    return pl.DataFrame({
        "time": pl.Series(time).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "sku": [f"P{index:05}" for index in product],
        "quantity": rng.geometric(1 / goods.size[product]),
        "unit_price": goods.prices[product],
        "order_id": (first_order + order).astype(str),
    })  # fmt: skip


def _write_catalogue(path: Path, products: int) -> None:
    categories = [category for supplier in load_company().suppliers for category in supplier.categories]
    rows = [f"P{index:05},{categories[index % len(categories)]}\n" for index in range(products)]
    path.write_text("sku,category\n" + "".join(rows), encoding="utf-8")


def _write_stock(path: Path, usual: NDArray[np.float64]) -> None:
    """Write six weeks' demand of every product."""
    rows = [f"P{index:05},{round(daily * 42)},6\n" for index, daily in enumerate(usual)]
    path.write_text("sku,on_hand,pack\n" + "".join(rows), encoding="utf-8")
