"""Opening hours, as the company's files write them."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

HALF_HOURS = 48
HALF_HOUR_S = 1800.0
_MINUTES = 30
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Span(Protocol):
    """Days and clock times."""

    @property
    def days(self) -> str:
        """Return the days, such as Mon-Fri."""
        ...

    @property
    def opens(self) -> str:
        """Return the time it begins, HH:MM."""
        ...

    @property
    def closes(self) -> str:
        """Return the time it ends, HH:MM."""
        ...


def share(figure: Figure) -> float:
    """Return a figure as a share from 0 to 1, whether it is written in % or not."""
    return float(figure.value) / (100.0 if figure.unit.startswith("%") else 1.0)


def weekdays(days: str) -> frozenset[int]:
    """Return the weekdays, 0 is Monday, of "Mon-Fri" or "Sat"; refuses anything else by name."""
    first, _, last = days.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        message = f"days are written Mon-Fri or Sat, not {days}"
        raise InvalidPeakInput.of([Mistake(where="hours", rule="days", message=message)])
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def minute(clock: str) -> int:
    """Return minutes after midnight of HH:MM; refuses anything else by name."""
    hours, colon, minutes = clock.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) <= 24 and int(minutes) < 60):  # noqa: PLR2004 - hours and minutes
        message = f"times are written HH:MM, not {clock}"
        raise InvalidPeakInput.of([Mistake(where="hours", rule="clock", message=message)])
    return int(hours) * 60 + int(minutes)


def open_half_hours(season: Season, hours: Iterable[Span], closed: Iterable[date] = ()) -> NDArray[np.bool_]:
    """Return which half hours are open at least in part, (days, 48)."""
    week = np.zeros((7, HALF_HOURS), dtype=np.bool_)
    for span in hours:
        begin, end = minute(span.opens) // _MINUTES, -(-minute(span.closes) // _MINUTES)
        week[sorted(weekdays(span.days)), begin:end] = True
    shut = frozenset(closed)
    grid: NDArray[np.bool_] = week[[day.weekday() for day in season.dates]]
    grid[[index for index, day in enumerate(season.dates) if day in shut]] = False
    return grid


def open_days(half_hours: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which days are open at all, (days,)."""
    return np.asarray(half_hours.any(axis=1), dtype=np.bool_)


def wait_until_open(work: NDArray[np.floating], open_days: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return work per path and day with that of closed days moved to the next open one, (paths, days).

    What comes after the last open day of the season stays on its day: it has to be done after the season.
    """
    moved = np.asarray(work, dtype=np.float64).copy()
    for day in range(moved.shape[1] - 1):
        if not open_days[day] and open_days[day + 1 :].any():
            moved[:, day + 1] += moved[:, day]
            moved[:, day] = 0.0
    return moved
