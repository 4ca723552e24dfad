"""Goods: what to order, which products need a look and why, and where it all lies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View, cut
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.stock import BuyLine, StockException, StockPlan, StorageWeek

LISTS = ("look", "buy")
_SHOWN_IN_CHART = 15
Item = TypeVar("Item", StockException, BuyLine)


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return orders first, then the products that the address asks for: `supplier`, `list`, `page`."""
    found = await whole(visit, plan.row.id, "stock", StockPlan)
    if found is None:
        return {"stock": None}
    supplier = visit.query.get("supplier", "")
    chosen = visit.query.get("list", LISTS[0])
    q = visit.query.get("q", "").strip()
    exceptions, lines = _of(found.exceptions, supplier, q), _of(found.lines, supplier, q)
    rows = lines if chosen == "buy" else exceptions
    names = {order.supplier: order.name for order in found.suppliers}
    return {
        "stock": found,
        "tranches": list(_tranches(found)),
        "supplier": supplier,
        "q": q,
        "item_page": f"/peak/plans/{plan.row.id}/item",
        "last_orders": {one.sku: one.last_order for one in found.lines},
        "chosen": "buy" if chosen == "buy" else "look",
        "names": names,
        "supplier_options": [("", speech("every_supplier")), *sorted(names.items(), key=lambda item: item[1])],
        "list_options": [(name, speech(f"list_{name}")) for name in LISTS],
        "orders": [order for order in found.suppliers if supplier in {"", order.supplier}],
        "rows": cut(rows, visit.query.get("page", "")),
        "risk": _risk(exceptions, speech),
        "storage_finding": _storage_finding(found.storage, speech),
        "storage_figure": _storage(found.storage, speech),
        "shortage": sum(one.value_at_risk_minor for one in exceptions),
        "look_count": len(exceptions),
    }


@dataclass(frozen=True, slots=True)
class _Row:
    """Minor units: money spent so far, what that is worth, and what each 100 of the last part bring."""

    spend: int
    worth: int
    each: float


def _tranches(plan: StockPlan) -> Iterator[_Row]:
    found = () if plan.returns is None else plan.returns.tranches
    for before, one in zip((None, *found), found, strict=False):
        spend, worth = (0, 0) if before is None else (before.spend_minor, before.worth_minor)
        each = 100 * (one.worth_minor - worth) / max(one.spend_minor - spend, 1)
        yield _Row(one.spend_minor, one.worth_minor, 100 * each)


def _of(items: Sequence[Item], supplier: str, q: str) -> list[Item]:
    return [item for item in items if supplier in {"", item.supplier} and q.casefold() in item.sku.casefold()]


def _risk(exceptions: Sequence[StockException], speech: Speech) -> figures.Figure | None:
    worst = exceptions[:_SHOWN_IN_CHART]
    if not worst:
        return None
    return figures.bars(
        [one.sku for one in worst],
        [speech.units(one.value_at_risk_minor) for one in worst],
        title=speech("risk_title", count=len(worst)),
        unit=speech.money_sign,
        marked=[one.unavoidable_minor > 0 for one in worst],
    )


def _storage_finding(weeks: Sequence[StorageWeek], speech: Speech) -> str:
    over = [week for week in weeks if week.overflow_m3 > 0]
    if not over:
        return speech("storage_fits")
    most = max(over, key=lambda week: week.overflow_m3)
    return speech(
        "storage_overflows",
        day=over[0].first.isoformat(),
        volume=most.overflow_m3,
        cost=sum(week.overflow_minor for week in over),
    )


def _storage(weeks: Sequence[StorageWeek], speech: Speech) -> figures.Figure | None:
    if not weeks:
        return None
    return figures.fan(
        [week.first for week in weeks],
        [week.volume for week in weeks],
        speech,
        title=_storage_finding(weeks, speech),
        unit="m\u00b3",
        limit=[week.own_capacity_m3 for week in weeks],
    )
