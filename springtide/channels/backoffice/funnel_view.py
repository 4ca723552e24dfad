"""The funnel in words and widths. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from springtide.channels.backoffice.words import plural
from springtide.contracts.insight.api import By, Funnel, FunnelSlice

_NAMES = (
    ("visits", "Visits"),
    ("products", "Products looked at"),
    ("carts", "Carts"),
    ("checkouts", "Began to buy"),
    ("orders", "Orders"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """One step: everybody's count, that of visits that agreed to statistics, and its share of the first step in %."""

    name: str
    counted: int
    visits: int
    width: int


def ways_of(funnel: Funnel) -> tuple[Way, ...]:
    """Return the steps in their order; widths are those of the counts, at most 100."""
    most = max((getattr(funnel.counts, field) for field, _ in _NAMES), default=0)
    return tuple(
        Way(
            name,
            getattr(funnel.counts, field),
            getattr(funnel.visits, field),
            round(100 * getattr(funnel.counts, field) / most) if most else 0,
        )
        for field, name in _NAMES
    )


def finding(funnel: Funnel) -> str:
    """Say what the funnel says."""
    counts = funnel.counts
    if not counts.visits:
        return plural(counts.orders, "order") + ", no visit counted" if counts.orders else "No visits yet"
    if counts.orders > counts.visits:  # orders of programs, and of browsers that tell nothing
        return f"{plural(counts.orders, 'order')}, more than the {plural(counts.visits, 'visit')} that were counted"
    return f"{counts.orders / counts.visits:.1%} of {plural(counts.visits, 'visit')} led to an order"


def rows_of(funnel: Funnel, by: By) -> tuple[FunnelSlice, ...]:
    """Return the slices as they are shown: hours with "o'clock", days without a gap between the first and the last."""
    if by is By.HOUR:
        known = {row.name: row for row in funnel.slices}
        return tuple(known.get(f"{hour:02d}", _nothing(f"{hour:02d}")) for hour in range(24))
    if by is By.DAY and funnel.slices:
        known = {row.name: row for row in funnel.slices}
        first, last = (date.fromisoformat(funnel.slices[place].name) for place in (0, -1))
        days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
        return tuple(known.get(day, _nothing(day)) for day in days)
    return funnel.slices


def share(good: int, bad: int) -> str:
    """Return the share of good answers in percent, a dash when nobody asked."""
    return f"{100 * good / (good + bad):.3f}%" if good + bad else "\u2013"


def _nothing(name: str) -> FunnelSlice:
    return FunnelSlice(name=name, visits=0, products=0, carts=0, checkouts=0, orders=0)
