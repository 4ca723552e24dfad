"""What the peak desk promises: versioned inputs, plans made of them in the background, and why two plans differ.

Everything a plan is made of is a document with versions; a plan names the versions it was made from, and these never
change. Plans are made one after the other by a process of low priority; their results are read in parts, as JSON of at
most 256 KB a page. Quantiles are parts of a plan, made from its paths: no verb here adds them up.

    PeakNotFound      there is no such document, version, plan, part or override
    InputChanged      somebody saved the document first: read it again
    InvalidPeakInput  what was sent has mistakes, each with its document, row and rule; nothing was saved
    EvidenceStays     the product saw it: nobody takes it back
    PeakExtraMissing  the numerics are not installed (yet): uv sync --extra peak
    PeakBusy          too many questions wait for an answer: ask again
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from springtide.contracts.common import AuditEntry
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.evidence import RunRow, SealedRun
from springtide.contracts.peak.paths import Override, Scope
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.season import Season
from springtide.contracts.peak.source import HistoryAsk, HistoryFile
from springtide.contracts.peak.told import Told, ToldRow
from springtide.contracts.peak.what_if import Scenario
from springtide.platform.caller import Caller
from springtide.platform.errors import Conflict, NotFound, TooMany, Unavailable

MOST_INPUT_BYTES = 256 * 1024
MOST_PART_BYTES = 256 * 1024
MOST_FILE_BYTES = 384 * 1024
"""Of a document that is handed in: it travels in one call. What is larger is filed by its link."""
MOST_LISTED = 100
FILE = "file."
"""How the names of parts begin that are files, `file.plan.xlsx`: their pages are bytes to be joined, not JSON."""
READ, WRITE = "peak.read", "peak.write"
"""The permissions: looking at the desk, and changing inputs, plans, overrides and evidence."""


class PeakNotFound(NotFound):
    """There is no such document, version, plan, part or override; facts: what."""

    code = "peak_not_found"


class InputChanged(Conflict):
    """Somebody saved the document in the meantime; facts: name, version (the newest)."""

    code = "peak_input_changed"
    title = "The document was changed by somebody else"


class EvidenceStays(Conflict):
    """What the product saw itself is not taken back; a newer run answers it."""

    code = "peak_evidence_stays"
    title = "Measured evidence stays"


class PeakExtraMissing(Unavailable):
    """The numerics of the desk are not installed where plans are made."""

    code = "peak_extra_missing"
    title = "The peak desk's numerics are not installed"


class PeakBusy(TooMany):
    """Too many questions wait for an answer; facts: waiting."""

    code = "peak_busy"
    title = "The desk is still answering others"


class InputInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A document without its text. `author`: the principal who saved this version; `sha256` of the text, in hex."""

    name: str
    version: int
    sha256: str
    size_bytes: int
    author: str
    reason: str
    saved_at: datetime


class InputDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a document, whole."""

    info: InputInfo
    text: str


class InputEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A new text for a document. `expected_version`: the version it was made from, 0 for a document that is new."""

    name: str
    text: str
    expected_version: int


class PlanSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which season a plan is about and how it is drawn. `as_of`: the plan's today; None: today, or the day before a
    season that has begun.

    `size`: the size of the shop, 1, 10 or 100 times its own orders. `roster_weeks`: weeks with names; 0: none.
    `scenario`: a what-if that is planned fully, on top of documents and overrides.
    """

    first: date
    days: int = 100
    as_of: date | None = None
    paths: int = 1_000
    seed: int = 1
    size: float = 1.0
    roster_weeks: int = 4
    scenario: Scenario | None = None


class PlanState(StrEnum):
    """QUEUED -> RUNNING -> DONE or FAILED. A plan whose process died is queued again."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a plan that ended, and how long it took."""

    name: str
    seconds: float


class PartInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A result of a step, and on how many pages."""

    step: str
    pages: int
    size_bytes: int


class FrozenInput(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a document that a plan was made from."""

    name: str
    version: int
    sha256: str


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in a list. `number` counts plans from 1; `stage` and `share` (0 to 1) say how far a running one is."""

    id: UUID
    number: int
    title: str
    state: PlanState
    stage: str
    share: float
    author: str
    ordered_at: datetime
    ended_at: datetime | None


class PlanInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, whole but for its parts.

    `inputs_sha256`: of everything it was made from; two plans with the same hash and the same desk are the same.
    `figures`: its headline numbers by name, for lists and comparisons. `mistakes`: why it failed. `snapshot_sha256`:
    of the files it is frozen in, in hex; "" until it is done.
    """

    row: PlanRow
    settings: PlanSettings
    inputs: tuple[FrozenInput, ...]
    inputs_sha256: str
    overrides: tuple[Override, ...]
    started_at: datetime | None
    stages: tuple[Stage, ...]
    parts: tuple[PartInfo, ...]
    figures: dict[str, float]
    mistakes: tuple[Mistake, ...]
    snapshot_sha256: str = ""


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a file that a plan is frozen in, at most 256 KB; see `contracts.peak.snapshot`."""

    name: str
    page: int
    pages: int
    body: bytes


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a step's result, at most 256 KB: JSON, pages of one step are lists to be joined; or of a `FILE`."""

    step: str
    page: int
    pages: int
    body: bytes


class SettingChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that differs between two plans, as text."""

    name: str
    before: str
    after: str


class DocumentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A document that differs. Version 0: not there. `lines`: the changed lines, "-" before and "+" after."""

    name: str
    before: int
    after: int
    author: str
    reason: str
    lines: tuple[str, ...]


class FigureChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A headline number of two plans; None: one of them does not have it."""

    name: str
    before: float | None
    after: float | None


class PlanComparison(msgspec.Struct, frozen=True, kw_only=True):
    """Why a number changed between two plans: everything that went in differently, and what came out differently."""

    before: PlanRow
    after: PlanRow
    settings: tuple[SettingChanged, ...]
    documents: tuple[DocumentChanged, ...]
    overrides_added: tuple[Override, ...]
    overrides_gone: tuple[Override, ...]
    figures: tuple[FigureChanged, ...]


class NewOverride(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody knows better; the desk adds id and author. See `contracts.peak.paths.Override`."""

    multiplier: float
    reason: str
    expires_on: date
    scope: Scope = Scope.ALL
    key: str = ""
    first: date | None = None
    last: date | None = None


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is handed in: PDF, PNG, JPEG or text, at most `MOST_FILE_BYTES`."""

    name: str
    body: bytes


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was handed in, with the type its first bytes have."""

    sha256: str
    name: str
    media_type: str
    body: bytes


class NewEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Something that shows an item of the readiness page holds, or does not; the desk adds moment and source.

    `document`: where it can be looked up, a link or a place; evidence filed by hand needs one, or a `file`.
    `expires_on`: the first day it no longer counts; None is the item's own limit.
    """

    item: str
    passed: bool
    owner: str
    document: str = ""
    expires_on: date | None = None
    note: str = ""
    file: EvidenceFile | None = None


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence as filed. `author`: the principal who filed it; `source`: "product", or "hand" for people.

    `attachment`: the SHA-256 of its file. `withdrawn_at`: from then on it does not count. The rest is what
    `contracts.peak.readiness.Evidence` says.
    """

    id: UUID
    author: str
    item: str
    passed: bool
    source: str
    owner: str
    filed_on: date
    document: str
    expires_on: date | None
    note: str
    filed_at: datetime | None = None
    attachment: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_why: str | None = None


class QuestionKind(StrEnum):
    """What the numerics are asked besides plans."""

    WHAT_IF = "what_if"
    HISTORY = "history"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked. The answer is there when `state` is done; `mistakes`: why there is none.

    `scenario`: of a what-if on the plan `plan_id`. `history`: the past that was looked over; when it is done, its
    `document` names the kept files, and may be saved as it stands.
    """

    id: UUID
    kind: QuestionKind
    plan_id: UUID | None
    author: str
    asked_at: datetime
    state: PlanState
    ended_at: datetime | None
    mistakes: tuple[Mistake, ...]
    scenario: Scenario | None = None
    history: HistoryAsk | None = None


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A file of what happened in the season of a plan. When `state` is done all of it is kept, and of it `hours` and

    `figures` were new or other; when it failed, `mistakes` name every row that cannot be, and nothing is kept.
    """

    id: UUID
    plan_id: UUID
    file: HistoryFile
    author: str
    asked_at: datetime
    state: PlanState
    mistakes: tuple[Mistake, ...]
    hours: int = 0
    figures: int = 0


