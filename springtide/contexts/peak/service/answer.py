"""Questions are answered one after the other, by a process of their own that keeps the plan it was asked about last."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec

from springtide.contexts.peak.providers.plan_messages import Failed, Message, PartMade
from springtide.contexts.peak.providers.question_messages import Question, WhatIfRequest
from springtide.contexts.peak.providers.question_run import QuestionProcess
from springtide.contexts.peak.service.plan_files import unpacked
from springtide.contexts.peak.service.read_plans import read_part
from springtide.contexts.peak.store import TakenQuestion, end_question, lock_desk, take_question
from springtide.contracts.peak.api import PeakNotFound, PlanState
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.what_if import SIDE, Scenario, Side
from springtide.platform.caller import system
from springtide.platform.db import Database

WITHIN_S = 60.0
"""How long an answer may take: a what-if takes seconds, on a machine that does nothing else."""
_SPARE_S = 15.0
_MOST_TAKEN = 2
_CALLER = system("peak")


class AnswerQuestions:
    """Answers questions, the oldest first. `frozen`: where files of plans are laid out."""

    def __init__(self, db: Database, frozen: Path, process: QuestionProcess) -> None:
        self._db = db
        self._frozen = frozen
        self._process = process

    async def next(self) -> int:
        """Answer the next question that waits; return how many were, 0 or 1. Safe to run in several processes."""
        async with self._db.read() as read:
            waiting = await read.value("waiting_questions")
        if not waiting:
            await self._process.rest()
            return 0
        async with self._db.tx(_CALLER) as tx:
            await lock_desk(tx)
            taken = await take_question(tx, due_at=tx.now + timedelta(seconds=WITHIN_S + _SPARE_S))
        if taken is None:
            return 0
        await self._end(taken, await self._answer(taken))
        return 1

    async def _answer(self, taken: TakenQuestion) -> Sequence[Message]:
        if taken.taken > _MOST_TAKEN:
            return (_failed("killed", f"the process that answers was killed {_MOST_TAKEN} times"),)
        try:
            question = await self._question(taken)
        except PeakNotFound as missing:
            return (_failed("no_paths", f"{missing.detail} Make the plan again to ask it."),)
        return await self._process.answer(question, within_s=WITHIN_S)

    async def _question(self, taken: TakenQuestion) -> Question:
        if taken.plan_id is None:
            message = f"a question of kind {taken.kind} has no plan"
            raise AssertionError(message)
        side = await read_part(self._db, taken.plan_id, SIDE, 0)
        folder = await unpacked(self._db, self._frozen, taken.plan_id)
        return WhatIfRequest(
            folder=str(folder),
            before=msgspec.json.decode(side.body, type=Side),
            scenario=msgspec.convert(taken.asked["scenario"], Scenario),
        )

    async def _end(self, taken: TakenQuestion, said: Sequence[Message]) -> None:
        last = said[-1]
        mistakes = last.mistakes if isinstance(last, Failed) else ()
        async with self._db.tx(_CALLER) as tx:
            state = PlanState.FAILED if mistakes else PlanState.DONE
            if not await end_question(tx, taken, state, mistakes) or mistakes:
                return  # another process answers it, or nobody does
            for message in said:
                if isinstance(message, PartMade):
                    await tx.run("insert_answer", {"id": taken.id, **msgspec.structs.asdict(message)})


def _failed(rule: str, words: str) -> Failed:
    return Failed((Mistake(where="question", rule=rule, message=words),))
