"""Questions are answered one after the other, by a process of their own that keeps the plan it was asked about last."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from springtide.contexts.peak.providers.plan_messages import Ended, Failed, Message, PartMade
from springtide.contexts.peak.providers.question_messages import WhatIfRequest
from springtide.contexts.peak.providers.question_run import QuestionProcess
from springtide.contexts.peak.service.hand_in import keep_handed_in
from springtide.contexts.peak.service.plan_files import unpacked
from springtide.contexts.peak.service.read_plans import read_part
from springtide.contexts.peak.service.rooms import Rooms
from springtide.contexts.peak.store import ACTUALS, ActualsAsk, TakenQuestion, end_question, lock_desk, take_question
from springtide.contracts.peak.api import PeakNotFound, PlanState, QuestionKind
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.source import HistoryAsk, HistoryFile
from springtide.contracts.peak.what_if import SIDE, Scenario, Side
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.errors import SpringtideError

WITHIN_S = 60.0
"""How long an answer may take: a what-if takes seconds, on a machine that does nothing else."""
HISTORY_WITHIN_S = 600.0
"""How long a past may take to be gathered and read: two million lines."""
_SPARE_S = 15.0
_MOST_TAKEN = 2
_CALLER = system("peak")


class AnswerQuestions:
    """Answers questions, the oldest first."""

    def __init__(self, db: Database, rooms: Rooms, process: QuestionProcess) -> None:
        self._db = db
        self._rooms = rooms
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
            taken = await take_question(tx, due_at=tx.now + timedelta(seconds=HISTORY_WITHIN_S + _SPARE_S))
        if taken is None:
            return 0
        await self._end(taken, await self._answer(taken))
        return 1

    async def _answer(self, taken: TakenQuestion) -> "_Said":
        if taken.taken > _MOST_TAKEN:
            return _failed("killed", f"the process that answers was killed {_MOST_TAKEN} times")
        try:
            async with asyncio.timeout(_within_s(taken)):
                return await self._ask(taken)
        except TimeoutError:
            return _failed("too_slow", f"there was no answer within {_within_s(taken):g} s")
        except PeakNotFound as missing:
            return _failed("no_paths", f"{missing.detail} Make the plan again to ask it.")
        except InvalidPeakInput as refused:
            return _Said((Failed(tuple(refused.mistakes)),))
        except SpringtideError as refused:  # an upload that is gone, a context that does not answer now
            return _failed(refused.code, refused.detail)

    async def _ask(self, taken: TakenQuestion) -> "_Said":
        if taken.kind == QuestionKind.HISTORY:
            handed_in = msgspec.convert(taken.asked["history"], HistoryAsk)
            asked, history = await self._rooms.history(handed_in)
            said = await self._process.answer(history, within_s=HISTORY_WITHIN_S)
            named = [by_the_senders_names(message, handed_in.files) for message in said]
            return _Said(named, {"history": msgspec.to_builtins(asked)})
        if taken.kind == ACTUALS:
            return await self._actuals(taken)
        return _Said(await self._process.answer(await self._what_if(taken), within_s=WITHIN_S))

    async def _actuals(self, taken: TakenQuestion) -> "_Said":
        """Read a file of what happened and keep all of it, or nothing; then the season is looked at anew."""
        asked = msgspec.convert(taken.asked[ACTUALS], ActualsAsk)
        kept = await keep_handed_in(self._db, self._rooms, taken, asked)
        return _Said((Ended({}),), {ACTUALS: msgspec.to_builtins(kept)})

    async def _what_if(self, taken: TakenQuestion) -> WhatIfRequest:
        if taken.plan_id is None:
            message = f"a question of kind {taken.kind} has no plan"
            raise AssertionError(message)
        side = await read_part(self._db, taken.plan_id, SIDE, 0)
        folder = await unpacked(self._db, self._rooms.frozen, taken.plan_id)
        return WhatIfRequest(
            folder=str(folder),
            before=msgspec.json.decode(side.body, type=Side),
            scenario=msgspec.convert(taken.asked["scenario"], Scenario),
        )

    async def _end(self, taken: TakenQuestion, said: "_Said") -> None:
        last = said.messages[-1]
        mistakes = last.mistakes if isinstance(last, Failed) else ()
        async with self._db.tx(_CALLER) as tx:
            state = PlanState.FAILED if mistakes else PlanState.DONE
            if not await end_question(tx, taken, state, mistakes, said.asked or taken.asked) or mistakes:
                return  # another process answers it, or nobody does
            for message in said.messages:
                if isinstance(message, PartMade):
                    await tx.run("insert_answer", {"id": taken.id, **msgspec.structs.asdict(message)})


@dataclass(frozen=True, slots=True)
class _Said:
    """What was answered; `asked`: the question in other words, where the answer names what it is about."""

    messages: Sequence[Message]
    asked: dict[str, object] | None = None


def by_the_senders_names(message: Message, files: Mapping[str, HistoryFile]) -> Message:
    """Return a message in which a file is called what its sender calls it: it is kept under a name of its content."""
    if not isinstance(message, Failed):
        return message
    names = {file.sha256: file.name for file in files.values()}
    return Failed(
        tuple(
            msgspec.structs.replace(mistake, where=names.get(mistake.where.partition(".")[0], mistake.where))
            for mistake in message.mistakes
        )
    )


def _within_s(taken: TakenQuestion) -> float:
    return WITHIN_S if taken.kind == QuestionKind.WHAT_IF else HISTORY_WITHIN_S


def _failed(rule: str, words: str) -> _Said:
    return _Said((Failed((Mistake(where="question", rule=rule, message=words),)),))