class PeakApi(Protocol):
    """The peak desk. Reading needs "peak.read", everything else "peak.write"."""

    async def list_inputs(self, *, caller: Caller) -> tuple[InputInfo, ...]:
        """Return the newest version of every document, by name."""
        ...

    async def list_input_versions(self, *, caller: Caller, name: str, limit: int = 20) -> tuple[InputInfo, ...]:
        """Return the versions of a document, newest first."""
        ...

    async def get_input(self, *, caller: Caller, name: str, version: int | None = None) -> InputDocument:
        """Return a document, the newest version unless another is asked for. `PeakNotFound`."""
        ...

    async def put_inputs(self, *, caller: Caller, key: str, edits: tuple[InputEdit, ...]) -> tuple[InputInfo, ...]:
        """Save documents together, all or none; the caller's reason is kept with them.

        `InvalidPeakInput` names every mistake, also those between documents; `InputChanged` when one is not the
        expected version any more. A text that is already the newest one makes no new version.
        """
        ...

    async def start_plan(self, *, caller: Caller, key: str, title: str, settings: PlanSettings) -> PlanRow:
        """Order a plan of the newest documents and the overrides that count. `InvalidPeakInput`, `PeakExtraMissing`."""
        ...

    async def list_plans(self, *, caller: Caller, before: int | None = None, limit: int = 20) -> tuple[PlanRow, ...]:
        """Return plans, newest first, those with a number below `before`."""
        ...

    async def get_plan(self, *, caller: Caller, plan_id: UUID) -> PlanInfo:
        """Return a plan. `PeakNotFound`."""
        ...

    async def get_part(self, *, caller: Caller, plan_id: UUID, step: str, page: int = 0) -> Part:
        """Return a page of a step's result. `PeakNotFound`, also while the step has not ended."""
        ...

    async def get_plan_file(self, *, caller: Caller, plan_id: UUID, name: str, page: int = 0) -> FilePage:
        """Return a page of a file that the plan is frozen in. `PeakNotFound`, also while the plan is not done."""
        ...

    async def get_season(self, *, caller: Caller, plan_id: UUID) -> Season:
        """Return how the season of a plan stands, or stood when it was last looked at. `PeakNotFound`."""
        ...

    async def look_at_season(self, *, caller: Caller, key: str, plan_id: UUID, until: datetime | None = None) -> None:
        """Ask for a new look within seconds; `until`: at the season as it stood then (local, the begin of an hour).

        `InvalidPeakInput` for a plan that is not done, or a moment outside its season; `PeakExtraMissing`.
        """
        ...

    async def put_actuals(self, *, caller: Caller, key: str, actuals: Actuals) -> int:
        """Keep what was sold elsewhere, above what the shop's own orders tell; return how many hours are new or other.

        The same again changes nothing. `InvalidPeakInput` names every hour that cannot be.
        """
        ...

    async def tell(self, *, caller: Caller, key: str, told: tuple[Told, ...], source: str = "hand") -> int:
        """Keep figures of days and weeks that somebody knows; return how many are new or other.

        `source`: the name of the file they are from. `InvalidPeakInput` names every row that cannot be, and changes
        nothing: an unknown figure, a day that is not over, a day within a week that was told.
        """
        ...

    async def list_told(
        self, *, caller: Caller, first: date, last: date, with_former: bool = False
    ) -> tuple[ToldRow, ...]:
        """Return figures of days from `first` to `last`, at most 400 days: those that count, or all ever told."""
        ...

    async def hand_in_actuals(self, *, caller: Caller, key: str, plan_id: UUID, file: HistoryFile) -> HandedIn:
        """Read a file of what happened: order lines, counts by hour, or told figures; and look at the season anew.

        `PeakNotFound`, `PeakBusy`, `PeakExtraMissing`. It is read in its turn, among the questions.
        """
        ...

    async def list_handed_in(self, *, caller: Caller, plan_id: UUID, limit: int = 20) -> tuple[HandedIn, ...]:
        """Return the files that were handed in for the season of a plan, newest first."""
        ...

    async def compare_plans(self, *, caller: Caller, before_id: UUID, after_id: UUID) -> PlanComparison:
        """Return what went into two plans differently, and what came out. `PeakNotFound`."""
        ...

    async def list_overrides(self, *, caller: Caller, with_expired: bool = False) -> tuple[Override, ...]:
        """Return the overrides that count today, or all of them, by the time they were added."""
        ...

    async def add_override(self, *, caller: Caller, key: str, override: NewOverride) -> Override:
        """Add an override to the scenario set; plans ordered from now on derive every step from it.

        `InvalidPeakInput` without a reason, with a multiplier that is none, or days that have passed.
        """
        ...

    async def expire_override(self, *, caller: Caller, key: str, override_id: str) -> Override:
        """End an override today: yesterday was its last day. `PeakNotFound`."""
        ...

    async def list_evidence(self, *, caller: Caller, item: str = "", limit: int = 100) -> tuple[EvidenceRow, ...]:
        """Return evidence, newest first, of one item or of all."""
        ...

    async def file_evidence(self, *, caller: Caller, key: str, evidence: NewEvidence) -> EvidenceRow:
        """File a piece of evidence; what staff files is "hand", what the system files "product". `InvalidPeakInput`."""
        ...

    async def withdraw_evidence(self, *, caller: Caller, key: str, evidence_id: UUID, reason: str) -> EvidenceRow:
        """Take evidence filed by hand back: it stays, with who took it back and why, and does not count any more.

        `PeakNotFound`; `EvidenceStays` for what the product saw itself; `InvalidPeakInput` without a reason.
        """
        ...

    async def get_evidence_file(self, *, caller: Caller, sha256: str) -> KeptFile:
        """Return a document that was handed in. `PeakNotFound`."""
        ...

    async def file_run(self, *, caller: Caller, key: str, sealed: SealedRun) -> RunRow:
        """File what the product measured, once however often it is sent; without the shop's seal it is the caller's.

        `InvalidPeakInput` for a run that says too little or too much.
        """
        ...

    async def list_runs(self, *, caller: Caller, most: int = 20) -> tuple[RunRow, ...]:
        """Return the last runs of each kind, newest first."""
        ...

    async def get_readiness(self, *, caller: Caller, plan_id: UUID) -> Readiness:
        """Return a plan's readiness as of today: its findings with all that is filed by now. `PeakNotFound`."""
        ...

    async def ask_what_if(self, *, caller: Caller, key: str, plan_id: UUID, scenario: Scenario) -> Question:
        """Put a scenario on a finished plan; the answer is `what_if`, a `contracts.peak.what_if.WhatIf`.

        Overrides of the scenario are signed by the caller. `PeakNotFound`, `InvalidPeakInput`, `PeakBusy`,
        `PeakExtraMissing`. Questions are answered one after the other, each within a minute or not at all.
        """
        ...

    async def look_at_history(self, *, caller: Caller, key: str, ask: HistoryAsk) -> Question:
        """Read a past and report on it; nothing is changed by it but files kept beside the desk.

        The answer is `quality`, a `contracts.peak.history.QualityReport`; ready series have none. `InvalidPeakInput`,
        `PeakBusy`, `PeakExtraMissing`.
        """
        ...

    async def list_questions(
        self, *, caller: Caller, kind: QuestionKind, plan_id: UUID | None = None, limit: int = 20
    ) -> tuple[Question, ...]:
        """Return questions of a kind, newest first, of one plan or of all."""
        ...

    async def get_question(self, *, caller: Caller, question_id: UUID) -> Question:
        """Return a question. `PeakNotFound`."""
        ...

    async def get_answer(self, *, caller: Caller, question_id: UUID, step: str, page: int = 0) -> Part:
        """Return a page of an answer, as `get_part` does of a plan. `PeakNotFound`, also while it is being made."""
        ...

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """Return audit rows, newest first."""
        ...
