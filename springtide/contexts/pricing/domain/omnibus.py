"""The lowest price of the 30 days before a reduction (Directive 98/6/EC, article 6a), per product and market.

History is append-only: each entry says which effective price (after catalogue promotions, before anything that depends
on the cart or the buyer) held from its moment on, until the next entry. The reading here is the strict one: each
reduction looks at the 30 days before itself, also when it follows another one, and a product that is new shows the
lowest price of the time it has had. A product without any earlier price cannot be announced as reduced.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from springtide.contracts.pricing.api import NoPriorPrice

PRIOR_PERIOD = timedelta(days=30)
_NAMED_SKUS = 20


class PricePoint(msgspec.Struct, frozen=True):
    """From `at` on, this held: the list price, and the effective price after catalogue promotions (minor units)."""

    at: datetime
    list_minor: int
    effective_minor: int

    @property
    def is_reduced(self) -> bool:
        """Tell whether a catalogue promotion lowered the price."""
        return self.effective_minor < self.list_minor


class Reduction(msgspec.Struct, frozen=True):
    """A reduction that may be announced: the price now, the lowest price before it, and when it began."""

    effective_minor: int
    lowest_prior_minor: int
    since: datetime


def lowest_prior(history: Sequence[PricePoint], start: datetime) -> int | None:
    """Return the lowest effective price of the 30 days before `start`, None if there was no price yet.

    `history` is ordered by `at`. The price that already held when the 30 days began counts.
    """
    moments = [point.at for point in history]
    end = bisect_left(moments, start)
    begin = max(bisect_right(moments, start - PRIOR_PERIOD) - 1, 0)
    return min((point.effective_minor for point in history[begin:end]), default=None)


def announced(history: Sequence[PricePoint], now: datetime) -> Reduction | None:
    """Return the reduction that pages may show at `now`; None when there is none, or none that is lower than before.

    A reduction begins when the present effective price began; entries that repeat the price do not restart it.
    """
    current = bisect_right([point.at for point in history], now) - 1
    if current < 0 or not history[current].is_reduced:
        return None
    price = history[current].effective_minor
    while current and history[current - 1].effective_minor == price and history[current - 1].is_reduced:
        current -= 1
    since = history[current].at
    prior = lowest_prior(history[:current], since)
    return Reduction(price, prior, since) if prior is not None and price < prior else None


def require_prior_prices(
    skus: Iterable[str], histories: Mapping[str, Sequence[PricePoint]], start: datetime
) -> dict[str, int]:
    """Return the lowest prior price of every SKU that a reduction planned from `start` touches.

    Raises `NoPriorPrice`, naming how many SKUs have none and the first twenty. A planned price that is not below
    the lowest prior one is no reason to refuse: it may be sold at, and `announced` keeps pages from calling it reduced.
    """
    priors = {sku: lowest_prior(histories.get(sku, ()), start) for sku in skus}
    if unknown := sorted(sku for sku, prior in priors.items() if prior is None):
        detail = f"{len(unknown)} products have no earlier price in this market."
        raise NoPriorPrice(detail, count=len(unknown), skus=unknown[:_NAMED_SKUS])
    return {sku: prior for sku, prior in priors.items() if prior is not None}
