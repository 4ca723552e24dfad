"""What a roster is asked for, and what it answers. Days are numbered from 0."""

from dataclasses import dataclass, field
from itertools import pairwise

WEEK = 7
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A way to work a day. Minutes are after midnight of its day, `end` may lie on the next; `paid`: without breaks.

    `skill`: what somebody on it must be able to do, "" for anybody. `not_followed_by`: shifts that may not be worked
    the day after, besides those that the rest between shifts rules out. `weekdays`: it exists only on these.
    """

    id: str
    start: int
    end: int
    paid: int
    skill: str = ""
    not_followed_by: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset(range(WEEK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A person and what may be asked of them. Minutes are paid ones in each period of the problem.

    Runs that touch the first or last day are not too short: what came before and comes after is not known.
    """

    id: str
    skills: frozenset[str] = frozenset()
    max_minutes: int
    min_minutes: int = 0
    max_days_in_a_row: int = 6
    min_days_in_a_row: int = 1
    min_days_off_in_a_row: int = 1
    max_weekends: int | None = None
    max_shifts: dict[str, int] = field(default_factory=dict)
    days_off: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """So many with a skill ("": anybody) on a shift ("": any) of a day.

    `under`: cost of each one missing, None: never missing. `over`: cost of each one too many, of those with the skill.
    """

    day: int
    shift: str
    count: int
    skill: str = ""
    under: int | None = None
    over: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Somebody wants to work a shift of a day, or not to; `weight`: what it costs not to grant it."""

    worker: str
    day: int
    shift: str
    wanted: bool
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fair:
    """These people share such shifts evenly: each step between who has most and who has fewest costs `weight`.

    `shifts`: by id, on any day; empty: any shift on a Saturday or Sunday.
    """

    workers: tuple[str, ...]
    shifts: frozenset[str]
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterProblem:
    """`days` days, the first of which is `first_weekday` (0 is Monday). `periods`: (first day, last day) pairs.

    `closed`: days nobody works. `day_names`: what a refusal calls the days; numbers where not given.
    """

    days: int
    first_weekday: int = 0
    shifts: tuple[Shift, ...]
    workers: tuple[Worker, ...]
    covers: tuple[Cover, ...]
    wishes: tuple[Wish, ...] = ()
    fair: tuple[Fair, ...] = ()
    rest_minutes: int = 660
    periods: tuple[tuple[int, int], ...]
    closed: frozenset[int] = frozenset()
    day_names: tuple[str, ...] = ()

    def shifts_on(self, day: int) -> tuple[Shift, ...]:
        """Return the shifts that can be worked on a day."""
        if day in self.closed:
            return ()
        return tuple(shift for shift in self.shifts if (self.first_weekday + day) % WEEK in shift.weekdays)

    def day_name(self, day: int) -> str:
        """Return what people call a day."""
        return self.day_names[day] if self.day_names else f"day {day}"

    def weekends(self) -> list[list[int]]:
        """Return the days of each weekend, in order."""
        found: dict[int, list[int]] = {}
        for day in range(self.days):
            weekday = (self.first_weekday + day) % WEEK
            if weekday in {SATURDAY, SUNDAY}:
                found.setdefault(day - (weekday - SATURDAY), []).append(day)
        return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """Somebody works a shift on a day."""

    worker: str
    day: int
    shift: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """So many are missing."""

    day: int
    shift: str
    skill: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who works when, by day and person. `cost` is at least `bound`; `proven`: nothing better exists."""

    assigned: tuple[Assigned, ...]
    gaps: tuple[Gap, ...]
    cost: int
    bound: int
    proven: bool


def weeks(days: int, first_weekday: int = 0) -> tuple[tuple[int, int], ...]:
    """Return calendar weeks as (first day, last day) pairs; the first and last may be cut."""
    edges = [0, *range(WEEK - first_weekday, days, WEEK), days]
    return tuple((begin, end - 1) for begin, end in pairwise(edges) if begin < end)
