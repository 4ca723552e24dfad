"""Money by row: gross, net and tax of one amount, and how amounts are shared out over rows.

All amounts are minor units. A market's price mode says what its prices mean:

    mode   given                         rounded, half up, once per row          derived
    gross  gross = price - discount      tax = gross x rate / (100 % + rate)     net = gross - tax
    net    net = price - discount        tax = net x rate / 100 %                gross = net + tax

So gross = net + tax in every row and a total is the sum of rows: nothing is ever rounded on a total.
"""

from collections.abc import Mapping, Sequence

import msgspec

from springtide.contracts.pricing.api import PriceMode, TaxedRow
from springtide.platform.money import allocate, round_half_up

BASIS = 10_000


class Tax(msgspec.Struct, frozen=True, order=True):
    """The tax of a row: rate in basis points and tax category."""

    rate_bp: int
    category: str


def split_tax(amount_minor: int, rate_bp: int, mode: PriceMode) -> tuple[int, int, int]:
    """Return (gross, net, tax) of a non-negative amount given in `mode`. Idempotent: the gross splits the same way."""
    if mode is PriceMode.GROSS:
        tax = round_half_up(amount_minor * rate_bp, BASIS + rate_bp)
        return amount_minor, amount_minor - tax, tax
    tax = round_half_up(amount_minor * rate_bp, BASIS)
    return amount_minor + tax, amount_minor, tax


def taxed_row(amount_minor: int, discount_minor: int, tax: Tax, mode: PriceMode) -> TaxedRow:
    """Build the row of an amount and a discount, both in the market's price mode.

    The row's own `discount_minor` is what the buyer sees: gross without the discount less gross with it.
    """
    gross, net, tax_minor = split_tax(amount_minor - discount_minor, tax.rate_bp, mode)
    full, _, _ = split_tax(amount_minor, tax.rate_bp, mode)
    return TaxedRow(
        gross_minor=gross,
        net_minor=net,
        tax_minor=tax_minor,
        rate_bp=tax.rate_bp,
        tax_category=tax.category,
        discount_minor=full - gross,
    )


def share_out(total_minor: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share `total_minor` over keys by largest remainder; ties go to the smaller key, so order never matters.

    A share never exceeds its weight as long as the total does not exceed the sum of weights.
    """
    if not total_minor:  # no discount at all: what nearly every cart has
        return dict.fromkeys(weights, 0)
    keys = sorted(weights)
    return dict(zip(keys, allocate(total_minor, [weights[key] for key in keys]), strict=True))


def charge_by_tax(charge_minor: int, goods: Sequence[tuple[Tax, int]]) -> list[tuple[Tax, int]]:
    """Split a shipping charge over the taxes of the goods it brings, weighted by their amounts; most goods first.

    `goods`: (tax, amount after discount in the market's price mode), not empty. Taxes that get nothing are left out; a
    free charge, or goods that are all free, keep one part under the tax of most goods (the highest rate on a tie).
    """
    weights: dict[Tax, int] = {}
    for tax, amount in goods:
        weights[tax] = weights.get(tax, 0) + amount
    if len(weights) == 1:
        return [(tax, charge_minor) for tax in weights]
    order = sorted(weights, key=lambda tax: (-weights[tax], -tax.rate_bp, tax.category))
    if charge_minor == 0 or not any(weights.values()):
        return [(order[0], charge_minor)]
    parts = allocate(charge_minor, [weights[tax] for tax in order])
    return [(tax, part) for tax, part in zip(order, parts, strict=True) if part]
