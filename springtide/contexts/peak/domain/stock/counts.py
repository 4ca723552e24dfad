"""From a stock count to the rows that a purchase is planned for, and the whole step in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.paths.products import ProductPaths
from springtide.contexts.peak.domain.stock.report import report_of
from springtide.contexts.peak.domain.stock.season import StockResult, plan_stock
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.plan import StockCount
from springtide.contracts.peak.stock import StockPlan, StockRow, StockTerms

_WEEK_DAYS = 7
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Rows to plan for; `without_supplier`: SKUs whose category nobody supplies, `not_counted`: without a count."""

    rows: tuple[StockRow, ...]
    without_supplier: tuple[str, ...]
    not_counted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockStep:
    """The step's numbers, its words, and what it left out."""

    result: StockResult
    plan: StockPlan
    counted: Counted


def rows_of(counts: Sequence[StockCount], forecast: Forecast, company: Company) -> Counted:
    """Return the counted products that somebody supplies; InvalidPeakInput names counts of unknown SKUs."""
    places = {product.sku: place for place, product in enumerate(forecast.products)}
    unknown = [
        Mistake(where="stock count", rule="unknown_sku", message=f"{count.sku} is not forecast", row=row)
        for row, count in enumerate(counts, start=2)
        if count.sku not in places
    ]
    if unknown:
        raise InvalidPeakInput.of(unknown[:_SHOWN])
    suppliers = {category: supplier.id for supplier in company.suppliers for category in supplier.categories}
    weekly = forecast.units.mean(axis=1, dtype=np.float64) * _WEEK_DAYS
    rows: list[StockRow] = []
    without: list[str] = []
    for count in counts:
        product = forecast.products[places[count.sku]]
        if product.category not in suppliers:
            without.append(count.sku)
            continue
        rows.append(
            StockRow(
                sku=count.sku,
                category=product.category,
                supplier=suppliers[product.category],
                price_minor=product.price_minor,
                on_hand=count.on_hand,
                weekly_units=float(weekly[places[count.sku]]),
                pack_size=count.pack_size,
                receipts=count.inbound,
            )
        )
    counted = {count.sku for count in counts}
    return Counted(
        rows=tuple(rows),
        without_supplier=tuple(without),
        not_counted=tuple(product.sku for product in forecast.products if product.sku not in counted),
    )


def stock_step(
    paths: ProductPaths,
    forecast: Forecast,
    counts: Sequence[StockCount],
    company: Company,
    *,
    terms: StockTerms,
    today: date,
    budget_minor: int | None = None,
    seed: int = 1,
) -> StockStep:
    """Plan the purchase of a season. Deadlines count back from the day on which most orders are expected."""
    counted = rows_of(counts, forecast, company)
    result = plan_stock(paths, counted.rows, company, terms=terms, today=today, budget_minor=budget_minor, seed=seed)
    peak_day = forecast.season.first + timedelta(days=int(forecast.orders.argmax()))
    return StockStep(result=result, plan=report_of(result, peak_day=peak_day), counted=counted)
