"""Credits of parts of a row, to the penny.

The credit of the first k of n units is the largest-remainder share k/n of the row's gross, and its net and tax are
the largest-remainder shares of that. A partial credit is the difference of two such sums, so partial credits in any
steps add up to the row exactly, never exceed it, and gross = net + tax in each.
"""

from springtide.contracts.pricing.api import TaxedRow
from springtide.platform.money import allocate


def share(row: TaxedRow, units: int, of: int) -> TaxedRow:
    """Return the money of the first `units` of `of` units of a row."""
    gross = allocate(row.gross_minor, [units, of - units])[0]
    net, tax = allocate(gross, [abs(row.net_minor), abs(row.tax_minor)])
    return TaxedRow(
        gross_minor=gross,
        net_minor=net,
        tax_minor=tax,
        rate_bp=row.rate_bp,
        tax_category=row.tax_category,
        discount_minor=allocate(row.discount_minor, [units, of - units])[0],
    )


def credit(row: TaxedRow, *, of: int, before: int, units: int) -> TaxedRow:
    """Return the (negative) money of `units` units when `before` of `of` units were paid back already."""
    was, is_now = share(row, before, of), share(row, before + units, of)
    return TaxedRow(
        gross_minor=was.gross_minor - is_now.gross_minor,
        net_minor=was.net_minor - is_now.net_minor,
        tax_minor=was.tax_minor - is_now.tax_minor,
        rate_bp=row.rate_bp,
        tax_category=row.tax_category,
        discount_minor=was.discount_minor - is_now.discount_minor,
    )


def negative(row: TaxedRow) -> TaxedRow:
    """Return the row that takes a whole row back."""
    return credit(row, of=1, before=0, units=1)
