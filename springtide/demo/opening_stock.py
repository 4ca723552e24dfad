"""What lies in the two warehouses on the demo's first day, derived from the sales of the year before.

The rule, for each stock code:

1. *Weekly demand* is the mean of the last 13 weeks before the day. Sales cancelled within 24 hours do not count,
   and one week counts at most four times the median selling week of the year, so that a single reseller's order
   does not fill the warehouse.
2. *Cover* is the supplier's lead time plus four weeks until the next order plus two weeks of safety.
3. On hand is demand times cover, rounded up to full packs.
4. A code that sold in the last year but not in the last 13 weeks keeps one pack; without a sale in the year it has
   none.
5. The own warehouse takes the next five weeks, in full packs; the rest is at the external one.

Assumptions: packs of 12 below 2 pounds, 6 below 5, 4 below 10, else single pieces; the five weeks, four weeks and
two weeks above. Lead times and suppliers come from the demo company.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import msgspec

from springtide.contracts.peak.company import Company
from springtide.demo.catalogue import CatalogueRow
from springtide.demo.history import AS_OF, HistoryOrder

OPENING_STOCK_FILE = Path(__file__).parent / "data" / "opening_stock.csv"
OWN, EXTERNAL = "own", "ext"
YEAR_WEEKS, RECENT_WEEKS = 52, 13
REVIEW_WEEKS, SAFETY_WEEKS, OWN_WEEKS = 4, 2, 5
SPIKE_FACTOR = 4
_PACKS = ((200, 12), (500, 6), (1000, 4))


class StockRow(msgspec.Struct, frozen=True):
    """Units on hand of one code at one location; the fields are the columns of `opening_stock.csv`."""

    sku: str
    location: str
    on_hand: int
    supplier: str
    lead_time_days: int
    pack_size: int
    weekly_units: float


WeeklyUnits = dict[str, dict[int, int]]
"""Stock code -> weeks before the day (0 is the last week) -> units sold."""


def read_opening_stock(path: Path = OPENING_STOCK_FILE) -> list[StockRow]:
    """Read the shipped rows; raises FileNotFoundError, msgspec.ValidationError."""
    with path.open(encoding="utf-8", newline="") as file:
        return [msgspec.convert(row, StockRow, strict=False) for row in csv.DictReader(file)]


def write_opening_stock(rows: Sequence[StockRow], path: Path) -> None:
    """Write the rows as csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(StockRow.__struct_fields__)
        writer.writerows(msgspec.structs.astuple(row) for row in rows)


def weekly_units(orders: Iterable[HistoryOrder], day: date = AS_OF) -> WeeklyUnits:
    """Add up the units of each week of the year before the day; orders outside the year are passed over."""
    units: WeeklyUnits = defaultdict(lambda: defaultdict(int))
    first = day - timedelta(weeks=YEAR_WEEKS)
    for order in orders:
        sold_on = order.placed_at.date()
        if order.kind != "sale" or not first <= sold_on < day:
            continue
        week = ((day - sold_on).days - 1) // 7
        for line in order.lines:
            units[line.sku][week] += line.quantity
        for adjustment in order.adjustments:
            if adjustment.kind == "cancel":
                for part in adjustment.lines:
                    units[order.lines[part.line].sku][week] -= part.quantity
    return units


def opening_stock(catalogue: Sequence[CatalogueRow], units: WeeklyUnits, company: Company) -> list[StockRow]:
    """Apply the rule: one row per code for the own warehouse, a second one where the external holds some."""
    rows = []
    for product in catalogue:
        supplier = company.supplier_of(product.category)
        lead_days = int(supplier.lead_time.value)
        demand = weekly_demand(units.get(product.sku, {}))
        pack = pack_size(product.price_minor)
        own, external = split_stock(demand, lead_days, pack, sold=any(units.get(product.sku, {}).values()))
        for location, on_hand in ((OWN, own), (EXTERNAL, external)):
            if on_hand or location == OWN:
                rows.append(StockRow(product.sku, location, on_hand, supplier.id, lead_days, pack, round(demand, 2)))
    return rows


def weekly_demand(weeks: Mapping[int, int]) -> float:
    """Return rule 1: the recent mean, each week capped."""
    selling = [count for count in weeks.values() if count > 0]
    if not selling:
        return 0.0
    cap = SPIKE_FACTOR * median(selling)
    return sum(min(max(weeks.get(week, 0), 0), cap) for week in range(RECENT_WEEKS)) / RECENT_WEEKS


def split_stock(demand: float, lead_days: int, pack: int, *, sold: bool) -> tuple[int, int]:
    """Return rules 2 to 5: units in the own and in the external warehouse."""
    if demand <= 0:
        return (pack if sold else 0), 0
    total = _packs(demand * (lead_days / 7 + REVIEW_WEEKS + SAFETY_WEEKS), pack)
    own = min(total, _packs(demand * OWN_WEEKS, pack))
    return own, total - own


def pack_size(price_minor: int) -> int:
    """Return the assumed pack for a price in pence."""
    return next((pack for limit, pack in _PACKS if price_minor < limit), 1)


def _packs(units: float, pack: int) -> int:
    return math.ceil(units / pack) * pack
