"""What was promised and what was spent, and who may promise more."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from springtide.contracts.peak.budget import COMMITTED, SPENT, Booking, BudgetTerms
from springtide.contracts.peak.errors import Mistake

_WHERE = "budget.toml: bookings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Of one line, minor units. What was spent on a commitment no longer counts as committed."""

    committed_minor: int
    spent_minor: int


def books_of(line: str, terms: BudgetTerms) -> Books:
    """Return what is promised and not yet spent, and what is spent."""
    own = [booking for booking in terms.bookings if booking.line == line]
    settled = Counter[str]()
    for booking in own:
        if booking.kind == SPENT and booking.settles:
            settled[booking.settles] += booking.amount_minor
    open_minor = sum(max(0, booking.amount_minor - settled[booking.id]) for booking in own if booking.kind == COMMITTED)
    return Books(
        committed_minor=open_minor,
        spent_minor=sum(booking.amount_minor for booking in own if booking.kind == SPENT),
    )


def mistakes_of(terms: BudgetTerms, lines: Sequence[str]) -> Iterator[Mistake]:
    """Yield what cannot be: unknown lines and kinds, amounts below 0, ids used twice, commitments nobody made."""
    known = set(lines)
    ids = Counter(booking.id for booking in terms.bookings)
    commitments = {booking.id: booking for booking in terms.bookings if booking.kind == COMMITTED}
    for row, booking in enumerate(terms.bookings, start=1):
        for rule, message in _wrong(booking, known, ids, commitments):
            yield Mistake(where=_WHERE, row=row, rule=rule, message=message)
    for row, release in enumerate(terms.releases, start=1):
        if release.line != "*" and release.line not in known:
            message = f"there is no line {release.line}; lines are {', '.join(sorted(known))}"
            yield Mistake(where="budget.toml: releases", row=row, rule="unknown_line", message=message)


def _wrong(
    booking: Booking, known: set[str], ids: Counter[str], commitments: dict[str, Booking]
) -> Iterator[tuple[str, str]]:
    if booking.line not in known:
        yield "unknown_line", f"there is no line {booking.line}; lines are {', '.join(sorted(known))}"
    if booking.kind not in {COMMITTED, SPENT}:
        yield "unknown_kind", f"{booking.kind} is neither {COMMITTED} nor {SPENT}"
    if booking.amount_minor < 0:
        yield "negative", f"{booking.amount_minor} is below 0"
    if ids[booking.id] > 1:
        yield "used_twice", f"the id {booking.id} is used twice"
    if booking.settles:
        settled = commitments.get(booking.settles)
        if settled is None or settled.line != booking.line:
            yield "unknown_commitment", f"{booking.line} has no commitment {booking.settles}"
