"""What a staff plan supposes besides the company: how orders become contacts, how people work, learn and are found.

Every figure has a documented default; a file `staff.toml` replaces those it names. `decode_staff_terms` reads it.
"""

from datetime import date

from springtide.contracts.peak.company import Figure, Named, Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

STAFF_DOCUMENT = "staff.toml"
_WHOLE = 1e-6


def _assumed(value: float, unit: str, assumption: str) -> Figure:
    return Figure(value=value, unit=unit, assumption=assumption)


class ContactTerms(Record, frozen=True, kw_only=True):
    """How orders become contacts. Shares are of all contacts; lags are shares by days after the order, from day 1.

    `late_contacts`: contacts per late parcel, on top. `held_back`: share of returns of gifts ordered between
    `gifts_from` and `gifts_until` (month-day) that come only from `returns_from` on, within `returns_days`, falling.
    `hours`: weights of the 24 hours; what comes while closed comes when it opens.
    """

    before_share: Figure = _assumed(0.20, "of contacts", "questions before buying, on the day of the order")
    order_share: Figure = _assumed(0.55, "of contacts", "where is my order, the usual first reason of web shops")
    return_share: Figure = _assumed(0.25, "of contacts", "returns, refunds and damage")
    order_lags: tuple[float, ...] = (0.15, 0.30, 0.25, 0.20, 0.10)
    return_lags: tuple[float, ...] = (0.0, 0.0, 0.0, 0.05, 0.10, 0.15, 0.15, 0.15, 0.10, 0.10, 0.08, 0.06, 0.04, 0.02)
    late_contacts: Figure = _assumed(0.6, "contacts/late parcel", "more than half of those who wait too long ask")
    late_lags: tuple[float, ...] = (0.5, 0.3, 0.2)
    held_back: Figure = _assumed(0.5, "of gift returns", "presents are opened before they are sent back")
    gifts_from: str = "11-01"
    gifts_until: str = "12-24"
    returns_from: str = "12-27"
    returns_days: int = 28
    hours: tuple[float, ...] = (
        *(0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 4.0, 7.0, 9.0, 9.0),
        *(8.0, 8.0, 8.0, 8.0, 7.5, 7.0, 6.0, 5.5, 5.0, 3.0, 1.5, 0.7),
    )


class Channel(Named, frozen=True, kw_only=True):
    """Phone, chat or e-mail: its share of the contacts, and what a bot or menu answers without a person."""

    share: Figure
    bot_share: Figure


class Language(Named, frozen=True, kw_only=True):
    """A language of the customers; the id is its ISO code."""

    share: Figure


class ShiftTerms(Named, frozen=True, kw_only=True):
    """A shift of own people, local HH:MM. `team`: support or warehouse. `days`: Mon-Fri, Sat-Sun, Mon-Sat, Mon-Sun."""

    team: str
    days: str
    starts: str
    ends: str
    break_minutes: int = 30


class RuleTerms(Record, frozen=True, kw_only=True):
    """What the law and the house ask of a roster."""

    rest: Figure = Figure(value=11, unit="h between shifts", source="UK Working Time Regulations 1998, regulation 10")
    days_in_a_row: Figure = _assumed(6, "days", "one day off in seven (Working Time Regulations 1998, regulation 11)")
    weekly_hours: Figure = Figure(
        value=48, unit="h/week", source="UK Working Time Regulations 1998, regulation 4: the most, with overtime"
    )
    weekends: Figure = _assumed(2, "weekends worked in four weeks", "every other weekend is free")


