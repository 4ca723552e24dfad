"""From a stock count to what the stock step wants to know of each product."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.stock.report import items_of, report_of
from springtide.contexts.peak.domain.stock.season import plan_stock
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.plan import PlanTerms, StockCount
from springtide.contracts.peak.stock import StockItem, StockPlan, StockRow

_WEEK_DAYS = 7.0


def stock_of(
    joint: JointPaths, terms: PlanTerms, counts: tuple[StockCount, ...]
) -> tuple[StockPlan, tuple[StockItem, ...]]:
    """Return the buy list and all around it, and the products one by one; orders are placed from the plan's day on.

    The count is taken as that of the season's first day: what is sold until then has to be left out of it.
    """
    result = plan_stock(
        joint.products,
        rows_of(joint, terms.company, counts),
        terms.company,
        terms=terms.stock,
        today=terms.as_of,
        seed=joint.seed,
    )
    return report_of(result, peak_day=busiest_day(joint)), items_of(result)


def busiest_day(joint: JointPaths) -> date:
    """Return the day with most orders on the mean path: what deadlines of suppliers count back from."""
    return joint.forecast.season.dates[int(np.argmax(joint.totals.daily_orders.mean(axis=0)))]


def rows_of(joint: JointPaths, company: Company, counts: tuple[StockCount, ...]) -> tuple[StockRow, ...]:
    """Return a row for every counted article that has demand; raises InvalidPeakInput for one nobody supplies."""
    places = {product.sku: place for place, product in enumerate(joint.forecast.products)}
    weekly = joint.products.means.mean(axis=1, dtype=np.float64) * _WEEK_DAYS
    per_buyer = _units_per_line(joint.forecast)
    mistakes: list[Mistake] = []
    rows = [
        StockRow(
            sku=count.sku,
            category=product.category,
            supplier=supplier,
            price_minor=product.price_minor,
            on_hand=count.on_hand,
            weekly_units=float(weekly[places[count.sku]]),
            pack_size=count.pack_size,
            receipts=count.inbound,
            units_per_buyer=per_buyer,
        )
        for count, supplier in _supplied(joint, company, counts, places, mistakes)
        for product in (joint.forecast.products[places[count.sku]],)
    ]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return tuple(rows)


def without_demand(joint: JointPaths, counts: tuple[StockCount, ...]) -> int:
    """Return how many counted articles have no demand in the history."""
    known = set(joint.products.skus)
    return sum(count.sku not in known for count in counts)


def _supplied(
    joint: JointPaths,
    company: Company,
    counts: tuple[StockCount, ...],
    places: dict[str, int],
    mistakes: list[Mistake],
) -> Iterator[tuple[StockCount, str]]:
    for row, count in enumerate(counts, start=2):
        if count.sku in places:
            category = joint.forecast.products[places[count.sku]].category
            try:
                yield count, company.supplier_of(category).id
            except KeyError:
                message = f"{count.sku} is of category {category!r}, which no supplier of the company makes"
                mistakes.append(Mistake(where="stock", rule="no_supplier", message=message, row=row))


def _units_per_line(forecast: Forecast) -> float:
    """Return how many units of an article one buyer takes at a time, over the whole season."""
    lines = float(forecast.lines.sum())
    return max(1.0, float(forecast.units.sum(dtype=np.float64)) / lines) if lines > 0 else 1.0
