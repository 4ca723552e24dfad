"""Find the sale that a credit line takes back.

The source does not say which invoice a credit belongs to. A sale can be meant when customer and article are the
same, it is not later than the credit and not yet taken back. Among these the best is, in this order: same price and
same quantity, same price and enough left, same quantity, enough left; the latest wins. A credit larger than any one
sale is spread over several, the latest first, when together they have enough left.

Memory: only sales of (customer, article) pairs that some credit names are kept, about 45,000 small rows for the
demo's history; the orders themselves are not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from springtide.demo.codes import treatment
from springtide.demo.history_files import RawInvoice

Key = tuple[str, str]
"""Customer number and article code in upper case."""


class OpenSale(msgspec.Struct):
    """A sold line that credits may take back; `row` is its place among the rows of its invoice."""

    invoice: str
    at: datetime
    row: int
    price_minor: int
    left: int


class Match(msgspec.Struct, frozen=True):
    """A piece of a credit line put on a sale; `quantity` is positive."""

    sale: OpenSale
    quantity: int


def credited_keys(credits_: Iterable[RawInvoice]) -> set[Key]:
    """Return which (customer, article) pairs any credit names; guests have none."""
    return {
        (invoice.customer, row[0].upper())
        for invoice in credits_
        if invoice.customer
        for row in invoice.rows
        if treatment(row[0].upper()) is None
    }


def open_sales(sales: Iterable[RawInvoice], keys: set[Key]) -> dict[Key, list[OpenSale]]:
    """Read through the sales and keep the lines of the given keys, in the order of time."""
    found: dict[Key, list[OpenSale]] = defaultdict(list)
    customers = {customer for customer, _ in keys}
    for invoice in sales:
        if invoice.customer not in customers:
            continue
        for index, row in enumerate(invoice.rows):
            key = (invoice.customer, row[0].upper())
            if key in keys and int(row[1]) > 0 and int(row[2]) > 0:
                found[key].append(OpenSale(invoice.number, invoice.at, index, int(row[2]), int(row[1])))
    return found


def match_line(sales: Sequence[OpenSale], at: datetime, quantity: int, price_minor: int) -> list[Match]:
    """Take `quantity` (positive) out of the sales and return where it went; [] when they have too little left."""
    candidates = [sale for sale in sales if sale.left > 0 and sale.at <= at]
    best = max(
        (sale for sale in candidates if sale.left >= quantity),
        key=lambda sale: (sale.price_minor == price_minor, sale.left == quantity, sale.at),
        default=None,
    )
    if best is not None:
        best.left -= quantity
        return [Match(best, quantity)]
    if sum(sale.left for sale in candidates) < quantity:
        return []
    return _spread(candidates, quantity)


def _spread(candidates: Sequence[OpenSale], quantity: int) -> list[Match]:
    matches = []
    for sale in sorted(candidates, key=lambda sale: sale.at, reverse=True):
        taken = min(sale.left, quantity)
        if taken:
            sale.left -= taken
            quantity -= taken
            matches.append(Match(sale, taken))
    return matches
