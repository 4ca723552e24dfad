"""The five tables of a buy decision as CSV: read with every mistake named by its row, written with the quantities.

history    date, sku (or key), quantity, empty where nobody knows; in_stock (0 or 1) where known, 0 makes a sale a lower
           bound. Weekly (each week under the same weekday) or daily, any order of rows; a period without a row sold 0
stock      sku, on_hand; pack where goods come in packs
orders     sku, quantity, arrives: what is on its way
calendar   order_date, arrival_date, next_arrival: one row a review. Goods can be sold from the first period that begins
           on the arrival date or later
costs      holding, shortage per unit and period; sku where they differ, "*" or no column for all others
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.stock.asked_for import Series
from springtide.contexts.peak.domain.stock.review import Choice, Position, Review, Terms
from springtide.contexts.peak.providers.tables import Table
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.plan import StockCount
from springtide.contracts.peak.stock import BuyLine, StockPlan

_WEEK = 7
_EPOCH = date(1970, 1, 1).toordinal()
_FALSE = {"0", "0.0", "false", "no", "f", "n"}
_TRUE = {"", "1", "1.0", "true", "yes", "t", "y"}
_RARE = 4
"""Dates that all lie so many days apart, and not whole weeks, are months or weeks that slip."""
_MOST_MISTAKES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyFiles:
    """Where the tables lie; `on`: the review of this order date, None for the first one after the history."""

    history: Path
    stock: Path
    orders: Path | None
    calendar: Path
    costs: Path
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyInput:
    """Everything a review decides on; products as in `history.skus`. `order_date`, `arrival_date` are for people."""

    history: Series
    review: Review
    position: Position
    terms: Terms
    order_date: date
    arrival_date: date


def read_buy_input(files: BuyFiles) -> BuyInput:
    """Read and check all tables; InvalidPeakInput names every mistake found, with file and row; OSError."""
    mistakes: list[Mistake] = []
    stock = _read_stock(Table.of(files.stock, ("sku", "on_hand"), mistakes))
    history = _read_history(Table.of(files.history, ("date", "sku", "quantity"), mistakes), list(stock))
    calendar = _read_calendar(Table.of(files.calendar, ("order_date", "arrival_date", "next_arrival"), mistakes))
    costs = _read_costs(Table.of(files.costs, ("holding", "shortage"), mistakes), stock)
    orders = (
        _read_orders(Table.of(files.orders, ("sku", "quantity", "arrives"), mistakes), stock) if files.orders else []
    )
    row = None if mistakes or history is None else _review_of(calendar, history, files, mistakes)
    if mistakes or history is None or row is None:
        raise InvalidPeakInput.of(mistakes[:_MOST_MISTAKES])
    review = Review(arrives=_period(history, row[1]), next_arrives=_period(history, row[2]))
    if review.next_arrives <= review.arrives:
        message = f"{row[1]} and {row[2]} fall into the same period of the history"
        raise InvalidPeakInput.of([Mistake(where=str(files.calendar), rule="window_is_empty", message=message)])
    return BuyInput(
        history=history,
        review=review,
        position=_position(history, review, stock, orders),
        terms=_terms(stock, costs),
        order_date=row[0],
        arrival_date=row[1],
    )


def write_buy_list(path: Path, buy: BuyInput, choice: Choice) -> None:
    """Write one row per product, in the order of the stock table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["sku", "order_date", "arrival_date", "quantity", "expected_demand", "lost_without", "lost_with"]
        )
        for at, sku in enumerate(buy.history.skus):
            writer.writerow(
                [
                    sku,
                    buy.order_date,
                    buy.arrival_date,
                    int(choice.quantity[at]),
                    *(f"{float(v[at]):.3f}" for v in (choice.expected_demand, choice.lost_without, choice.lost_with)),
                ]
            )


@dataclass(frozen=True, slots=True)
class _Article:
    on_hand: float
    pack: int


def _read_stock(table: Table) -> dict[str, _Article]:
    stock: dict[str, _Article] = {}
    for at in table.rows:
        sku = at[1]["sku"].strip()
        on_hand = table.amount(at, "on_hand")
        pack = table.value(at, "pack", int) if at[1].get("pack", "").strip() else 1
        if sku in stock:
            table.wrong(at[0], "duplicate", f"{sku} stands here twice")
        if pack is not None and pack < 1:
            table.wrong(at[0], "pack_not_positive", f"a pack of {pack}")
            continue
        stock[sku] = _Article(on_hand or 0.0, pack or 1)
    return stock


