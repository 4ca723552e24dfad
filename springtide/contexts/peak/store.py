"""Rows of the peak desk, between SQL and the contract's words.

Lock order: the desk, then a plan or a question, then an override or a piece of evidence. Documents are only ever added,
by who holds the desk.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.types.json import Jsonb

from springtide.contexts.peak.domain.readiness.items import ITEMS
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.api import (
    EvidenceRow,
    FrozenInput,
    HandedIn,
    InputDocument,
    InputInfo,
    PartInfo,
    PlanInfo,
    PlanRow,
    PlanSettings,
    PlanState,
    Question,
    Stage,
)
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.evidence import RunRow
from springtide.contracts.peak.paths import Override
from springtide.contracts.peak.readiness import Evidence
from springtide.contracts.peak.review import LiveView, Review
from springtide.contracts.peak.source import HistoryFile
from springtide.platform.db import Read, Statements, Tx

STATEMENTS = Statements.load(Path(__file__).parent / "queries.sql")
_FIRST_DAY = date(1, 1, 1)
_SAID = ("item", "passed", "source", "owner", "filed_on", "document", "expires_on", "note")
MOST_RUNS = 20
"""Of each kind that a plan is judged by."""


class InputRecord(InputInfo, frozen=True, kw_only=True):
    """A version of a document with its text."""

    text: str

    def document(self) -> InputDocument:
        """Return it in the contract's words."""
        return InputDocument(info=self.info(), text=self.text)

    def info(self) -> InputInfo:
        """Return it without its text."""
        return InputInfo(**{name: getattr(self, name) for name in InputInfo.__struct_fields__})


class PlanRecord(PlanRow, frozen=True, kw_only=True):
    """A plan as it is kept; the columns of JSON are plain values."""

    started_at: datetime | None
    settings: dict[str, Any]
    inputs: list[dict[str, Any]]
    inputs_sha256: str
    overrides: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    figures: dict[str, float]
    mistakes: list[dict[str, Any]]
    snapshot_sha256: str

    def row(self) -> PlanRow:
        """Return it as a line of the list."""
        return as_listed(PlanRow(**{name: getattr(self, name) for name in PlanRow.__struct_fields__}))

    def frozen_evidence(self) -> tuple[Evidence, ...]:
        """Return the evidence it was ordered with."""
        return msgspec.convert(self.evidence, tuple[Evidence, ...])

    def frozen_runs(self) -> tuple[RunRow, ...]:
        """Return the measured runs it was ordered with."""
        return msgspec.convert(self.runs, tuple[RunRow, ...])

    def frozen_inputs(self) -> tuple[FrozenInput, ...]:
        """Return the versions it was made from."""
        return msgspec.convert(self.inputs, tuple[FrozenInput, ...])

    def plan(self, parts: Sequence[PartInfo]) -> PlanInfo:
        """Return it in the contract's words."""
        return PlanInfo(
            row=self.row(),
            settings=msgspec.convert(self.settings, PlanSettings),
            inputs=self.frozen_inputs(),
            inputs_sha256=self.inputs_sha256,
            overrides=msgspec.convert(self.overrides, tuple[Override, ...]),
            started_at=self.started_at,
            stages=msgspec.convert(self.stages, tuple[Stage, ...]),
            parts=tuple(parts),
            figures=self.figures,
            mistakes=msgspec.convert(self.mistakes, tuple[Mistake, ...]),
            snapshot_sha256=self.snapshot_sha256,
        )


def as_listed(row: PlanRow) -> PlanRow:
    """Return a row with its state as the contract has it: the column is text, which is equal to it and not the same."""
    return msgspec.structs.replace(row, state=PlanState(row.state))


class TakenPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that this process makes. `attempt`: who takes it next has a higher one, and then it is no longer ours."""

    id: UUID
    number: int
    attempt: int


class LockedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that is being made, under its row lock."""

    number: int
    attempt: int


