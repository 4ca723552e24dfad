"""The levers of one event, changed within the text of `events.toml`: everything else in it stays as it was written."""

import re
from collections.abc import Iterator

import msgspec

from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import InputEdit, InputInfo
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, Levers, NamedEvent, decode_calendar
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_BASIS_POINTS = 10_000
_EVENT = re.compile(r"^\s*\[\[\s*events\s*\]\]")
_LEVERS_TABLE = re.compile(r"^\s*\[\[\s*events\.levers\s*\]\]")
_TABLE = re.compile(r"^\s*\[")
_LEVERS_LIST = re.compile(r"^\s*levers\s*=")


def levers_of(form: Form, year: int, currency: str) -> Levers:
    """Return the levers that were typed for a year: a discount in per cent, spend in the currency; raises InvalidForm.

    Whether they can be is for the desk to say.
    """
    no_discount = not form.raw("discount").strip("0,.")
    discount_bp, spend = 0 if no_discount else form.percent_bp("discount"), form.money("marketing", currency)
    form.check()
    return Levers(year=year, discount=discount_bp / _BASIS_POINTS, marketing_minor=spend)


async def save_event_levers(visit: Visit, key: str, event: str, levers: Levers, reason: str) -> InputInfo:
    """Save a new version of the newest events with these levers; raises as `with_levers` and the desk do."""
    newest = await visit.office.peak.get_input(caller=visit.caller, name=CALENDAR_DOCUMENT)
    edit = InputEdit(
        name=CALENDAR_DOCUMENT, text=with_levers(newest.text, event, levers), expected_version=newest.info.version
    )
    saved = await visit.office.peak.put_inputs(caller=visit.because(reason), key=key, edits=(edit,))
    return saved[0]


def with_levers(text: str, event_id: str, levers: Levers) -> str:
    """Return the document with these levers for the event in their year.

    Raises InvalidPeakInput for an event that the document does not have, and for a text in which the levers cannot be
    found safely: the new text is read again and has to differ by them alone.
    """
    calendar = decode_calendar(text.encode())
    place = next((at for at, event in enumerate(calendar.events) if event.id == event_id), -1)
    if place < 0:
        message = f"there is no event {event_id}"
        raise InvalidPeakInput.of([Mistake(where=CALENDAR_DOCUMENT, rule="unknown_event", message=message)])
    wanted = _changed(calendar.events[place], levers)
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if _EVENT.match(line)]
    new = ""
    if len(starts) == len(calendar.events):
        start = starts[place] + 1
        stop = starts[place + 1] if place + 1 < len(starts) else len(lines)
        block = [*_written(wanted.levers), *_without_levers(lines[start:stop])]
        new = "\n".join([*lines[:start], *block, *lines[stop:]]) + "\n"
    expected = tuple(wanted if at == place else event for at, event in enumerate(calendar.events))
    if not new or decode_calendar(new.encode()) != msgspec.structs.replace(calendar, events=expected):
        message = f"the levers of {event_id} cannot be changed by the form: change the document's text"
        raise InvalidPeakInput.of([Mistake(where=CALENDAR_DOCUMENT, rule="levers", message=message)])
    return new


def _changed(event: NamedEvent, levers: Levers) -> NamedEvent:
    others = [one for one in event.levers if one.year != levers.year]
    return msgspec.structs.replace(event, levers=tuple(sorted([*others, levers], key=lambda one: one.year)))


def _written(levers: tuple[Levers, ...]) -> Iterator[str]:
    yield "levers = ["
    for one in levers:
        yield f"  {{ year = {one.year}, discount = {one.discount!r}, marketing_minor = {one.marketing_minor} }},"
    yield "]"


def _without_levers(lines: list[str]) -> Iterator[str]:
    """Yield the lines of an event without its levers, however they are written."""
    depth, in_table = 0, False
    for line in lines:
        if depth > 0 or (not in_table and _LEVERS_LIST.match(line)):
            depth += line.count("[") - line.count("]")
            continue
        if _TABLE.match(line):
            in_table = bool(_LEVERS_TABLE.match(line))
        if not in_table:
            yield line
