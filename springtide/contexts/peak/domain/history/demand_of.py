"""Order lines become demand, with a report of all that was left out."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from springtide.contexts.peak.domain.history import arrays
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.minutes import burst_of
from springtide.contexts.peak.domain.history.report import report_of
from springtide.contexts.peak.domain.history.rules import days as rules_of_days
from springtide.contexts.peak.domain.history.rules import orders, sizes, stock
from springtide.contexts.peak.domain.history.rules.found import Found
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.history import Exclusion, QualityReport

LONGEST_HISTORY_DAYS = 3_660


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known beside the lines: closed days with their reason, public holidays, visits, categories by SKU."""

    closed: Mapping[date, str] = field(default_factory=dict)
    holidays: Mapping[date, str] = field(default_factory=dict)
    visits: Mapping[date, float] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


def demand_of(
    lines: OrderLines, *, keep: AbstractSet[str] = frozenset(), around: Around | None = None
) -> tuple[Demand, QualityReport]:
    """Return what was asked for, and everything that was left out of it.

    `keep`: keys of exclusions, or names of whole rules, that the planner takes back. Raises InvalidPeakInput for an
    empty history and for a key that is not there.
    """
    around = around or Around()
    if lines.frame.is_empty():
        raise InvalidPeakInput.of([Mistake(where=lines.source, rule="empty", message="there is no order line")])
    found = Found(keep)
    table = _cleaned(lines.frame, found)
    real = table.filter("real")
    if real.is_empty():
        message = "no line is a sale: all of them are credits, cancelled or free"
        raise InvalidPeakInput.of([Mistake(where=lines.source, rule="empty", message=message)])
    demand = _as_arrays(table, real, around, found)
    mistakes = [
        Mistake(where="keep", rule="unknown_key", message=f"there is no exclusion {key} to take back")
        for key in found.unknown_keys()
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return demand, report_of(lines, demand, found.exclusions)


def sold_lines(
    lines: OrderLines, *, keep: AbstractSet[str] = frozenset()
) -> tuple[pl.DataFrame, tuple[Exclusion, ...]]:
    """Return the lines that count as demand, with `party`, `day`, `units`, `real`, and everything that was left out."""
    table = _cleaned(lines.frame, found := Found(keep))
    return table, tuple(one for one in found.exclusions if not one.kept)


def _cleaned(frame: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Apply the rules of lines one after the other; each sees what the former left."""
    by_time = pl.concat_str(pl.col("local").cast(pl.String), pl.lit(" "), pl.col("customer_id").fill_null(""))
    table = frame.with_columns(party=pl.col("order_id").fill_null(by_time), day=pl.col("local").dt.date())
    table = orders.drop_duplicates(table, found)
    table = orders.drop_cancelled(table, found)
    table = sizes.drop_free(table, found)
    table = sizes.mend_prices(table, found)
    return sizes.drop_bulk(table, found)


def _as_arrays(table: pl.DataFrame, real: pl.DataFrame, around: Around, found: Found) -> Demand:
    first, days = arrays.span_of(real)
    if days > LONGEST_HISTORY_DAYS:
        message = f"the lines span {days} days, more than {LONGEST_HISTORY_DAYS}: is a year mistyped?"
        raise InvalidPeakInput.of([Mistake(where="time", rule="too_long", message=message)])
    table = arrays.with_index(table, first, days)
    real = table.filter("real")
    by_hour = arrays.orders_by_hour(real, days)
    products = arrays.products_of(real, around.categories)
    skus = tuple(product.sku for product in products)
    daily = by_hour.sum(axis=1)
    open_days = rules_of_days.open_days(
        daily,
        first,
        ends=arrays.ends_of(real),
        usual_hours=arrays.usual_hours(by_hour),
        closed=around.closed,
        holidays=around.holidays,
        found=found,
    )
    selling = arrays.grid(real, skus, days) > 0
    hidden = arrays.grid(table.filter(~pl.col("in_stock")), skus, days) > 0
    return Demand(
        first=first,
        products=products,
        units=arrays.grid(table, skus, days, "units"),
        in_stock=stock.in_stock(selling, hidden, open_days=open_days, first=first, skus=skus, found=found),
        open_days=open_days,
        orders=daily,
        lines=arrays.per_day(real.filter(pl.col("units") > 0), days, pl.len()).astype(np.float32),
        revenue_minor=arrays.per_day(table, days, (pl.col("units") * pl.col("price_minor")).sum()),
        orders_by_hour=by_hour,
        visits=arrays.visits_of(around.visits, first, days),
        burst=burst_of(real),
    )
