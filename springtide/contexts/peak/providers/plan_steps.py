"""A plan from its documents: files are read, steps run in their order, every result is handed on in pages."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import msgspec

from springtide.contexts.peak.domain.documents import missing, mistakes_of
from springtide.contexts.peak.domain.events import holidays_in, mistakes_of_regions, occurrences
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.demand_of import Around, demand_of
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.providers.calendar_file import usual_calendar
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.kept_files import kept_file
from springtide.contexts.peak.providers.pages import pages_of
from springtide.contexts.peak.providers.plan_messages import Ended, Message, PlanRequest, Progress, StageEnded
from springtide.contexts.peak.providers.series import read_catalogue, read_visits
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, EventCalendar, decode_calendar
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.source import SOURCE_DOCUMENT, HistorySource, decode_source

Tell = Callable[[Message], None]


class SeasonEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the season: its own day, its window, and its levers."""

    id: str
    name: str
    on: date
    first: date
    last: date
    discount: float
    marketing_minor: int


def make_plan(request: PlanRequest, tell: Tell) -> None:
    """Make a plan; raises InvalidPeakInput naming every mistake."""
    documents = {name: text.encode() for name, text in request.documents.items()}
    mistakes = [*mistakes_of(documents), *missing(documents)]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    with _stage(tell, "events", 0.0):
        calendar = _calendar(documents)
        for page in pages_of("events", tuple(_season_events(request, calendar))):
            tell(page)
    with _stage(tell, "history", 0.05):
        demand, report = _history(decode_source(documents[SOURCE_DOCUMENT]), Path(request.folder), calendar)
        if report is not None:
            for page in pages_of("history", report):
                tell(page)
    tell(Ended(_figures(demand)))


@contextmanager
def _stage(tell: Tell, name: str, share: float) -> Iterator[None]:
    tell(Progress(name, share))
    began = time.monotonic()
    yield
    tell(StageEnded(name, round(time.monotonic() - began, 3)))


def _calendar(documents: dict[str, bytes]) -> EventCalendar:
    if CALENDAR_DOCUMENT not in documents:
        return usual_calendar()
    calendar = decode_calendar(documents[CALENDAR_DOCUMENT])
    mistakes = list(mistakes_of_regions(calendar))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return calendar


def _season_events(request: PlanRequest, calendar: EventCalendar) -> Iterator[SeasonEvent]:
    first = request.settings.first
    for one in occurrences(calendar, first, first + timedelta(days=request.settings.days - 1)):
        yield SeasonEvent(
            id=one.event.id,
            name=one.event.name,
            on=one.on,
            first=one.first,
            last=one.last,
            discount=one.levers.discount,
            marketing_minor=one.levers.marketing_minor,
        )


def _history(source: HistorySource, folder: Path, calendar: EventCalendar) -> tuple[Demand, QualityReport | None]:
    categories = read_catalogue(kept_file(folder, source.catalogue)) if source.catalogue else {}
    visits = read_visits(kept_file(folder, source.visits)) if source.visits else {}
    path = kept_file(folder, source.file)
    lines: OrderLines | ReadySeries = read_history_file(path, timezone=source.timezone, known=categories.keys())
    if isinstance(lines, ReadySeries):
        return lines.demand, None
    first, last = lines.span
    around = Around(
        closed=calendar.closed_days(),
        holidays=holidays_in(calendar.regions[0], first, last),
        visits=visits,
        categories=categories,
    )
    return demand_of(lines, keep=frozenset(source.keep), around=around)


def _figures(demand: Demand) -> dict[str, float]:
    return {
        "history.days": float(demand.days),
        "history.orders": float(demand.orders.sum(dtype="float64")),
        "history.products": float(len(demand.products)),
    }
