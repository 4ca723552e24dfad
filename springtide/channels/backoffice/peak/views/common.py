"""What the pages of a plan share."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import PlanInfo
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.plan import PeakMinute, StageDone

View = dict[str, Any]
MOST_ROWS = 200
"""Rows of a table on one page."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a plan says about it; see `contracts.peak.plan.Plan`."""

    company: str
    currency: str
    timezone: str
    as_of: date
    first: date
    last: date
    products: int
    stages: tuple[StageDone, ...]
    missing: tuple[Phrase, ...]


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a long table: `number` of `pages`, counted from 1, with `items` of `total` rows."""

    items: tuple[Any, ...]
    number: int
    pages: int
    total: int


async def busiest_minute(visit: Visit, plan: PlanInfo, speech: Speech) -> str:
    """Return the sentence about the minute that servers and gateways are sized for; "" in a plan that has none."""
    minute = await whole(visit, plan.row.id, "peak_minute", PeakMinute)
    if minute is None:
        return ""
    values: dict[str, str | float] = {
        "times": round(minute.times, 1),
        "hours": minute.hours,
        "orders": minute.orders,
        "note": minute.note,
    }
    return speech(f"peak_minute_{minute.source}", **values)


def cut(rows: Sequence[Any], page: str) -> Slice:
    """Return the page of a table that an address asks for; a page that is not there is the nearest that is."""
    pages = max(1, -(-len(rows) // MOST_ROWS))
    number = min(max(1, int(page)), pages) if page.isascii() and page.isdigit() else 1
    start = (number - 1) * MOST_ROWS
    return Slice(items=tuple(rows[start : start + MOST_ROWS]), number=number, pages=pages, total=len(rows))
