"""Questions answered by the numerics: a what-if on kept paths, a past looked over."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec.structs import replace as changed

from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.plan.again import inputs_again
from springtide.contexts.peak.domain.plan.inputs import PlanInputs
from springtide.contexts.peak.domain.plan.parts import pages_of
from springtide.contexts.peak.domain.plan.side import ask
from springtide.contexts.peak.providers.plan_files import read_plan
from springtide.contexts.peak.providers.plan_inputs import calendar_of, read_past
from springtide.contexts.peak.providers.plan_messages import Ended, Message, PartMade
from springtide.contexts.peak.providers.question_messages import HistoryRequest, Question, WhatIfRequest
from springtide.contexts.peak.providers.versions import versions
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT
from springtide.contracts.peak.source import decode_source
from springtide.contracts.peak.what_if import ANSWER

Tell = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan that was asked about."""

    folder: str
    inputs: PlanInputs
    joint: JointPaths


class Answers:
    """Answers questions one after the other; the plan of the last what-if stays in memory."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._plan: _Kept | None = None

    def to(self, question: Question) -> None:
        """Answer; raises InvalidPeakInput, Infeasible."""
        match question:
            case WhatIfRequest():
                self._what_if(question)
            case HistoryRequest():
                self._history(question)
        self._tell(Ended({}))

    def _what_if(self, question: WhatIfRequest) -> None:
        began = time.monotonic()
        kept = self._plan if self._plan and self._plan.folder == question.folder else _kept(question.folder)
        self._plan = kept
        answer = ask(kept.joint, kept.inputs, question.before, question.scenario)
        self._tell_pages(ANSWER, changed(answer, seconds=round(time.monotonic() - began, 1)))

    def _history(self, question: HistoryRequest) -> None:
        self._plan = None  # a history needs the memory
        documents = {CALENDAR_DOCUMENT: question.events.encode()} if question.events else {}
        past = read_past(decode_source(question.document.encode()), Path(question.folder), calendar_of(documents))
        if past.report is not None:
            self._tell_pages("quality", past.report)

    def _tell_pages(self, step: str, value: object) -> None:
        for page in pages_of(step, value):
            self._tell(PartMade(page.step, page.page, page.body))


def _kept(folder: str) -> _Kept:
    plan, record, joint = read_plan(Path(folder))
    return _Kept(folder, replace(inputs_again(plan, record, joint), versions=versions()), joint)
