"""The products to buy for and who makes them, as arrays; every row that cannot be used is named."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.products import ProductPaths
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.stock.calendar import WEEKDAYS, SupplierCalendar
from springtide.contracts.peak.company import Company, Supplier
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.stock import StockRow, StockTerms

_YEAR_DAYS = 365.0
_WEEK_DAYS = 7
_PERCENT = 100.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """Products sorted by supplier, in the order of `rows`; money per unit in minor units, volume in m3, (products,).

    `supplier`: place in `suppliers`. `lost_value`: margin and the share of lost customers. `holding`: per unit and day.
    `sold_off`: what a unit loses that nobody buys in time. `after_season`: share of the season's rate that is asked
    for afterwards, 0 for goods of the season alone.
    """

    rows: tuple[StockRow, ...]
    suppliers: tuple[Supplier, ...]
    calendars: tuple[SupplierCalendar, ...]
    supplier: NDArray[np.int64]
    on_hand: NDArray[np.float32]
    pack: NDArray[np.int64]
    unit_cost: Floats
    margin: Floats
    lost_value: Floats
    holding: Floats
    sold_off: Floats
    after_season: Floats
    volume: Floats
    is_seasonal: NDArray[np.bool_]
    weekly_units: Floats

    def of_supplier(self, place: int) -> slice:
        """Return where the products of a supplier stand."""
        found = np.searchsorted(self.supplier, [place, place + 1])
        return slice(int(found[0]), int(found[1]))


def articles_of(rows: Sequence[StockRow], paths: ProductPaths, company: Company, terms: StockTerms) -> Articles:
    """Return the products as arrays; InvalidPeakInput names every row that does not fit to paths and company."""
    mistakes = list(_mistakes(rows, paths, company))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    suppliers = company.suppliers
    places = {supplier.id: place for place, supplier in enumerate(suppliers)}
    ordered = sorted(rows, key=lambda row: places[row.supplier])
    supplier = np.array([places[row.supplier] for row in ordered], dtype=np.int64)
    price = np.array([row.price_minor for row in ordered], dtype=np.float64)
    share = np.array([found.cost_share.value / _PERCENT for found in suppliers])[supplier]
    given = np.array([np.nan if row.cost_minor is None else row.cost_minor for row in ordered])
    unit_cost = np.where(np.isnan(given), price * share, given)
    volume = np.array(
        [terms.unit_volume.value if row.unit_volume_m3 is None else row.unit_volume_m3 for row in ordered]
    )
    margin = np.maximum(price - unit_cost, 0.0)
    is_seasonal = np.isin([row.category for row in ordered], terms.seasonal_categories)
    buyers = 1.0 / np.array([row.units_per_buyer for row in ordered])
    return Articles(
        rows=tuple(ordered),
        suppliers=suppliers,
        calendars=tuple(calendar_of(found) for found in suppliers),
        supplier=supplier,
        on_hand=np.array([row.on_hand for row in ordered], dtype=np.float32),
        pack=np.array([row.pack_size for row in ordered], dtype=np.int64),
        unit_cost=unit_cost,
        margin=margin,
        lost_value=margin + buyers * terms.lost_share.value / _PERCENT * terms.customer_value.value,
        holding=unit_cost * terms.holding.value / _PERCENT / _YEAR_DAYS + volume * _rent(company),
        sold_off=unit_cost * (1.0 - terms.leftover_value.value / _PERCENT),
        after_season=np.where(is_seasonal, 0.0, terms.after_season.value / _PERCENT),
        volume=volume,
        is_seasonal=is_seasonal,
        weekly_units=np.array([row.weekly_units for row in ordered], dtype=np.float64),
    )


def calendar_of(supplier: Supplier) -> SupplierCalendar:
    """Return a supplier's calendar in the words of the numerics."""
    return SupplierCalendar(
        order_weekday=WEEKDAYS.index(supplier.order_day),
        lead_days=round(supplier.lead_time.value),
        lead_days_p90=round(supplier.lead_time_p90.value),
        closures=tuple((closure.first, closure.last) for closure in supplier.closures),
    )


def receipts_of(rows: Sequence[StockRow], season: Season) -> NDArray[np.float32] | None:
    """Return what arrives by itself, (products, days), None when nothing does; what was due before counts at once."""
    if not any(row.receipts for row in rows):
        return None
    receipts = np.zeros((len(rows), season.days), dtype=np.float32)
    for place, row in enumerate(rows):
        for day, units in row.receipts:
            if day <= season.last:
                receipts[place, max(0, (day - season.first).days)] += units
    return receipts


def _rent(company: Company) -> float:
    """Return what a cubic metre of our own house costs per day."""
    own = [warehouse.storage_cost.value for warehouse in company.warehouses if warehouse.kind == "own"]
    return max(own, default=0.0) / _WEEK_DAYS


def _mistakes(rows: Sequence[StockRow], paths: ProductPaths, company: Company) -> Iterator[Mistake]:
    suppliers, drawn, seen = {supplier.id for supplier in company.suppliers}, set(paths.skus), set[str]()
    for number, row in enumerate(rows, start=2):
        for rule, wrong, words in (
            ("negative_stock", row.on_hand < 0, f"{row.on_hand} units of {row.sku} on hand"),
            ("pack_not_positive", row.pack_size < 1, f"{row.sku} comes in packs of {row.pack_size}"),
            ("price_negative", row.price_minor < 0, f"{row.sku} costs {row.price_minor:g}"),
            ("buyer_takes_nothing", row.units_per_buyer <= 0, f"{row.units_per_buyer:g} units per buyer of {row.sku}"),
            ("unknown_supplier", row.supplier not in suppliers, f"{row.sku} comes from unknown {row.supplier!r}"),
            ("unknown_sku", row.sku not in drawn, f"{row.sku} has no demand paths"),
            ("duplicate", row.sku in seen, f"{row.sku} stands here twice"),
            ("receipt_negative", any(units < 0 for _, units in row.receipts), f"{row.sku} receives less than nothing"),
        ):
            if wrong:
                yield Mistake(where="stock", rule=rule, message=words, row=number)
        seen.add(row.sku)
    for supplier in company.suppliers:
        if supplier.order_day not in WEEKDAYS:
            message = f"{supplier.id} takes orders on {supplier.order_day!r}, not one of {', '.join(WEEKDAYS)}"
            yield Mistake(where="suppliers.toml", rule="order_day", message=message)


def day_after(season: Season, index: float) -> date:
    """Return the season's day of this index; indexes past its end go on."""
    return date.fromordinal(season.first.toordinal() + round(index))