ACTUALS = "actuals"
"""The kind of a question that is a file of what happened; see `contracts.peak.api.HandedIn`."""


class ActualsAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A file of what happened in a season. `hours`, `figures`: how many of it were new or other, once it was read."""

    file: HistoryFile
    hours: int = 0
    figures: int = 0


class QuestionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is kept; the columns of JSON are plain values."""

    id: UUID
    kind: str
    plan_id: UUID | None
    asked: dict[str, Any]
    author: str
    asked_at: datetime
    state: str
    ended_at: datetime | None
    mistakes: list[dict[str, Any]]

    def question(self) -> Question:
        """Return it in the contract's words."""
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name != "asked"}
        return msgspec.convert({**said, **self.asked}, Question)

    def handed_in(self) -> HandedIn:
        """Return a file of what happened in the contract's words."""
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name in HandedIn.__struct_fields__}
        return msgspec.convert({**said, **self.asked[ACTUALS]}, HandedIn)


class TakenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that this process answers. `taken`: who takes it next has a higher one, and then it is not ours."""

    id: UUID
    kind: str
    plan_id: UUID | None
    asked: dict[str, Any]
    author: str
    taken: int


class PartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A page, and how many its step has."""

    body: bytes
    pages: int


async def newest_evidence(read: Read) -> list[Evidence]:
    """Return of every item of this release the last word that nobody took back."""
    known = {item.id for item in ITEMS}
    rows = await read.all("newest_evidence", row=EvidenceRow)
    return [evidence_of(row) for row in rows if row.item in known]


def evidence_of(row: EvidenceRow) -> Evidence:
    """Return what a row says, in the words of the readiness page."""
    said = {name: getattr(row, name) for name in _SAID}
    return Evidence(**said, at=row.filed_at)


async def runs_of(read: Read, *, most: int) -> tuple[RunRow, ...]:
    """Return the last measured runs of each kind, newest first."""
    return msgspec.convert(await read.dicts("newest_runs", {"most": most}), tuple[RunRow, ...])


def run_row(found: Sequence[Mapping[str, Any]]) -> RunRow:
    """Return the one measured run that was found."""
    return msgspec.convert(found[0], RunRow)


def json_of(record: msgspec.Struct) -> Jsonb:
    """Return a record as a column of JSON takes it."""
    return Jsonb(msgspec.to_builtins(record))


async def lock_desk(tx: Tx) -> None:
    """Wait for the one who decides about documents and plans."""
    await tx.value("lock_desk")


async def newest_inputs(read: Read) -> dict[str, InputRecord]:
    """Return the newest version of every document by name."""
    return {row.name: row for row in await read.all("newest_inputs", row=InputRecord)}


async def inputs_of(read: Read, frozen: Sequence[FrozenInput]) -> list[InputRecord]:
    """Return the documents of a plan."""
    params = {"names": [one.name for one in frozen], "versions": [one.version for one in frozen]}
    return await read.all("inputs_of_plan", params, row=InputRecord)


async def overrides_since(read: Read, since: date | None) -> list[Override]:
    """Return the overrides that count on a day, or all of them."""
    rows = await read.dicts("list_overrides", {"since": since or _FIRST_DAY})
    return msgspec.convert(rows, list[Override])


async def insert_plan(tx: Tx, values: Mapping[str, Any]) -> None:
    """Add a plan; JSON columns are given as plain values."""
    columns = ("settings", "inputs", "overrides", "evidence", "runs")
    await tx.run("insert_plan", {**values, **{name: Jsonb(values[name]) for name in columns}})


async def take_plan(tx: Tx, *, silent_since: datetime) -> TakenPlan | None:
    """Take the next plan to be made, unless one is; hold the desk."""
    return await tx.maybe("take_plan", {"now": tx.now, "silent_since": silent_since}, row=TakenPlan)


