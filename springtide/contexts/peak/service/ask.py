"""Questions to the numerics: put into a queue that has an end, read with their answers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from springtide.contexts.peak.domain.edits import mistakes_of_ask, mistakes_of_scenario
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.store import ACTUALS, ActualsAsk, PartRecord, QuestionRecord, insert_question, lock_desk
from springtide.contracts.peak.api import HandedIn, Part, PeakBusy, PeakNotFound, PlanState, Question, QuestionKind
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.source import HistoryAsk, HistoryFile
from springtide.contracts.peak.what_if import Scenario
from springtide.platform.db import Database, Read, Tx
from springtide.platform.ids import uuid7

MOST_WAITING = 8
_ASK_AGAIN_S = 10


async def ask_what_if(tx: Tx, plan_id: UUID, scenario: Scenario) -> Question:
    """Put a what-if into the queue; `PeakNotFound`, `InvalidPeakInput`, `PeakBusy`."""
    mistakes = list(mistakes_of_scenario(scenario))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    plan = await find_plan(tx, plan_id)
    if plan.state != PlanState.DONE:
        message = "The plan is not done: there are no paths to ask."
        raise PeakNotFound(message, what="paths")
    asked = {"scenario": msgspec.to_builtins(signed(scenario, tx.caller.principal))}
    return await find_question(tx, await _queued(tx, QuestionKind.WHAT_IF, asked, plan_id=plan_id))


async def look_at_history(tx: Tx, asked: HistoryAsk) -> Question:
    """Put a past to be looked over into the queue; `InvalidPeakInput`, `PeakBusy`."""
    mistakes = list(mistakes_of_ask(asked))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return await find_question(tx, await _queued(tx, QuestionKind.HISTORY, {"history": msgspec.to_builtins(asked)}))


async def hand_in_actuals(tx: Tx, plan_id: UUID, file: HistoryFile) -> HandedIn:
    """Put a file of what happened into the queue; `PeakNotFound`, `PeakBusy`."""
    await find_plan(tx, plan_id)
    id_ = await _queued(tx, ACTUALS, {ACTUALS: msgspec.to_builtins(ActualsAsk(file=file))}, plan_id=plan_id)
    found = await tx.maybe("find_question", {"id": id_}, row=QuestionRecord)
    if found is None:
        gone = f"the file {id_} was put into the queue a moment ago"
        raise AssertionError(gone)
    return found.handed_in()


async def list_handed_in(db: Database, plan_id: UUID, limit: int) -> tuple[HandedIn, ...]:
    """Return the files of a plan's season, newest first."""
    params = {"kind": ACTUALS, "plan_id": plan_id, "limit": limit}
    async with db.read() as read:
        return tuple(row.handed_in() for row in await read.all("list_questions", params, row=QuestionRecord))


def signed(scenario: Scenario, author: str) -> Scenario:
    """Return the scenario with its overrides numbered, in the name of who asks."""
    overrides = tuple(
        msgspec.structs.replace(override, id=f"scenario-{number}", author=author)
        for number, override in enumerate(scenario.overrides, start=1)
    )
    return msgspec.structs.replace(scenario, overrides=overrides)


async def _queued(tx: Tx, kind: str, asked: Mapping[str, Any], *, plan_id: UUID | None = None) -> UUID:
    """Put a question into the queue and return its id; `PeakBusy`."""
    await lock_desk(tx)
    waiting = await tx.value("waiting_questions")
    if waiting >= MOST_WAITING:
        message = f"{waiting} questions wait for an answer already: ask again in some seconds."
        raise PeakBusy(message, retry_after_s=_ASK_AGAIN_S, waiting=waiting)
    id_ = uuid7()
    values = {"id": id_, "kind": str(kind), "plan_id": plan_id, "asked": dict(asked)}
    await insert_question(tx, {**values, "author": tx.caller.principal, "at": tx.now})
    tx.audit("question_asked", id_, kind=str(kind))
    return id_


async def find_question(read: Read, question_id: UUID) -> Question:
    """Return a question; `PeakNotFound`."""
    found = await read.maybe("find_question", {"id": question_id}, row=QuestionRecord)
    if found is None or found.kind == ACTUALS:
        message = "There is no such question."
        raise PeakNotFound(message, what="question")
    return found.question()


async def list_questions(db: Database, kind: QuestionKind, plan_id: UUID | None, limit: int) -> tuple[Question, ...]:
    """Return questions of a kind, newest first."""
    params = {"kind": str(kind), "plan_id": plan_id, "limit": limit}
    async with db.read() as read:
        return tuple(row.question() for row in await read.all("list_questions", params, row=QuestionRecord))


async def read_answer(db: Database, question_id: UUID, step: str, page: int) -> Part:
    """Return a page of an answer; `PeakNotFound`."""
    async with db.read() as read:
        found = await read.maybe("find_answer", {"id": question_id, "step": step, "page": page}, row=PartRecord)
    if found is None:
        message = f"There is no answer {step} with a page {page} (yet)."
        raise PeakNotFound(message, what="answer")
    return Part(step=step, page=page, pages=found.pages, body=found.body)
