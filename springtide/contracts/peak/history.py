"""What a history says about its own quality: everything that is left out, why, and the key that takes it back."""

from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Phrase


class HistoryRule(StrEnum):
    """Why a part of a history is not taken as demand. A rule's name is also the key that takes all of it back."""

    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    FREE = "free"
    BULK = "bulk"
    PRICE_OUTLIER = "price_outlier"
    WEEKLY_CLOSED = "weekly_closed"
    CLOSURE = "closure"
    GAP = "gap"
    CUT_DAY = "cut_day"
    STOCK_OUT = "stock_out"
    STOCK_OUT_SUSPECTED = "stock_out_suspected"


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is left out of the demand, or taken back by its `key` (`kept`).

    `subject`: the order, SKU or weekday it is about. `first`, `last`: days included. `lines`: lines of the file it
    touches. `units`, `revenue_minor`: how much the demand changes by it; 0 for days without sales and for prices.
    """

    key: str
    rule: HistoryRule
    subject: str
    first: date
    last: date
    lines: int
    units: float
    revenue_minor: float
    kept: bool


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """The exclusions of one rule together; `kept` of the `found` are taken back, the figures are those of the rest."""

    rule: HistoryRule
    found: int
    kept: int
    lines: int
    units: float
    revenue_minor: float


class QualityReport(msgspec.Struct, frozen=True, kw_only=True):
    """A history, looked over. `lines_read` counts the file's lines, the totals are those of the demand taken from it.

    `open_days` of `days` have sales to learn from. `with_stock_flags`: the file says when a product was out of stock.
    """

    source: str
    timezone: str
    first: date
    last: date
    days: int
    open_days: int
    lines_read: int
    orders: float
    lines: float
    units: float
    revenue_minor: float
    products: int
    with_stock_flags: bool
    with_order_ids: bool
    rules: tuple[RuleCount, ...]
    exclusions: tuple[Exclusion, ...]
    warnings: tuple[Phrase, ...]

    def of(self, rule: HistoryRule) -> tuple[Exclusion, ...]:
        """Return the exclusions of one rule."""
        return tuple(exclusion for exclusion in self.exclusions if exclusion.rule is rule)
