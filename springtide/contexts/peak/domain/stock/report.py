"""The stock step in words and dates: exceptions first, then the buy list, then who has to do what by when."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.stock.articles import day_after
from springtide.contexts.peak.domain.stock.returns import returns_of
from springtide.contexts.peak.domain.stock.season import StockResult
from springtide.contexts.peak.domain.stock.weigh import Timing
from springtide.contracts.peak.common import Deadline, Decision, Department, Phrase
from springtide.contracts.peak.stock import BuyLine, StockException, StockItem, StockPlan, StorageWeek, SupplierOrder

MOST_EXCEPTIONS = 500
MOST_ITEMS = 5_000
_RISKY = 0.1
_URGENT_DAYS = 14
_WEEK_DAYS = 7


def report_of(result: StockResult, *, peak_day: date) -> StockPlan:
    """Return the plan for people. `peak_day`: the day that deadlines of suppliers are counted back from."""
    lines = tuple(_lines(result))
    suppliers = tuple(_suppliers(result, lines, peak_day))
    return StockPlan(
        today=result.today,
        season_first=result.season.first,
        season_last=result.season.last,
        exceptions=tuple(_exceptions(result)),
        lines=lines,
        suppliers=suppliers,
        storage=tuple(_storage(result)),
        spend_minor=sum(line.cost_minor for line in lines),
        later_spend=band_of(result.later_spend),
        lost_margin_without=band_of(result.lost_margin_without),
        lost_margin_with=band_of(result.lost_margin),
        write_off=band_of(result.write_off),
        decisions=tuple(_decisions(result, suppliers)),
        deadlines=tuple(_deadlines(suppliers, peak_day)),
        returns=returns_of(result),
    )


def items_of(result: StockResult) -> tuple[StockItem, ...]:
    """Return the products with most at stake (margin at risk, then turnover of a week) one by one, by SKU."""
    articles, weeks = result.articles, result.weighed.weeks
    prices = np.array([row.price_minor for row in articles.rows])
    order = np.lexsort((-articles.weekly_units * prices, -result.weighed.lost * articles.margin))[:MOST_ITEMS]
    items = [
        StockItem(
            sku=row.sku,
            category=row.category,
            supplier=row.supplier,
            price_minor=round(row.price_minor),
            on_hand=row.on_hand,
            receipts=row.receipts,
            demand=tuple(tuple(week) for week in weeks.demand[at].tolist()),
            stock=tuple(tuple(week) for week in weeks.stock[at].tolist()),
            lost=tuple(weeks.lost[at].tolist()),
        )
        for at in order
        for row in (articles.rows[at],)
    ]
    return tuple(sorted(items, key=lambda item: item.sku))


def _lines(result: StockResult) -> Iterator[BuyLine]:
    """Yield what to order now, the largest loss avoided first."""
    articles, weighed = result.articles, result.weighed
    need = weighed.need.mean(axis=1, dtype=np.float64)
    saved = (need - result.lost_after) * articles.margin
    for at in np.argsort(-saved, kind="stable"):
        units, timing = int(result.purchase.quantity[at]), result.timings[articles.supplier[at]]
        if units == 0 or timing is None or not (timing.order_on and timing.arrives_p50 and timing.arrives_p90):
            continue
        row = articles.rows[at]
        yield BuyLine(
            sku=row.sku,
            supplier=row.supplier,
            units=units,
            packs=units // row.pack_size,
            cost_minor=round(units * float(articles.unit_cost[at])),
            volume_m3=round(units * float(articles.volume[at]), 3),
            order_on=timing.order_on,
            arrives_p50=timing.arrives_p50,
            arrives_p90=timing.arrives_p90,
            covers_until=day_after(result.season, float(np.median(timing.until)) - 1),
            last_order=_last_order(result, timing, day_after(result.season, float(weighed.out_day_early[at]))),
            own_units=int(result.own_units[at]),
            external_units=units - int(result.own_units[at]),
            later_units=round(float(weighed.later[at]), 1),
            lost_before_minor=round(float(need[at] * articles.margin[at])),
            lost_after_minor=round(float(result.lost_after[at] * articles.margin[at])),
        )


def _last_order(result: StockResult, timing: Timing, needed_on: date) -> date | None:
    """Return the last order day whose goods come in time nine times out of ten, unless it has passed."""
    last = timing.calendar.last_order_day(needed_on, timing.calendar.lead_days_p90)
    return last if last is not None and last >= result.today else None


def _exceptions(result: StockResult) -> Iterator[StockException]:
    """Yield the products that lose most when nobody acts, and seasonal goods that will be left over."""
    articles, weighed, days = result.articles, result.weighed, result.season.days
    at_risk = weighed.lost * articles.margin
    risky = np.flatnonzero((weighed.out_chance >= _RISKY) & (at_risk > 0))
    order = risky[np.argsort(-at_risk[risky], kind="stable")][:MOST_EXCEPTIONS]
    for at in order:
        row = articles.rows[at]
        out, early = int(weighed.out_day[at]), int(weighed.out_day_early[at])
        out_day, early_day = day_after(result.season, out), day_after(result.season, early)
        yield StockException(
            sku=row.sku,
            supplier=row.supplier,
            reason=_reason(result, int(at), early_day),
            stock_out=out_day if out < days else None,
            stock_out_early=early_day if early < days else None,
            stock_out_chance=round(float(weighed.out_chance[at]), 4),
            cover_days=(min(out_day, result.season.last) - result.today).days,
            value_at_risk_minor=round(float(at_risk[at])),
            unavoidable_minor=round(float(weighed.lost_before[at] * articles.margin[at])),
            ordered_units=int(result.purchase.quantity[at]),
        )


def _reason(result: StockResult, at: int, early_day: date) -> Phrase:
    place = result.articles.supplier[at]
    sku, supplier, timing = result.articles.rows[at].sku, result.articles.suppliers[place].name, result.timings[place]
    values: dict[str, str | int | float] = {"sku": sku, "day": early_day.isoformat(), "supplier": supplier}
    if timing is None or timing.arrives_p50 is None or not timing.is_useful:
        return Phrase(key="stock.no_order_in_season", values=values)
    values["arrives"] = timing.arrives_p50.isoformat()
    if result.weighed.lost_before[at] > result.weighed.lost[at] / 2:
        return Phrase(key="stock.out_before_arrival", values=values)
    if result.purchase.quantity[at] > 0:
        return Phrase(key="stock.order_now", values=values | {"units": int(result.purchase.quantity[at])})
    if result.weighed.curves.best[at] > 0:
        return Phrase(key="stock.order_waits", values=values)
    if (result.weighed.need[at] > 0).mean() >= _RISKY:
        return Phrase(key="stock.not_worth_keeping", values=values)
    return Phrase(key="stock.later_order_covers", values=values)


def _suppliers(result: StockResult, lines: Sequence[BuyLine], peak_day: date) -> Iterator[SupplierOrder]:
    articles = result.articles
    for place, (supplier, timing) in enumerate(zip(articles.suppliers, result.timings, strict=True)):
        if timing is None:
            continue
        own = [line for line in lines if line.supplier == supplier.id]
        mine = articles.of_supplier(place)
        useful = timing.is_useful
        later = result.later_spend_by_supplier[place]
        yield SupplierOrder(
            supplier=supplier.id,
            name=supplier.name,
            outcome="order" if own else ("wait" if useful else "too_late"),
            order_on=timing.order_on,
            arrives_p50=timing.arrives_p50,
            arrives_p90=timing.arrives_p90,
            next_order_on=timing.next_order_on,
            last_order=_last_order(result, timing, peak_day),
            cycle_weeks=timing.cycle_weeks,
            minimum_minor=round(supplier.minimum_order.value),
            spend_minor=sum(line.cost_minor for line in own),
            units=sum(line.units for line in own),
            products=len(own),
            products_in_range=mine.stop - mine.start,
            later_spend=band_of(later),
        )


def _storage(result: StockResult) -> Iterator[StorageWeek]:
    for week, start in enumerate(range(0, result.season.days, _WEEK_DAYS)):
        overflow = float(result.purchase.overflow[week])
        yield StorageWeek(
            first=result.season.first + timedelta(days=start),
            volume=band_of(result.volume[:, start]),
            own_capacity_m3=result.house.own,
            overflow_m3=round(overflow, 1),
            overflow_minor=round(overflow * result.house.external_cost),
        )


def _decisions(result: StockResult, suppliers: Sequence[SupplierOrder]) -> Iterator[Decision]:
    """Yield the orders to place, soonest first, and the suppliers that cannot help any more."""
    saved = result.saved_by_supplier()
    orders = sorted(
        (order for order in suppliers if order.outcome == "order" and order.order_on is not None),
        key=lambda order: (order.order_on or result.today, order.supplier),
    )
    for order in orders:
        day = order.order_on or result.today
        values: dict[str, str | int | float] = {
            "supplier": order.name,
            "units": order.units,
            "products": order.products,
        }
        yield Decision(
            what=Phrase(key="stock.place_order", values=values),
            department=Department.WAREHOUSE,
            by=day,
            cost_minor=order.spend_minor,
            otherwise=Phrase(key="stock.margin_lost", values={"amount_minor": round(saved[order.supplier])}),
            urgent=(day - result.today).days < _URGENT_DAYS,
        )
    for order in suppliers:
        if order.outcome == "too_late":
            yield Decision(
                what=Phrase(key="stock.find_other_source", values={"supplier": order.name}),
                department=Department.OWNER,
                by=None,
                cost_minor=0,
                otherwise=Phrase(key="stock.too_late", values={"supplier": order.name}),
                urgent=True,
            )


def _deadlines(suppliers: Sequence[SupplierOrder], peak_day: date) -> Iterator[Deadline]:
    for order in suppliers:
        if order.last_order is not None:
            yield Deadline(
                kind="supplier",
                name=order.name,
                last_day=order.last_order,
                needed_on=peak_day,
                lead_days=(peak_day - order.last_order).days,
            )