def _read_history(table: Table, skus: list[str]) -> Series | None:
    cells: dict[tuple[str, int], tuple[float, bool]] = {}
    for at in table.rows:
        is_known = bool(at[1]["quantity"].strip())
        day, quantity = table.value(at, "date", _day), table.amount(at, "quantity") if is_known else 0.0
        if day is None or quantity is None:
            continue
        cell = (at[1]["sku"].strip(), day.toordinal() - _EPOCH)
        if cell in cells:
            table.wrong(at[0], "duplicate", f"{cell[0]} has {day} twice")
        flag = at[1].get("in_stock", "").strip().lower()
        if flag not in _TRUE | _FALSE:
            table.wrong(at[0], "in_stock_unreadable", f"in_stock is {flag!r}, neither 1 nor 0")
        cells[cell] = (quantity, is_known and flag not in _FALSE)
    if not cells:
        return None
    _refuse_months(table, cells)
    known = {sku for sku, _ in cells}
    for sku in skus:
        if sku not in known:
            table.wrong(0, "unknown_sku", f"{sku} is in stock and has no history")
    return _series(cells, skus)


def _day(text: str) -> date:
    """Read a day, also one that a time of midnight was written behind."""
    return datetime.fromisoformat(text).date()


def _refuse_months(table: Table, cells: Mapping[tuple[str, int], tuple[float, bool]]) -> None:
    days = sorted({day for _, day in cells})
    gaps = [later - earlier for earlier, later in pairwise(days)]
    odd = next((at for at, gap in enumerate(gaps) if gap % _WEEK), None)
    if odd is not None and min(gaps) >= _RARE:
        first, second = (date.fromordinal(day + _EPOCH) for day in days[odd : odd + 2])
        message = f"neither daily nor whole weeks: {first} is followed by {second}; write each week under one weekday"
        table.wrong(0, "neither_daily_nor_weekly", message)


