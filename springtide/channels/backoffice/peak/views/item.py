"""One product: what it sold, what may be asked for, what is left of it, and the order."""

from datetime import date, timedelta

from springtide.channels.backoffice.peak import figures, item_figures
from springtide.channels.backoffice.peak.reading import sought, whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.stock import BuyLine, StockException, StockItem, StockPlan

_WEEK = timedelta(days=7)
_YEAR_WEEKS = 52


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the product that the address asks for: `sku`."""
    sku = visit.query.get("sku", "").strip()
    item = await sought(visit, plan.row.id, "items", StockItem, by="sku", wanted=sku)
    stock = await whole(visit, plan.row.id, "stock", StockPlan) if item else None
    if item is None or stock is None:
        return {"item": None, "sku": sku}
    line = next((one for one in stock.lines if one.sku == sku), None)
    exception = next((one for one in stock.exceptions if one.sku == sku), None)
    weeks = [stock.season_first + _WEEK * number for number in range(len(item.demand))]
    ordered = with_order(item, line, stock.season_first)
    return {
        "item": item,
        "sku": sku,
        "line": line,
        "exception": exception,
        "finding": _finding(item, line, exception, speech),
        "supplier": next((one.name for one in stock.suppliers if one.supplier == item.supplier), item.supplier),
        "weeks": [
            {"first": week, "demand": item.demand[at], "stock": item.stock[at], "lost": item.lost[at], "order": left}
            for at, (week, left) in enumerate(zip(weeks, ordered, strict=True))
        ],
        "past": _past_weeks(item),
        "sales": _sales(item, weeks, speech),
        "shelf": _shelf(item, weeks, ordered, line, speech),
    }


def with_order(item: StockItem, line: BuyLine | None, first: date) -> list[int | None]:
    """Return about what is left at each week's end with the order, None before it arrives, on the middle path.

    An order sells what would have been lost after its arrival and leaves the rest.
    """
    if line is None:
        return [None] * len(item.stock)
    arrives = max((line.arrives_p50 - first).days, 0) // _WEEK.days
    lost_before = item.lost[arrives - 1] if 0 < arrives <= len(item.lost) else 0
    return [
        None if week < arrives else stock[1] + max(line.units - (item.lost[week] - lost_before), 0)
        for week, stock in enumerate(item.stock)
    ]


def _finding(item: StockItem, line: BuyLine | None, exception: StockException | None, speech: Speech) -> str:
    if line is not None:
        key = "item_order" if line.last_order else "item_order_late"
        return speech(key, sku=item.sku, units=line.units, day=(line.last_order or line.order_on).isoformat())
    if exception is not None:
        return speech.phrase(exception.reason)
    return speech("item_enough", sku=item.sku, units=item.on_hand)


def _past_weeks(item: StockItem) -> list[tuple[date, int]]:
    if item.past_until is None:
        return []
    first = item.past_until - _WEEK * len(item.sold)
    return [(first + _WEEK * number, units) for number, units in enumerate(item.sold)]


def _year_ago(item: StockItem, weeks: list[date]) -> list[int | None]:
    """Return what was sold in the same weeks of last year, None where it is not known."""
    past = _past_weeks(item)
    if not past:
        return []
    places = [(week - _WEEK * _YEAR_WEEKS - past[0][0]).days // _WEEK.days for week in weeks]
    return [past[place][1] if 0 <= place < len(past) else None for place in places]


def _sales(item: StockItem, weeks: list[date], speech: Speech) -> figures.Figure:
    return item_figures.weekly(
        weeks,
        item.demand,
        speech,
        title=speech("item_sales_title"),
        unit=speech("units_a_week"),
        past=_past_weeks(item),
        before=_year_ago(item, weeks),
    )


def _shelf(
    item: StockItem, weeks: list[date], ordered: list[int | None], line: BuyLine | None, speech: Speech
) -> figures.Figure:
    figure = item_figures.weekly(weeks, item.stock, speech, title=speech("item_shelf_title"), unit=speech("units_left"))
    if line is not None:
        item_figures.add_line(figure, weeks, ordered, speech("with_order"))
        item_figures.add_mark(figure, line.arrives_p50, speech("order_arrives", units=line.units))
    for day, units in item.receipts:
        item_figures.add_mark(figure, day, speech("receipt", units=units))
    return figure
