"""From a plan's documents and kept files to what its steps are made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from springtide.contexts.peak.domain.backtest.up_to import up_to
from springtide.contexts.peak.domain.documents import missing, mistakes_of
from springtide.contexts.peak.domain.events import holidays_in, mistakes_of_regions
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.demand_of import Around, demand_of
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.domain.paths.calibrate import calibrate
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.plan.inputs import HISTORY, PlanInputs, hash_of
from springtide.contexts.peak.domain.plan.minute import peak_minute_of
from springtide.contexts.peak.domain.plan.scenario import under
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.providers.calendar_file import usual_calendar
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.kept_files import kept_file
from springtide.contexts.peak.providers.plan_files import read_counts
from springtide.contexts.peak.providers.plan_messages import PlanRequest
from springtide.contexts.peak.providers.series import read_catalogue, read_visits
from springtide.contexts.peak.providers.versions import versions
from springtide.contracts.peak.accuracy import ACCURACY_DOCUMENT, decode_accuracy
from springtide.contracts.peak.api import PlanSettings
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, EventCalendar, decode_calendar
from springtide.contracts.peak.company import COMPANY_DOCUMENTS, decode_company
from springtide.contracts.peak.documents import with_terms
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.paths import Levers
from springtide.contracts.peak.plan import PlanTerms
from springtide.contracts.peak.readiness import READINESS_DOCUMENT, ReadinessTerms, decode_readiness_terms
from springtide.contracts.peak.source import (
    CALIBRATION_DOCUMENT,
    LEVERS_DOCUMENT,
    SOURCE_DOCUMENT,
    HistorySource,
    decode_calibration,
    decode_levers,
    decode_source,
)
from springtide.platform.money import USUAL_EXPONENT, exponent

Documents = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The past as it was read. `report` is None for ready series: somebody else looked them over."""

    demand: Demand
    report: QualityReport | None


def checked_documents(request: PlanRequest) -> Documents:
    """Return the documents; raises InvalidPeakInput naming everything that is wrong or missing."""
    documents = {name: text.encode() for name, text in request.documents.items()}
    mistakes = [*mistakes_of(documents), *missing(documents)]
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return documents


def calendar_of(documents: Documents) -> EventCalendar:
    """Return the events, the usual ones without a document; raises InvalidPeakInput for a region nobody knows."""
    if CALENDAR_DOCUMENT not in documents:
        return usual_calendar()
    calendar = decode_calendar(documents[CALENDAR_DOCUMENT])
    mistakes = list(mistakes_of_regions(calendar))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return calendar


def read_past(source: HistorySource, folder: Path, calendar: EventCalendar) -> Read:
    """Read the kept history; raises InvalidPeakInput naming every broken row, and for a file that is not here."""
    categories = read_catalogue(kept_file(folder, source.catalogue)) if source.catalogue else {}
    visits = read_visits(kept_file(folder, source.visits)) if source.visits else {}
    path = kept_file(folder, source.file)
    lines = read_history_file(path, timezone=source.timezone, categories=categories, currency=source.currency)
    if source.until:
        lines = up_to(lines, source.until)
    if isinstance(lines, ReadySeries):
        return Read(demand=lines.demand, report=None)
    around = Around(
        closed=calendar.closed_days(),
        holidays=holidays_in(calendar.regions[0], *lines.span),
        visits=visits,
        categories=categories,
    )
    demand, report = demand_of(lines, keep=frozenset(source.keep), around=around)
    return Read(demand=demand, report=report)


def inputs_of(request: PlanRequest, documents: Documents, calendar: EventCalendar, past: Read) -> PlanInputs:
    """Return everything besides the history; raises InvalidPeakInput."""
    settings, source = request.settings, decode_source(documents[SOURCE_DOCUMENT])
    season = _season(settings, source, past.demand)
    levers = decode_levers(documents[LEVERS_DOCUMENT]) if LEVERS_DOCUMENT in documents else Levers()
    calibration = documents.get(CALIBRATION_DOCUMENT)
    accuracy = documents.get(ACCURACY_DOCUMENT)
    folder = Path(request.folder)
    inbound = kept_file(folder, source.inbound) if source.inbound else None
    as_of = settings.as_of or past.demand.last
    company = decode_company({name: documents[name] for name in COMPANY_DOCUMENTS})
    check_currency(source.currency, company.basics.currency)
    inputs = PlanInputs(
        season=season,
        terms=with_terms(
            PlanTerms(
                as_of=as_of,
                company=company,
                calendar=calendar,
                calibration=decode_calibration(calibration) if calibration else calibrate(()),
                accuracy=decode_accuracy(accuracy) if accuracy else None,
                counts=read_counts(kept_file(folder, source.stock), inbound) if source.stock else None,
                evidence=request.evidence,
                runs=request.runs,
                judged_on=request.judged_on,
                readiness=_readiness_terms(documents),
                roster_weeks=settings.roster_weeks,
            ),
            documents,
        ),
        edits=Edits(
            as_of=as_of,
            overrides=request.overrides,
            levers=msgspec.structs.replace(levers, size=levers.size * settings.size),
        ),
        quality=past.report,
        seed=settings.seed,
        paths=settings.paths,
        hashes={
            HISTORY: hash_of(past.demand),
            **{name: sha256(text).hexdigest() for name, text in documents.items()},
        },
        versions=versions(),
        peak_minute=peak_minute_of(company, past.demand.burst),
        visits_counted=past.demand.visits is not None,
    )
    return inputs if settings.scenario is None else under(inputs, settings.scenario)


def check_currency(past: str, company: str) -> None:
    """Refuse a past in another currency than the company's books: nobody told a rate. Raises InvalidPeakInput."""
    if past == company or (not past and exponent(company) == USUAL_EXPONENT):
        return
    message = f"prices are in {past}, the company keeps its books in {company}"
    if not past:
        message = f"it does not say its currency, and {company} has not two decimals: look the past over again"
    raise InvalidPeakInput.of([Mistake(where=SOURCE_DOCUMENT, rule="other_currency", message=message)])


def _readiness_terms(documents: Documents) -> ReadinessTerms:
    given = documents.get(READINESS_DOCUMENT)
    return decode_readiness_terms(given) if given else ReadinessTerms()


def _season(settings: PlanSettings, source: HistorySource, demand: Demand) -> Season:
    if settings.first <= demand.last:
        message = f"the season begins after the history, which ends on {demand.last}, not on {settings.first}"
        raise InvalidPeakInput.of([Mistake(where="settings", rule="season_in_the_past", message=message)])
    return Season(first=settings.first, days=settings.days, timezone=source.timezone)
