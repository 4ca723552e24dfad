"""Ready series: somebody else already counted, per day or per week."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from springtide.contexts.peak.domain.history.demand import Demand, Product
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

WEEK = 7
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadySeries:
    """Demand made of ready series. `step_days` is 1, or 7 where each row is a week from its date on.

    A week's units are spread evenly over its days. Nobody said what an order is: `orders` and `lines` count units,
    spread evenly over the hours; prices and revenue are 0.
    """

    source: str
    step_days: int
    demand: Demand


def series_of(frame: pl.DataFrame, *, source: str) -> ReadySeries:
    """Make demand of columns day, key, quantity (null: unknown); a key without a row on a day sold nothing then."""
    first, last = frame.select(pl.col("day").min().alias("first"), pl.col("day").max().alias("last")).row(0)
    places = frame.select((pl.col("day") - first).dt.total_days()).to_series().to_numpy()
    step = WEEK if places.max(initial=0) >= WEEK and not (places % WEEK).any() else 1
    days = (last - first).days + step
    keys = sorted(frame["key"].unique().to_list())
    columns = np.searchsorted(np.array(keys), frame["key"].to_numpy())
    known = frame["quantity"].is_not_null().to_numpy()
    units = np.zeros((days, len(keys)), dtype=np.float32)
    in_stock = np.ones((days, len(keys)), dtype=np.bool_)
    quantity = frame["quantity"].fill_null(0.0).to_numpy() / step
    for offset in range(step):
        units[places + offset, columns] = quantity
        in_stock[places + offset, columns] = known
    total = units.sum(axis=1, dtype=np.float64)
    if not total.any():
        raise InvalidPeakInput.of([Mistake(where=source, rule="empty", message="every quantity is 0 or unknown")])
    daily = total.astype(np.float32)
    return ReadySeries(
        source=source,
        step_days=step,
        demand=Demand(
            first=first,
            products=tuple(Product(sku=key, category="", price_minor=0.0) for key in keys),
            units=units,
            in_stock=in_stock,
            open_days=np.ones(days, dtype=np.bool_),
            orders=daily,
            lines=daily,
            revenue_minor=np.zeros(days, dtype=np.float64),
            orders_by_hour=np.repeat(daily[:, None] / _HOURS, _HOURS, axis=1),
        ),
    )