class HiringTerms(Record, frozen=True, kw_only=True):
    """How seasonal colleagues are found and what they get done. `ramp`: share of full speed by week, from the first."""

    ramp: tuple[Figure, ...] = (
        Figure(value=0.70, unit="of full speed", source="rayaworkforce: 70 % of target in week 1"),
        Figure(value=0.85, unit="of full speed", source="rayaworkforce: 85 % of target in week 2"),
        _assumed(1.0, "of full speed", "from week 3"),
    )
    show_rate: Figure = _assumed(
        0.80,
        "of accepted offers",
        "anchor: 75 of 200 temps did not come on day one (Fortna); better with a call before",
    )
    show_chance: Figure = _assumed(0.9, "chance", "in nine seasons of ten enough people stand there on day one")
    weekly_retention: Figure = _assumed(
        0.97, "of people/week", "between the 6 and 50 % turnover of Logistics Viewpoints"
    )
    early_weeks: Figure = _assumed(1, "weeks", "hires start one ramp week before they are needed")
    trainer_share: Figure = _assumed(0.15, "FTE/new colleague in week one", "training takes trainers off the floor")
    smallest_gap: Figure = _assumed(0.25, "FTE", "less than that in a week is overtime, nobody is hired for it")
    recruitment_lead: Figure = _assumed(28, "days", "advertise, interview, check papers")
    agency_notice: Figure = _assumed(10, "days", "what an agency needs to send people")
    agency_rate: Figure = _assumed(1.30, "of the wage with contributions", "fee of the agency, set by us")
    overtime_rate: Figure = _assumed(1.50, "of the wage", "time and a half")
    weeks_stayed: Figure = _assumed(4, "weeks", "the shortest season a seasonal colleague is offered")
    interviewed: Figure = _assumed(0.5, "of applicants", "hiring funnel, set by us")
    offered: Figure = _assumed(0.6, "of interviewed", "hiring funnel, set by us")
    accepted: Figure = _assumed(0.8, "of offers", "hiring funnel, set by us")


class WorkTerms(Record, frozen=True, kw_only=True):
    """What an order is for the warehouse, and how much of paid time is work."""

    parcels_per_order: Figure = _assumed(1.05, "parcels/order", "split shipments; use what the event shows")
    units_per_carton: Figure = _assumed(24, "units/carton", "as much comes in as goes out, over the season")
    shrinkage: Figure = _assumed(15, "% of paid time", "breaks, briefings and illness on the floor")


class DeskTerms(Record, frozen=True, kw_only=True):
    """Targets and working habits of the support desk."""

    path_share: Figure = _assumed(0.90, "of the paths", "staffed for P90 of the agents needed, not for the mean rate")
    chat_wait: Figure = _assumed(60, "s", "first answer in a chat")
    chat_patience: Figure = _assumed(180, "s", "mean time until a visitor closes the chat")
    mail_answer: Figure = _assumed(1, "open days after the day it came", "answer by the end of the next open day")
    max_occupancy: Figure = _assumed(0.90, "of working time", "above it people burn out within weeks")
    concurrency: tuple[Figure, ...] = tuple(
        Figure(value=value, unit="times the work of one chat at a time", source="contactcentrehelper")
        for value in (1.0, 1.7, 2.5, 2.9, 3.5)
    )


_SHIFTS = (
    ShiftTerms(id="desk-early", name="Desk early", team="support", days="Mon-Fri", starts="08:00", ends="16:00"),
    ShiftTerms(id="desk-late", name="Desk late", team="support", days="Mon-Fri", starts="12:00", ends="20:00"),
    ShiftTerms(id="desk-weekend", name="Desk weekend", team="support", days="Sat-Sun", starts="09:00", ends="17:00"),
    ShiftTerms(
        id="desk-short", name="Desk midday", team="support", days="Mon-Fri", starts="10:00", ends="14:00",
        break_minutes=0,
    ),
    ShiftTerms(id="floor-early", name="Floor early", team="warehouse", days="Mon-Fri", starts="06:00", ends="14:00"),
    ShiftTerms(id="floor-late", name="Floor late", team="warehouse", days="Mon-Fri", starts="13:30", ends="21:30"),
    ShiftTerms(
        id="floor-short", name="Floor short", team="warehouse", days="Mon-Fri", starts="09:00", ends="13:00",
        break_minutes=0,
    ),
)  # fmt: skip


