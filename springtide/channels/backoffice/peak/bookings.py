"""Forms of money and of partners: bookings, who may release what, capacities, as new versions of their documents."""

from collections.abc import Iterator
from typing import Any

import msgspec

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.peak.blocks import block_of, with_block
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import InputDocument, InputEdit, PeakNotFound
from springtide.contracts.peak.budget import (
    BUDGET_DOCUMENT,
    COMMITTED,
    SPENT,
    Booking,
    BudgetTerms,
    Release,
    decode_budget,
)
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.documents import first_text
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, PartnerNote, decode_partner_notes

EVERY_LINE = "*"
KINDS = (COMMITTED, SPENT)
_RELEASES, _BOOKINGS, _PARTNERS = "releases", "bookings", "partners"


async def newest_of(visit: Visit, name: str) -> InputDocument | None:
    """Return the newest version of a document, None where there is none."""
    try:
        return await visit.office.peak.get_input(caller=visit.caller, name=name)
    except PeakNotFound:
        return None


def terms_of(document: InputDocument | None) -> BudgetTerms:
    """Return what people decided about money."""
    return decode_budget(document.text.encode())[0] if document else BudgetTerms()


def notes_of(document: InputDocument | None) -> tuple[PartnerNote, ...]:
    """Return what the notes say of partners."""
    return decode_partner_notes(document.text.encode()) if document else ()


def booking_of(form: Form, currency: str) -> Booking:
    """Return the booking that was typed; raises InvalidForm."""
    booking = Booking(
        id=form.text("id", required=True),
        line=form.text("line", required=True),
        kind=form.one_of("kind", KINDS),
        amount_minor=form.money("amount", currency),
        day=form.day("day"),
        by=form.text("by", required=True),
        note=form.text("note"),
        settles=form.text("settles"),
    )
    form.check()
    return booking


def release_of(form: Form, currency: str) -> Release:
    """Return who may release what, as it was typed; raises InvalidForm."""
    release = Release(
        line=form.text("line", required=True),
        role=form.text("role", required=True),
        up_to_minor=form.money("up_to", currency),
    )
    form.check()
    return release


def with_booking(document: InputDocument | None, booking: Booking) -> InputEdit:
    """Return the budget with a booking added, or that of the same id changed.

    Raises InvalidPeakInput where the role may not release as much, and for a commitment that is not there to settle.
    """
    terms = terms_of(document)
    mistakes = list(_mistakes(booking, terms))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    place = next((at for at, one in enumerate(terms.bookings) if one.id == booking.id), None)
    bookings = _placed(terms.bookings, place, booking)
    return _edit(document, _BOOKINGS, place, booking, msgspec.structs.replace(terms, bookings=bookings))


def without_booking(document: InputDocument | None, id_: str) -> InputEdit:
    """Return the budget without a booking; InvalidPeakInput for one that is not there, or that another one settles."""
    terms = terms_of(document)
    place = next((at for at, one in enumerate(terms.bookings) if one.id == id_), -1)
    settled_by = [one.id for one in terms.bookings if one.settles == id_]
    if place < 0 or settled_by:
        why = f"{', '.join(settled_by)} settles it" if settled_by else "there is none"
        raise InvalidPeakInput.of([Mistake(where=BUDGET_DOCUMENT, rule="unknown_booking", message=f"{id_}: {why}")])
    rest = terms.bookings[:place] + terms.bookings[place + 1 :]
    return _edit(document, _BOOKINGS, place, None, msgspec.structs.replace(terms, bookings=rest))


def with_release(document: InputDocument | None, release: Release) -> InputEdit:
    """Return the budget with a release added, or that of the same line and role changed."""
    terms = terms_of(document)
    same = (release.line, release.role)
    place = next((at for at, one in enumerate(terms.releases) if (one.line, one.role) == same), None)
    releases = _placed(terms.releases, place, release)
    return _edit(document, _RELEASES, place, release, msgspec.structs.replace(terms, releases=releases))


def without_release(document: InputDocument | None, line: str, role: str) -> InputEdit:
    """Return the budget without a release; InvalidPeakInput for one that is not there."""
    terms = terms_of(document)
    place = next((at for at, one in enumerate(terms.releases) if (one.line, one.role) == (line, role)), -1)
    if place < 0:
        message = f"{role} may release nothing of {line}"
        raise InvalidPeakInput.of([Mistake(where=BUDGET_DOCUMENT, rule="unknown_release", message=message)])
    rest = terms.releases[:place] + terms.releases[place + 1 :]
    return _edit(document, _RELEASES, place, None, msgspec.structs.replace(terms, releases=rest))


def with_capacity(document: InputDocument | None, partner: str, capacity: Figure) -> InputEdit:
    """Return the notes with what is booked at a partner; everything else of it stays."""
    notes = notes_of(document)
    place = next((at for at, one in enumerate(notes) if one.id == partner), None)
    before = notes[place] if place is not None else PartnerNote(id=partner)
    after = msgspec.structs.replace(before, capacity=capacity)
    text = with_block(
        document.text if document else "",
        _PARTNERS,
        place,
        block_of(_PARTNERS, _cells(msgspec.to_builtins(after)) | _days(after)),
    )
    if decode_partner_notes(text.encode()) != _placed(notes, place, after):
        raise _unreadable(PARTNERS_DOCUMENT)
    return InputEdit(name=PARTNERS_DOCUMENT, text=text, expected_version=document.info.version if document else 0)


def _mistakes(booking: Booking, terms: BudgetTerms) -> Iterator[Mistake]:
    ids = {one.id: one for one in terms.bookings}
    if booking.settles and (booking.settles not in ids or ids[booking.settles].kind != COMMITTED):
        message = f"{booking.settles} is no commitment that {booking.id} could settle"
        yield Mistake(where=BUDGET_DOCUMENT, rule="settles", message=message)
    if booking.kind == SPENT and booking.settles:
        return  # what was promised was released then
    allowed = [
        one.up_to_minor for one in terms.releases if one.role == booking.by and one.line in {booking.line, EVERY_LINE}
    ]
    if max(allowed, default=-1) < booking.amount_minor:
        most = f"up to {max(allowed)} minor units at once" if allowed else "nothing"
        message = f"{booking.by} may release {most} of {booking.line}, not {booking.amount_minor}"
        yield Mistake(where=BUDGET_DOCUMENT, rule="release", message=message)


def _edit(
    document: InputDocument | None,
    table: str,
    place: int | None,
    record: Booking | Release | None,
    expected: BudgetTerms,
) -> InputEdit:
    """Return the new text; it is read again and has to differ by this alone."""
    text = document.text if document else first_text(BUDGET_DOCUMENT)
    block = block_of(table, msgspec.structs.asdict(record)) if record else ""
    new = with_block(text, table, place, block)
    before, after = decode_budget(text.encode()), decode_budget(new.encode())
    if after != (expected, before[1]):
        raise _unreadable(BUDGET_DOCUMENT)
    return InputEdit(name=BUDGET_DOCUMENT, text=new, expected_version=document.info.version if document else 0)


def _placed(records: tuple[Any, ...], place: int | None, record: object) -> tuple[Any, ...]:
    if place is None:
        return (*records, record)
    return (*records[:place], record, *records[place + 1 :])


def _cells(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value not in (None, "")}


def _days(note: PartnerNote) -> dict[str, Any]:
    return {"last_drill": note.last_drill} if note.last_drill else {}


def _unreadable(name: str) -> InvalidPeakInput:
    message = f"{name} cannot be changed by the form: change the document's text"
    return InvalidPeakInput.of([Mistake(where=name, rule="text", message=message)])
