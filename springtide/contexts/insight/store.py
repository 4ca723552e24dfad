"""Rows of insight. Lock order: steps, visits, pages, searches, minutes, purchases, exports; each by its key.

A batch takes them in this order, the events of orders only what is theirs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from springtide.contracts.insight.api import AnswerMinute, PageSeen, SearchSeen, Seen
from springtide.platform.db import Statements, Tx

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")
MOST_WORDS_A_DAY = 5_000


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase lent to whoever tells others of it; `lines`: (sku, quantity, gross minor)."""

    target: str
    order_id: UUID
    attempts: int
    noted_at: datetime
    visit: str
    currency: str
    total_minor: int
    lines: list[tuple[str, int, int]]
    placed_at: datetime


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """An order as insight keeps it."""

    order_id: UUID
    market: str
    currency: str
    total_minor: int
    lines: tuple[tuple[str, int, int], ...]
    placed_at: datetime

    @property
    def minute(self) -> tuple[datetime, str, str]:
        """Return where it is counted: minute, market, currency."""
        return self.placed_at.replace(second=0, microsecond=0), self.market, self.currency


async def add_steps(tx: Tx, seen: Sequence[Seen]) -> None:
    """Add counts to the hour of now."""
    await tx.run(
        "add_steps",
        {
            "hour": tx.now.replace(minute=0, second=0, microsecond=0),
            "markets": [one.market for one in seen],
            "devices": [str(one.device) for one in seen],
            "steps": [str(one.step) for one in seen],
            "counts": [one.counted for one in seen],
        },
    )


async def add_pages(tx: Tx, pages: Sequence[PageSeen]) -> None:
    """Add views to the day of now."""
    await tx.run(
        "add_pages",
        {
            "day": tx.now.date(),
            "markets": [one.market for one in pages],
            "pages": [one.page for one in pages],
            "views": [one.views for one in pages],
        },
    )


async def add_searches(tx: Tx, searches: Sequence[SearchSeen]) -> None:
    """Add searches to the day of now."""
    await tx.run(
        "add_searches",
        {
            "day": tx.now.date(),
            "most": MOST_WORDS_A_DAY,
            "markets": [one.market for one in searches],
            "words": [one.words for one in searches],
            "searches": [one.searches for one in searches],
            "without": [one.without_results for one in searches],
        },
    )


async def add_minutes(tx: Tx, minutes: Sequence[AnswerMinute]) -> None:
    """Add answers to their minutes."""
    await tx.run(
        "add_minutes",
        {
            "at": [one.at for one in minutes],
            "good": [one.good for one in minutes],
            "bad": [one.bad for one in minutes],
        },
    )


async def add_sold(tx: Tx, orders: Sequence[Sold]) -> None:
    """Count orders by minute and by hour, and keep them for whoever may be told of them."""
    sums: dict[tuple[datetime, str, str], tuple[int, int]] = {}
    for order in orders:
        counted, gross = sums.get(order.minute, (0, 0))
        sums[order.minute] = (counted + 1, gross + order.total_minor)
    hours = {
        "at": [at for at, _, _ in sums],
        "markets": [market for _, market, _ in sums],
        "orders": [counted for counted, _ in sums.values()],
    }
    await tx.run("add_order_hours", hours)
    await _add_minutes(tx, {minute: (counted, gross, 0) for minute, (counted, gross) in sums.items()})
    await tx.run(
        "note_placed",
        {
            "now": tx.now,
            "orders": [order.order_id for order in orders],
            "markets": [order.market for order in orders],
            "currencies": [order.currency for order in orders],
            "totals": [order.total_minor for order in orders],
            "lines": [msgspec.json.encode(order.lines).decode() for order in orders],
            "at": [order.placed_at for order in orders],
        },
    )


async def add_rehearsed(tx: Tx, orders: Sequence[Sold]) -> None:
    """Count orders of a rehearsal by minute: they are seen, but nothing was sold."""
    counted = Counter(order.minute for order in orders)
    await _add_minutes(tx, {minute: (0, 0, times) for minute, times in counted.items()})


async def _add_minutes(tx: Tx, sums: Mapping[tuple[datetime, str, str], tuple[int, int, int]]) -> None:
    """Add (orders, gross, rehearsed) to minutes by (at, market, currency)."""
    columns = {
        "at": [at for at, _, _ in sums],
        "markets": [market for _, market, _ in sums],
        "currencies": [currency for _, _, currency in sums],
        "orders": [orders for orders, _, _ in sums.values()],
        "gross": [gross for _, gross, _ in sums.values()],
        "rehearsed": [rehearsed for _, _, rehearsed in sums.values()],
    }
    await tx.run("add_orders", columns)
