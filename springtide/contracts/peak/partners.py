"""Everybody outside the firm that a peak depends on, in one register.

Most of it is in the company's documents; `partners.toml` adds what is not there: whom to call, what was measured, plan
B, the last drill, and partners no other document knows (agencies, ERP, CRM, hosting, IT). Contacts are desks and roles
of companies, not private persons. `decode_partner_notes` reads the file.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Deadline, Decision, Phrase
from springtide.contracts.peak.company import Figure, Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

PARTNERS_DOCUMENT = "partners.toml"
_DAYS = "days"


class PartnerKind(StrEnum):
    """What a partner does for us."""

    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    GATEWAY = "gateway"
    CALL_CENTRE = "call_centre"
    SUPPLIER = "supplier"
    AGENCY = "agency"
    ERP = "erp"
    CRM = "crm"
    HOSTING = "hosting"
    IT = "it"


class PartnerNote(Record, frozen=True, kw_only=True):
    """What the file says about one partner. `kind` and `name` only for those no other document knows.

    `plan_b`: the id of who takes over; `plan_b_words`: how, where nobody else can. `agreed` and `measured` are the same
    service level in the same unit. `notice`: days. `drilled`: what was tried on `last_drill`.
    """

    id: str
    kind: PartnerKind | None = None
    name: str = ""
    contact: str = ""
    escalation: str = ""
    capacity: Figure | None = None
    agreed: Figure | None = None
    measured: Figure | None = None
    price: Figure | None = None
    notice: Figure | None = None
    plan_b: str = ""
    plan_b_words: str = ""
    last_drill: date | None = None
    drilled: str = ""


class _Notes(Record, frozen=True):
    partners: tuple[PartnerNote, ...] = ()


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register; None and "" where nobody said."""

    id: str
    kind: PartnerKind
    name: str
    contact: str = ""
    escalation: str = ""
    capacity: Figure | None = None
    agreed: Figure | None = None
    measured: Figure | None = None
    price: Figure | None = None
    notice_days: int | None = None
    plan_b: str = ""
    plan_b_words: str = ""
    last_drill: date | None = None
    drilled: str = ""


class PartnerState(msgspec.Struct, frozen=True, kw_only=True):
    """A partner with what is weak about it; an empty list is good.

    `need`: what a plan asks of it at P90, in the unit of its capacity; None where no step of the plan says.
    """

    partner: Partner
    weak: tuple[Phrase, ...]
    need: float | None = None


class PartnerReview(msgspec.Struct, frozen=True, kw_only=True):
    """The register, most weaknesses first, with what to do about it and until when more can be asked for."""

    partners: tuple[PartnerState, ...]
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]


def decode_partner_notes(document: bytes) -> tuple[PartnerNote, ...]:
    """Read `partners.toml`; raises InvalidPeakInput naming every mistake that the file shows by itself."""
    notes = read_toml(PARTNERS_DOCUMENT, document, _Notes).partners
    mistakes = [mistake for note in notes for mistake in _mistakes_of(note)]
    mistakes += used_twice(PARTNERS_DOCUMENT, [note.id for note in notes])
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return notes


def _mistakes_of(note: PartnerNote) -> Iterator[Mistake]:
    if note.plan_b == note.id:
        yield _mistake("plan_b", f"{note.id} cannot stand in for itself")
    if note.notice is not None and note.notice.unit != _DAYS:
        yield _mistake("notice", f"the notice of {note.id} is given in {note.notice.unit}, not in {_DAYS}")
    if note.measured is not None and note.agreed is not None and note.measured.unit != note.agreed.unit:
        message = f"{note.id} is measured in {note.measured.unit}, but {note.agreed.unit} was agreed"
        yield _mistake("measured", message)
    if note.last_drill is not None and not note.drilled:
        yield _mistake("drill", f"{note.id} had a drill, but nobody wrote what was tried")
    if (note.kind is None) != (not note.name):
        yield _mistake("kind", f"{note.id} needs both a kind and a name, or neither if the company's documents have it")


def _mistake(rule: str, message: str) -> Mistake:
    return Mistake(where=PARTNERS_DOCUMENT, rule=rule, message=message)
