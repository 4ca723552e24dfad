"""When regular runs are due: "daily 03:00", "weekly mon 03:00", "every 6h", "every 30m"; times are UTC."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from springtide.rehearsal.load.problems import ScheduleWrong

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS = re.compile(
    r"(?:daily|weekly (?P<day>mon|tue|wed|thu|fri|sat|sun)) (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)"
    r"|every (?P<count>[1-9]\d{0,3})(?P<unit>[mh])"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every `every`, counted from `offset` after Monday, midnight."""

    every: timedelta
    offset: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """Return the first due moment after this one."""
        monday = moment.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=moment.weekday() + 7)
        first = monday + self.offset
        return first + ((moment - first) // self.every + 1) * self.every


def parse(words: str) -> Schedule:
    """Read a schedule; `ScheduleWrong`."""
    found = _WORDS.fullmatch(words.strip().lower())
    if found is None:
        msg = f'{words!r} is not like "daily 03:00", "weekly mon 03:00", "every 6h" or "every 30m".'
        raise ScheduleWrong(msg)
    if found["count"]:
        unit = timedelta(hours=1) if found["unit"] == "h" else timedelta(minutes=1)
        return Schedule(int(found["count"]) * unit, timedelta())
    time = timedelta(hours=int(found["hour"]), minutes=int(found["minute"]))
    if found["day"]:
        return Schedule(timedelta(days=7), timedelta(days=_DAYS.index(found["day"])) + time)
    return Schedule(timedelta(days=1), time)