class StaffTerms(Record, frozen=True, kw_only=True):
    """Everything a staff plan supposes."""

    contacts: ContactTerms = ContactTerms()
    desk: DeskTerms = DeskTerms()
    work: WorkTerms = WorkTerms()
    hiring: HiringTerms = HiringTerms()
    rules: RuleTerms = RuleTerms()
    channels: tuple[Channel, ...] = (
        Channel(
            id="phone", name="Phone", share=_assumed(0.45, "of contacts", "set by us"),
            bot_share=_assumed(0.05, "of phone contacts", "a menu that reads the parcel's state"),
        ),
        Channel(
            id="chat", name="Chat", share=_assumed(0.20, "of contacts", "set by us"),
            bot_share=_assumed(0.35, "of chat contacts", "questions after the parcel that a bot answers from tracking"),
        ),
        Channel(
            id="email", name="E-mail", share=_assumed(0.35, "of contacts", "set by us"),
            bot_share=_assumed(0.10, "of e-mails", "answered with a template at once"),
        ),
    )  # fmt: skip
    languages: tuple[Language, ...] = (
        Language(id="en", name="English", share=_assumed(0.94, "of contacts", "as the countries of the orders")),
        Language(id="nl", name="Dutch", share=_assumed(0.04, "of contacts", "as the countries of the orders")),
        Language(id="sv", name="Swedish", share=_assumed(0.02, "of contacts", "as the countries of the orders")),
    )
    shifts: tuple[ShiftTerms, ...] = _SHIFTS
    closed: tuple[date, ...] = ()


def decode_staff_terms(document: bytes) -> StaffTerms:
    """Read `staff.toml`; raises InvalidPeakInput naming every mistake. An empty document gives the defaults."""
    terms = read_toml(STAFF_DOCUMENT, document, StaffTerms)
    mistakes = _mistakes_of(terms)
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return terms


def _mistakes_of(terms: StaffTerms) -> list[Mistake]:
    contacts = terms.contacts
    reasons = contacts.before_share.value + contacts.order_share.value + contacts.return_share.value
    wholes = {
        "contacts: shares of reasons": reasons,
        "contacts.order_lags": sum(contacts.order_lags),
        "contacts.return_lags": sum(contacts.return_lags),
        "contacts.late_lags": sum(contacts.late_lags),
        "channels: shares": sum(channel.share.value for channel in terms.channels),
        "languages: shares": sum(language.share.value for language in terms.languages),
    }
    mistakes = [
        _mistake("adds_up", f"{what} add up to {total:g}, not to 1")
        for what, total in wholes.items()
        if abs(total - 1) > _WHOLE
    ]
    if {channel.id for channel in terms.channels} != {"phone", "chat", "email"}:
        mistakes.append(_mistake("channels", "the channels are phone, chat and email, each once"))
    if len(contacts.hours) != 24 or min(contacts.hours) < 0:  # noqa: PLR2004 - hours of a day
        mistakes.append(_mistake("hours", "contacts.hours has 24 weights of 0 or more"))
    mistakes += [
        _mistake("share", f"{where} is a share from 0 to 1, not {figure.value:g}")
        for where, figure in _shares(terms)
        if not 0 <= figure.value <= 1
    ]
    if terms.hiring.ramp[0].value <= terms.hiring.trainer_share.value:
        mistakes.append(_mistake("ramp", "in week one a new colleague must get more done than training takes away"))
    mistakes += [
        _mistake("team", f"shift {shift.id} is of the unknown team {shift.team}")
        for shift in terms.shifts
        if shift.team not in {"support", "warehouse"}
    ]
    mistakes += used_twice(f"{STAFF_DOCUMENT}: shifts", [shift.id for shift in terms.shifts])
    return mistakes


def _shares(terms: StaffTerms) -> list[tuple[str, Figure]]:
    hiring = terms.hiring
    return [
        *((f"channel {channel.id}: bot_share", channel.bot_share) for channel in terms.channels),
        ("contacts.held_back", terms.contacts.held_back),
        ("hiring.show_rate", hiring.show_rate),
        ("hiring.show_chance", hiring.show_chance),
        ("hiring.weekly_retention", hiring.weekly_retention),
        ("desk.path_share", terms.desk.path_share),
        ("desk.max_occupancy", terms.desk.max_occupancy),
    ]


def _mistake(rule: str, message: str) -> Mistake:
    return Mistake(where=STAFF_DOCUMENT, rule=rule, message=message)