def _series(cells: Mapping[tuple[str, int], tuple[float, bool]], skus: list[str]) -> Series:
    days = sorted({day for _, day in cells})
    step = _WEEK if all((day - days[0]) % _WEEK == 0 for day in days) and len(days) > 1 else 1
    periods = (days[-1] - days[0]) // step + 1
    units, in_stock = np.zeros((len(skus), periods)), np.ones((len(skus), periods), dtype=np.bool_)
    places = {sku: at for at, sku in enumerate(skus)}
    for (sku, day), (quantity, is_there) in cells.items():
        if sku in places:
            units[places[sku], (day - days[0]) // step] = quantity
            in_stock[places[sku], (day - days[0]) // step] = is_there
    return Series(skus=tuple(skus), first_day=days[0], step_days=step, units=units, in_stock=in_stock)


_CalendarRow = tuple[date, date, date]


def _read_calendar(table: Table) -> list[_CalendarRow]:
    rows: list[tuple[int, _CalendarRow]] = []
    for at in table.rows:
        ordered, arrives, following = (
            table.value(at, name, date.fromisoformat) for name in ("order_date", "arrival_date", "next_arrival")
        )
        if ordered is None or arrives is None or following is None:
            continue
        if not ordered <= arrives < following:
            table.wrong(at[0], "dates_not_in_order", f"{ordered}, {arrives}, {following} do not follow each other")
        rows.append((at[0], (ordered, arrives, following)))
    for (_, before), (row, after) in pairwise(rows):
        if after[0] == before[0]:
            table.wrong(row, "duplicate", f"{after[0]} is reviewed twice")
        elif after[0] < before[0]:
            table.wrong(row, "not_sorted", f"{after[0]} stands after {before[0]}")
        elif after[1] != before[2]:
            rule = "overlap" if after[1] < before[2] else "gap"
            table.wrong(row, rule, f"arrives {after[1]}, where the row before expects it on {before[2]}")
    return [row for _, row in rows]


def _read_costs(table: Table, stock: Mapping[str, _Article]) -> dict[str, tuple[float, float]]:
    costs: dict[str, tuple[float, float]] = {}
    for at in table.rows:
        sku = at[1].get("sku", "*").strip()
        holding, shortage = table.amount(at, "holding"), table.amount(at, "shortage")
        if sku in costs:
            table.wrong(at[0], "duplicate", f"{sku} has costs twice")
        if sku != "*" and sku not in stock:
            table.wrong(at[0], "unknown_sku", f"{sku} is not in stock")
        if holding is not None and shortage is not None:
            costs[sku] = (holding, shortage)
    without = [sku for sku in stock if sku not in costs] if "*" not in costs and costs else []
    for sku in without:
        table.wrong(0, "costs_missing", f"{sku} has no costs")
    return costs


def _read_orders(table: Table, stock: Mapping[str, _Article]) -> list[tuple[str, float, date]]:
    orders: list[tuple[str, float, date]] = []
    for at in table.rows:
        sku = at[1]["sku"].strip()
        quantity, arrives = table.amount(at, "quantity"), table.value(at, "arrives", date.fromisoformat)
        if sku not in stock:
            table.wrong(at[0], "unknown_sku", f"{sku} is not in stock")
        elif quantity is not None and arrives is not None:
            orders.append((sku, quantity, arrives))
    return orders


def _review_of(
    calendar: list[_CalendarRow], history: Series, files: BuyFiles, mistakes: list[Mistake]
) -> _CalendarRow | None:
    last = date.fromordinal(history.first_day + _EPOCH + (history.periods - 1) * history.step_days)
    for row in calendar:
        if (files.on is None and row[0] > last) or row[0] == files.on:
            return row
    wanted = f"on {files.on}" if files.on else f"after the history's last period, {last}"
    mistakes.append(Mistake(where=str(files.calendar), rule="no_review", message=f"there is no review {wanted}"))
    return None


def _period(history: Series, day: date) -> int:
    """Return the first period that begins on this day or later: what comes within one cannot serve all of it."""
    start = history.first_day + history.periods * history.step_days
    return max(0, -((start - (day.toordinal() - _EPOCH)) // history.step_days))


def _position(
    history: Series, review: Review, stock: Mapping[str, _Article], orders: list[tuple[str, float, date]]
) -> Position:
    receipts: NDArray[np.float32] = np.zeros((len(stock), review.next_arrives), dtype=np.float32)
    places = {sku: at for at, sku in enumerate(history.skus)}
    for sku, quantity, arrives in orders:
        period = _period(history, arrives)
        if period < review.next_arrives:
            receipts[places[sku], period] += quantity
    on_hand = np.array([article.on_hand for article in stock.values()], dtype=np.float32)
    return Position(on_hand=on_hand, receipts=receipts)


def _terms(stock: Mapping[str, _Article], costs: Mapping[str, tuple[float, float]]) -> Terms:
    def column(which: int) -> Iterator[float]:
        return (costs[sku if sku in costs else "*"][which] for sku in stock)

    return Terms(
        holding=np.fromiter(column(0), dtype=np.float64),
        shortage=np.fromiter(column(1), dtype=np.float64),
        pack=np.array([article.pack for article in stock.values()], dtype=np.int64),
    )


def read_counts(path: Path) -> tuple[StockCount, ...]:
    """Read a stock count: sku, on_hand; pack_size, and inbound with inbound_on (what is on its way, one delivery).

    Rows of one SKU at several locations are added up. InvalidPeakInput names every mistake with its row.
    """
    mistakes: list[Mistake] = []
    table = Table.of(path, ("sku", "on_hand"), mistakes)
    found: dict[str, StockCount] = {}
    for at in table.rows:
        sku, on_hand = at[1]["sku"].strip(), table.amount(at, "on_hand")
        pack = table.value(at, "pack_size", int) if at[1].get("pack_size", "").strip() else 1
        coming = table.amount(at, "inbound") if at[1].get("inbound", "").strip() else None
        day = table.value(at, "inbound_on", date.fromisoformat) if coming and "inbound_on" in at[1] else None
        if coming and day is None:
            table.wrong(at[0], "inbound_without_day", f"{coming:g} units of {sku} are on their way without a day")
        if pack is not None and pack < 1:
            table.wrong(at[0], "pack_not_positive", f"a pack of {pack}")
        before = found.get(sku, StockCount(sku=sku, on_hand=0))
        inbound = before.inbound + (((day, int(coming)),) if coming and day else ())
        found[sku] = StockCount(
            sku=sku,
            on_hand=before.on_hand + int(on_hand or 0),
            pack_size=max(pack or 1, before.pack_size),
            inbound=inbound,
        )
    if mistakes:
        raise InvalidPeakInput.of(mistakes[:_MOST_MISTAKES])
    return tuple(found.values())


def write_season_buy_list(path: Path, plan: StockPlan) -> None:
    """Write what to order now, one row per product, the largest loss avoided first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(BuyLine.__struct_fields__)
        writer.writerows(msgspec.structs.astuple(line) for line in plan.lines)
