"""What people and the shop tell of a season besides its sales: figures of a day or of a week, by department.

Each has a name, and where it is about one of several (a carrier, a gateway, a channel of support) says which. Told
again it is corrected; what was told before is kept with who and when. A file of them has the columns `figure, day,
value` and, where they are needed, `of, days, note`.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from math import isfinite
from uuid import UUID

import msgspec

from springtide.contracts.peak.common import Department
from springtide.contracts.peak.errors import Mistake

NEEDED, OPTIONAL = ("figure", "day", "value"), ("of", "days", "note")
"""Columns of a file of told figures."""
DAY, WEEK = 1, 7
MOST_TOLD = 2_000
"""Rows in one call."""
LARGEST = 1e12
_LONGEST = 200
CARRIER, GATEWAY, CHANNEL = "carrier", "gateway", "channel"
CHANNELS = ("phone", "chat", "email")


class ToldFigure(msgspec.Struct, frozen=True):
    """A figure that can be told. `of`: what it is about one of, "" where it stands alone. `by_shop`: see `tell`."""

    name: str
    department: Department
    of: str = ""
    is_whole: bool = True
    by_shop: bool = False

    @property
    def is_money(self) -> bool:
        """Tell whether it is in minor units of the plan's currency."""
        return self.name.endswith("_minor")


FIGURES = {
    figure.name: figure
    for figure in (
        ToldFigure("warehouse.paid_hours", Department.WAREHOUSE, is_whole=False),
        ToldFigure("warehouse.late", Department.WAREHOUSE),
        ToldFigure("carriers.parcels", Department.WAREHOUSE, of=CARRIER),
        ToldFigure("carriers.late", Department.WAREHOUSE, of=CARRIER),
        ToldFigure("support.paid_hours", Department.SUPPORT, is_whole=False),
        ToldFigure("support.contacts", Department.SUPPORT, of=CHANNEL),
        ToldFigure("support.in_time", Department.SUPPORT, of=CHANNEL),
        ToldFigure("servers.cost_minor", Department.IT),
        ToldFigure("shipments.sent", Department.WAREHOUSE, by_shop=True),
        ToldFigure("gateways.attempts", Department.FINANCE, of=GATEWAY, by_shop=True),
        ToldFigure("gateways.declined", Department.FINANCE, of=GATEWAY, by_shop=True),
        ToldFigure("gateways.busiest_second", Department.FINANCE, by_shop=True),
    )
}
"""Every figure by name. Those that our own shop knows come by themselves; what somebody tells stands above them."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the day `day`, or of the seven days from it. `value` None: what was told is taken back."""

    figure: str
    day: date
    value: float | None
    of: str = ""
    days: int = DAY
    note: str = ""

    @property
    def what(self) -> tuple[str, str]:
        """Return the figure and what it is about."""
        return self.figure, self.of

    @property
    def last(self) -> date:
        """Return the last day it is about."""
        return self.day + timedelta(days=self.days - 1)


class ToldRow(Told, frozen=True, kw_only=True):
    """A figure as it was told. `source`: "hand", "shop", or the name of a file; `author`: the principal."""

    id: UUID
    source: str
    author: str
    told_at: datetime


def mistakes_of_told(told: Sequence[Told], where: str, today: date) -> Iterator[Mistake]:
    """Yield what is wrong with figures by themselves, each with its row (from 1)."""
    if not 1 <= len(told) <= MOST_TOLD:
        yield Mistake(where=where, rule="too_many", message=f"1 to {MOST_TOLD:,} figures at once, not {len(told):,}")
        return
    seen: dict[tuple[str, str], list[Told]] = {}
    for row, one in enumerate(told, start=1):
        for rule, message in (*_wrong(one, today), *_twice(one, seen.setdefault(one.what, []))):
            yield Mistake(where=where, rule=rule, row=row, message=message)
        seen[one.what].append(one)


def overlaps(one: Told, other: Told) -> bool:
    """Tell whether two are about the same thing on a common day, and not about the same days."""
    common = one.what == other.what and one.day <= other.last and other.day <= one.last
    return common and (one.day, one.days) != (other.day, other.days)


def _wrong(one: Told, today: date) -> Iterator[tuple[str, str]]:
    figure = FIGURES.get(one.figure)
    if figure is None:
        yield "unknown_figure", f"there is no figure {one.figure}; there are {', '.join(FIGURES)}"
        return
    if bool(one.of) != bool(figure.of):
        if figure.of:
            yield "of", f"{one.figure} is of one {figure.of}: say which"
        else:
            yield "of", f"{one.figure} is of nothing by name: leave out {one.of}"
    elif figure.of == CHANNEL and one.of not in CHANNELS:
        yield "of", f"{one.of} is no channel; there are {', '.join(CHANNELS)}"
    if one.days not in {DAY, WEEK}:
        yield "days", f"a figure is of {DAY} day or of {WEEK}, not of {one.days}"
    elif one.last > today:
        yield "not_over", f"{one.last} is not over"
    if max(len(one.of), len(one.note)) > _LONGEST:
        yield "too_long", f"names and notes have at most {_LONGEST} characters"
    if one.value is not None:
        yield from _no_amount(one.value, figure)


def _no_amount(value: float, figure: ToldFigure) -> Iterator[tuple[str, str]]:
    if not (isfinite(value) and 0 <= value <= LARGEST):
        yield "no_amount", f"{figure.name} is a number from 0, not {value}"
    elif figure.is_whole and value != round(value):
        yield "no_count", f"{figure.name} is a whole number, not {value:g}"


def _twice(one: Told, before: Sequence[Told]) -> Iterator[tuple[str, str]]:
    if any((other.day, other.days) == (one.day, one.days) for other in before):
        yield "told_twice", f"{one.figure} {one.of} of {one.day} is there twice"
    if any(overlaps(one, other) for other in before):
        yield "overlaps", f"{one.figure} {one.of} of {one.day} is there for a day and for the week around it"