async def note_progress(tx: Tx, plan: TakenPlan, *, stage: str, share: float, stages: Sequence[Stage]) -> None:
    """Write down how far a plan is."""
    plain = Jsonb(msgspec.to_builtins(list(stages)))
    where = {"id": plan.id, "attempt": plan.attempt}
    await tx.run("note_progress", {**where, "stage": stage, "share": share, "stages": plain})


async def end_plan(
    tx: Tx,
    plan_id: UUID,
    state: PlanState,
    *,
    stages: Sequence[Stage],
    figures: Mapping[str, float],
    mistakes: Sequence[Mistake],
    snapshot_sha256: str = "",
) -> int:
    """Write down how a plan ended; return its new version."""
    version: int = await tx.value(
        "end_plan",
        {
            "id": plan_id,
            "state": str(state),
            "at": tx.now,
            "share": 1.0 if state is PlanState.DONE else 0.0,
            "stages": Jsonb(msgspec.to_builtins(list(stages))),
            "figures": Jsonb(dict(figures)),
            "mistakes": Jsonb(msgspec.to_builtins(list(mistakes))),
            "snapshot_sha256": snapshot_sha256,
        },
    )
    return version


class FeedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A source of actuals told everything from one local hour to another."""

    source: str
    from_hour: datetime
    until_hour: datetime


class FollowedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan whose season may be under way."""

    id: UUID
    settings: dict[str, Any]


class SeasonRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a season stood when it was looked at; empty when it never was."""

    asked_at: datetime | None = None
    asked_until: datetime | None = None
    looked_at: datetime | None = None
    until_hour: datetime | None = None
    live: bytes | None = None
    review: bytes | None = None
    mistakes: list[dict[str, Any]] = []

    def looked_hour(self, timezone: str) -> datetime | None:
        """Return the last local hour that was over when it was looked at."""
        if self.looked_at is None:
            return None
        local = self.looked_at.astimezone(ZoneInfo(timezone))
        return local.replace(tzinfo=None, minute=0, second=0, microsecond=0)


class TakenLook(msgspec.Struct, frozen=True, kw_only=True):
    """A look that this process makes; what is asked after `asked_at` is another one."""

    plan_id: UUID
    asked_at: datetime
    asked_until: datetime | None


async def end_look(
    tx: Tx,
    taken: TakenLook,
    *,
    until: datetime | None,
    live: LiveView | None,
    review: Review | None,
    mistakes: Sequence[Mistake],
) -> None:
    """Write down what was seen; with mistakes what was seen before stays."""
    await tx.run(
        "end_look",
        {
            "id": taken.plan_id,
            "at": tx.now,
            "asked_at": taken.asked_at,
            "until": until,
            "live": msgspec.json.encode(live) if live else None,
            "review": msgspec.json.encode(review) if review else None,
            "mistakes": Jsonb(msgspec.to_builtins(list(mistakes))),
        },
    )


async def put_raw(tx: Tx, actuals: Actuals) -> None:
    """Keep days as they were before the rules of the history; a file's stand above the shop's."""
    await tx.run("put_raw", {"source": actuals.source, "days": Jsonb(msgspec.to_builtins(actuals.days))})


async def insert_question(tx: Tx, values: Mapping[str, Any]) -> None:
    """Add a question; `asked` is given as plain values."""
    await tx.run("insert_question", {**values, "asked": Jsonb(values["asked"])})


async def take_question(tx: Tx, *, due_at: datetime) -> TakenQuestion | None:
    """Take the next question, unless one is being answered; hold the desk."""
    return await tx.maybe("take_question", {"now": tx.now, "due_at": due_at}, row=TakenQuestion)


async def end_question(
    tx: Tx, taken: TakenQuestion, state: PlanState, mistakes: Sequence[Mistake], asked: Mapping[str, Any]
) -> bool:
    """Write down how a question ended; False when another process answers it."""
    values = {"id": taken.id, "taken": taken.taken, "state": str(state), "at": tx.now, "asked": Jsonb(dict(asked))}
    return bool(await tx.run("end_question", {**values, "mistakes": Jsonb(msgspec.to_builtins(list(mistakes)))}))
