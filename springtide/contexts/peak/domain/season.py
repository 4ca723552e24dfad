"""The days a plan is about."""

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_SEASON_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """`days` local days from `first`. `timezone` (IANA) is the shop's: hours 0 to 23 are hours of its clock."""

    first: date
    days: int
    timezone: str = "Europe/London"

    def __post_init__(self) -> None:
        """Refuse a season without days."""
        if not 1 <= self.days <= LONGEST_SEASON_DAYS:
            message = f"a season has 1 to {LONGEST_SEASON_DAYS} days, not {self.days}"
            raise ValueError(message)

    @property
    def last(self) -> date:
        """Return the last day, included."""
        return self.first + timedelta(days=self.days - 1)

    @property
    def dates(self) -> tuple[date, ...]:
        """Return every day in order."""
        return tuple(self.first + timedelta(days=offset) for offset in range(self.days))

    def index_of(self, day: date) -> int:
        """Return the day's place, 0 for the first; raises ValueError outside the season."""
        index = (day - self.first).days
        if not 0 <= index < self.days:
            message = f"{day} is not within {self.first} to {self.last}"
            raise ValueError(message)
        return index
