"""The budget of a plan: lines by path, one buffer of the total, who may release what, and cash by week.

Money in minor units of the company's currency; costs above 0.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Band, Decision
from springtide.contracts.peak.company import Figure, Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

BUDGET_DOCUMENT = "budget.toml"
"""The document with what people decide about money; without it nobody may release anything, and the defaults hold."""
COMMITTED, SPENT = "committed", "spent"


class Firmness(StrEnum):
    """In hand: decided before the season (stock, bookings). Variable: follows the path. Contingency: if released."""

    IN_HAND = "in_hand"
    VARIABLE = "variable"
    CONTINGENCY = "contingency"


class Booking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Money that is promised (`committed`) or gone (`spent`). `settles`: the commitment a spent amount was."""

    id: str
    line: str
    kind: str
    amount_minor: int
    day: date
    by: str
    note: str = ""
    settles: str = ""


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may release money of a line, up to how much at once; `line` "*": of every line."""

    line: str
    role: str
    up_to_minor: int


class BudgetTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people decide. `capital_cost`: of money that waits, share a year. `cash_minor`: in the bank at the start.

    `buffer_at`: the share of paths whose total the budget and its buffer cover together; 0.8 is P80.
    """

    releases: tuple[Release, ...] = ()
    bookings: tuple[Booking, ...] = ()
    cash_minor: int = 0
    capital_cost: float = 0.08
    buffer_at: float = 0.8


class BudgetLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line over the paths. `planned_minor`: on the path that is P50 of the total, so that planned lines add up.

    `committed_minor` counts what is promised and not yet spent. `swing_minor`: how much of the total's P80 - P50 moves
    with this line; swings add up to the buffer.
    """

    line: str
    firmness: Firmness
    cost: Band
    planned_minor: int
    committed_minor: int
    spent_minor: int
    left_minor: int
    swing_minor: int
    may_release: tuple[Release, ...]


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """A week's money: what goes out, what comes in, and what is in the bank at its end, over the paths."""

    first: date
    out: Band
    back: Band
    balance: Band


class BudgetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All lines and the total.

    `buffer_minor` = P80 - P50 of the TOTAL, or at the share that `buffer_at` says; the lines' P80 stand beside it.
    `buffer_cost_minor`: what keeping it costs over the season. `lost_without_minor`: the margin that is lost, on
    average, when nobody may spend more than P50. `lowest`: the bank balance at its lowest, over the paths.
    """

    total: Band
    p80_minor: int
    buffer_minor: int
    sum_of_line_p80_minor: int
    buffer_cost_minor: int
    lost_without_minor: int
    lines: tuple[BudgetLine, ...]
    weeks: tuple[Week, ...]
    lowest: Band
    decisions: tuple[Decision, ...]


def _assumed(value: float, unit: str, assumption: str) -> Figure:
    return Figure(value=value, unit=unit, assumption=assumption)


class BudgetFigures(Record, frozen=True, kw_only=True):
    """What a budget supposes besides the steps of the plan; `budget.toml` may say better under [figures]."""

    marketing: Figure = _assumed(6, "% of revenue", "usual for gift shops in the quarter of their peak, set by us")
    packing: Figure = _assumed(45, "minor units/parcel", "box, filling and label, set by us")
    returned: Figure = _assumed(8, "% of orders", "gifts are returned less than clothes, set by us")
    return_cost: Figure = _assumed(380, "minor units/return", "label, work and loss of value, set by us")
    vat: Figure = Figure(
        value=20, unit="% of the net price", source="UK standard rate from 2011-01-04 (vat_rates, kdeldycke/vat-rates)"
    )


class _Document(Record, frozen=True, kw_only=True):
    """`budget.toml`: the terms at its top, what is supposed under [figures]."""

    releases: tuple[Release, ...] = ()
    bookings: tuple[Booking, ...] = ()
    cash_minor: int = 0
    capital_cost: float = 0.08
    buffer_at: float = 0.8
    figures: BudgetFigures = BudgetFigures()


def decode_budget(document: bytes) -> tuple[BudgetTerms, BudgetFigures]:
    """Read `budget.toml`; raises InvalidPeakInput naming every mistake that the document shows by itself."""
    found = read_toml(BUDGET_DOCUMENT, document, _Document)
    terms = BudgetTerms(**{name: getattr(found, name) for name in BudgetTerms.__struct_fields__})
    mistakes = [Mistake(where=BUDGET_DOCUMENT, rule=rule, message=message) for rule, message in _wrong(terms)]
    mistakes += used_twice(f"{BUDGET_DOCUMENT}: bookings", [booking.id for booking in terms.bookings])
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return terms, found.figures


def _wrong(terms: BudgetTerms) -> Iterator[tuple[str, str]]:
    if not 0 < terms.buffer_at < 1:
        yield "buffer_at", f"buffer_at lies between 0 and 1, not at {terms.buffer_at:g}"
    if not 0 <= terms.capital_cost <= 1:
        yield "capital_cost", f"capital_cost is a share of a year from 0 to 1, not {terms.capital_cost:g}"
    for booking in terms.bookings:
        if booking.kind not in {COMMITTED, SPENT}:
            yield "unknown_kind", f"{booking.id} is {booking.kind}, neither {COMMITTED} nor {SPENT}"
        if booking.amount_minor < 0:
            yield "negative", f"{booking.id} has {booking.amount_minor}, below 0"
    for release in terms.releases:
        if release.up_to_minor < 0:
            yield "negative", f"{release.role} may release {release.up_to_minor}, below 0"
