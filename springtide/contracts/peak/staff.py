"""What the staff step says: contacts, agents, hours, hires, rosters, costs.

Grids are one row per day of the season with 48 half hours of the local day. `needed`: people at work. `rostered`: heads
to plan so that as many are at work after breaks, training and illness. Hours are of work unless they are called paid.
"""

from datetime import date

import msgspec

from springtide.contracts.peak.common import Band, Deadline, Decision

Grid = tuple[tuple[int, ...], ...]


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is away, first and last day included."""

    person: str
    first: date
    last: date


class ShiftWish(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to work a shift of a day, or not to. `weight`: 1 would be nice, 10 matters."""

    person: str
    day: date
    shift: str
    wanted: bool
    weight: int = 1


class ContactDay(msgspec.Struct, frozen=True, kw_only=True):
    """Contacts of a day over the paths: all of them, those a bot answers, and those for people by channel."""

    day: date
    all: Band
    bot: float
    phone: Band
    chat: Band
    email: Band


class LanguageNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A language: agents at once on phone and chat in its busiest half hour, and who of our own speaks it."""

    language: str
    contacts: float
    busiest: int
    own_speakers: int
    centre_speaks: bool


class QueueCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A queue simulated caller by caller on the busiest day of the path at the planned rank, with the agents planned.

    Shares of the callers answered in time: `target`, `simulated` (mean of the runs) and its 95 % half width.
    """

    channel: str
    day: date
    target: float
    simulated: float
    half_width: float
    runs: int


class Support(msgspec.Struct, frozen=True, kw_only=True):
    """The support desk on the asked share of the paths.

    `needed` = phone + chat on each path; `mean_rate`: what the mean rate alone would ask for; `bound`: Erlang C, nobody
    hangs up. `scheduled`: own heads. `outsourced`: seats at the call centre. `net`: at work and seats less needed.
    `mail_hours`: e-mail work by day; `mail_left`: hours of it not done at the end of the day with the people scheduled.
    """

    path_share: float
    shrinkage: float
    phone: Grid
    chat: Grid
    needed: Grid
    rostered: Grid
    mean_rate: Grid
    bound: Grid
    scheduled: Grid
    outsourced: Grid
    net: Grid
    mail_hours: tuple[float, ...]
    mail_left: tuple[float, ...]
    languages: tuple[LanguageNeed, ...]
    checks: tuple[QueueCheck, ...]
    seats: int
    seats_without_notice: int
    busiest_seats: int
    short_half_hours: int


class FloorDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the warehouse: hours of work by stage over the paths (`travel` is part of `pick`).

    `asked_paid` are the paid hours for the asked share of the paths, `scheduled_paid` those of own people, `short` what
    is missing. `by_shift`: own people per shift.
    """

    day: date
    pick: Band
    travel: Band
    pack: Band
    receive: Band
    asked_paid: float
    scheduled_paid: float
    short: float
    by_shift: dict[str, int]


class HireWeek(msgspec.Struct, frozen=True, kw_only=True):
    """A week of hiring for a team. `gap_fte`: what own people leave open; `productive_fte`: what hires get done.

    `starting` have to stand there on `first`; `invited` accepted offers make that likely enough; `applicants`,
    `interviews`, `offers` lead to them. `advertise_by` and `agency_by`: the last days to begin.
    """

    team: str
    first: date
    gap_fte: float
    productive_fte: float
    starting: int
    invited: int
    offers: int
    interviews: int
    applicants: int
    advertise_by: date
    agency_by: date


class RosterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody works; local times HH:MM, an end before the start is on the next day."""

    person: str
    day: date
    team: str
    shift: str
    starts: str
    ends: str
    paid_hours: float


class RosterGap(msgspec.Struct, frozen=True, kw_only=True):
    """A shift that own people cannot fill."""

    day: date
    team: str
    shift: str
    skill: str
    missing: int


class RosterPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Names for some weeks. `proven`: nobody can do better; else `cost` is at most `cost - bound` from the best."""

    first: date
    last: date
    entries: tuple[RosterEntry, ...]
    gaps: tuple[RosterGap, ...]
    proven: bool
    cost: int
    bound: int


class StaffCosts(msgspec.Struct, frozen=True, kw_only=True):
    """Money over the paths, minor units. Own people and hires are committed; the rest depends on the path."""

    own: Band
    seasonal: Band
    overtime: Band
    call_centre: Band
    total: Band


class StaffPlan(msgspec.Struct, frozen=True, kw_only=True):
    """People for the season."""

    first: date
    days: int
    paths: int
    contacts: tuple[ContactDay, ...]
    support: Support
    floor: tuple[FloorDay, ...]
    hiring: tuple[HireWeek, ...]
    roster: RosterPlan | None
    costs: StaffCosts
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
