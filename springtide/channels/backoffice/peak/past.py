"""What the history page shows: the document plans are made from, and a past that was looked over."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from springtide.channels.backoffice.peak.reading import record_of
from springtide.channels.backoffice.peak.views.common import Slice, cut
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import Part, PeakNotFound, PlanState, Question
from springtide.contracts.peak.documents import toml_of
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.source import SOURCE_DOCUMENT, HistorySource, decode_draft

_ZONE = "Europe/London"


class Looked(NamedTuple):
    """A past as it was found. `report` None: ready series, which somebody else looked over. `rows`: of exclusions."""

    source: HistorySource
    report: QualityReport | None
    rows: Slice | None
    beyond: tuple[str, ...]


class Past(NamedTuple):
    """The document as it stands. `version` 0: there is none."""

    text: str
    version: int
    source: HistorySource

    async def looked_over(self, visit: Visit, question: Question | None) -> Looked | None:
        """Return what was found, None where nothing was (yet)."""
        if question is None or question.state is not PlanState.DONE or question.history is None:
            return None
        source = decode_draft(question.history.document.encode())
        report = await _report(visit, question)
        rule = visit.query.get("rule", "")
        found = [one for one in report.exclusions if not rule or one.rule == rule] if report else []
        rows = cut(sorted(found, key=lambda one: -abs(one.units)), visit.query.get("page", "")) if report else None
        shown = {one.key for one in rows.items} if rows else set()
        rules = {one.rule.value for one in report.rules} if report else set()
        return Looked(source, report, rows, tuple(key for key in source.keep if key not in shown | rules))


async def past_of(visit: Visit) -> Past:
    """Return the document that plans are made from now."""
    try:
        found = await visit.office.peak.get_input(caller=visit.caller, name=SOURCE_DOCUMENT)
    except PeakNotFound:
        return Past("", 0, HistorySource(file="", timezone=_ZONE))
    return Past(found.text, found.info.version, decode_draft(found.text.encode()))


def document_of(text: str, *, timezone: str) -> str:
    """Return the document with another time zone; exclusions that were taken back belong to the past it named."""
    return toml_of(replace(decode_draft(text.encode()), timezone=timezone, keep=()))


def with_kept(text: str, keep: Iterable[str]) -> str:
    """Return the document with these exclusions taken back."""
    return toml_of(replace(decode_draft(text.encode()), keep=tuple(dict.fromkeys(keep))))


async def _report(visit: Visit, question: Question) -> QualityReport | None:
    async def page(step: str, number: int) -> Part:
        return await visit.office.peak.get_answer(caller=visit.caller, question_id=question.id, step=step, page=number)

    found = await record_of(page, "quality", QualityReport)
    return None if found is None else msgspec.convert(found, type=QualityReport)
