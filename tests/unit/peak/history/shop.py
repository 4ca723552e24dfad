"""A small shop whose past is known line by line."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from springtide.contexts.peak.domain.history.lines import OrderLines, lines_of

COLUMNS = ("local", "sku", "quantity", "price_minor", "order_id", "customer_id", "in_stock", "cancelled")
FIRST = date(2026, 3, 2)
"""A Monday."""
type_of_row = tuple[object, ...]


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Return a moment of a day, 0 for the first."""
    return datetime.combine(FIRST + timedelta(days=day), time(hour, minute))


def line(
    day: int,
    sku: str = "mug",
    quantity: float = 2,
    price: float = 500,
    *,
    order: str = "",
    customer: str | None = None,
    hour: int = 12,
    in_stock: bool | None = None,
    cancelled: float | None = None,
) -> type_of_row:
    """Return a line; without an order it is one of its own."""
    order = order or f"{sku}-{day}-{hour}-{quantity}"
    return (at(day, hour), sku, float(quantity), float(price), order, customer, in_stock, cancelled)


def steady(days: Iterable[int], *, orders: int = 10, sku: str = "mug") -> list[type_of_row]:
    """Return `orders` lines of two units on each day, from nine to six o'clock."""
    return [
        line(day, sku, order=f"{sku}-{day}-{number}", hour=9 + number % 10) for day in days for number in range(orders)
    ]


def shop(rows: Iterable[type_of_row]) -> OrderLines:
    """Return the lines as a past."""
    return lines_of(rows, COLUMNS, source="shop", timezone="Europe/Amsterdam")
