"""The peak desk's contract, delegated to one module per use case."""

import asyncio
from datetime import date, datetime
from uuid import UUID

from springtide.contexts.peak.domain.season import LONGEST_SEASON_DAYS
from springtide.contexts.peak.providers.numerics import require_numerics
from springtide.contexts.peak.service import ask as questions
from springtide.contexts.peak.service import evidence as of_evidence
from springtide.contexts.peak.service import read_plans, scenario
from springtide.contexts.peak.service.judge_today import readiness_today
from springtide.contexts.peak.service.keep_actuals import keep_actuals
from springtide.contexts.peak.service.order_plan import order_plan
from springtide.contexts.peak.service.plan_files import read_file
from springtide.contexts.peak.service.read_season import ask_for_look, read_season
from springtide.contexts.peak.service.save_inputs import save_inputs
from springtide.contexts.peak.service.tell import HAND, tell, told_between
from springtide.contexts.peak.store import InputRecord, as_listed, newest_inputs, overrides_since, runs_of
from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.api import (
    MOST_LISTED,
    READ,
    WRITE,
    EvidenceRow,
    FilePage,
    HandedIn,
    InputDocument,
    InputEdit,
    InputInfo,
    KeptFile,
    NewEvidence,
    NewOverride,
    Part,
    PeakNotFound,
    PlanComparison,
    PlanInfo,
    PlanRow,
    PlanSettings,
    Question,
    QuestionKind,
)
from springtide.contracts.peak.evidence import RunRow, SealedRun
from springtide.contracts.peak.paths import Override
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.season import Season
from springtide.contracts.peak.source import HistoryAsk, HistoryFile
from springtide.contracts.peak.told import Told, ToldRow
from springtide.contracts.peak.what_if import Scenario
from springtide.platform.audit import audit_entries
from springtide.platform.audit_entry import AuditEntry
from springtide.platform.caller import Caller
from springtide.platform.db import Database
from springtide.platform.errors import BadInput
from springtide.platform.paging import page_size
from springtide.platform.usecase import write


class PeakService:
    """Implements `contracts.peak.api.PeakApi`."""

    def __init__(self, db: Database, *, secret_key: str, asked: asyncio.Event) -> None:
        """`asked` is set when a question waits: it is answered at once where this process answers questions."""
        self._db = db
        self._secret_key = secret_key
        self._asked = asked

    async def list_inputs(self, *, caller: Caller) -> tuple[InputInfo, ...]:
        """See the contract."""
        caller.require(READ)
        async with self._db.read() as read:
            return tuple(row.info() for row in (await newest_inputs(read)).values())

    async def list_input_versions(self, *, caller: Caller, name: str, limit: int = 20) -> tuple[InputInfo, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(limit, most=MOST_LISTED)
        async with self._db.read() as read:
            return tuple(await read.all("input_versions", {"name": name, "limit": limit}, row=InputInfo))

    async def get_input(self, *, caller: Caller, name: str, version: int | None = None) -> InputDocument:
        """See the contract."""
        caller.require(READ)
        async with self._db.read() as read:
            found = await read.maybe("find_input", {"name": name, "version": version}, row=InputRecord)
        if found is None:
            message = f"There is no document {name} of that version."
            raise PeakNotFound(message, what="input")
        return found.document()

    async def put_inputs(self, *, caller: Caller, key: str, edits: tuple[InputEdit, ...]) -> tuple[InputInfo, ...]:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="put_inputs",
            key=key,
            request={"edits": edits},
            reply=tuple[InputInfo, ...],
            work=lambda tx: save_inputs(tx, edits),
        )

    async def start_plan(self, *, caller: Caller, key: str, title: str, settings: PlanSettings) -> PlanRow:
        """See the contract."""
        caller.require(WRITE)
        require_numerics()
        return await write(
            self._db,
            caller=caller,
            operation="start_plan",
            key=key,
            request={"title": title, "settings": settings},
            reply=PlanRow,
            work=lambda tx: order_plan(tx, title=title, settings=settings),
        )

    async def list_plans(self, *, caller: Caller, before: int | None = None, limit: int = 20) -> tuple[PlanRow, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(limit, most=MOST_LISTED)
        async with self._db.read() as read:
            rows = await read.all("list_plans", {"before": before, "limit": limit}, row=PlanRow)
        return tuple(map(as_listed, rows))

    async def get_plan(self, *, caller: Caller, plan_id: UUID) -> PlanInfo:
        """See the contract."""
        caller.require(READ)
        return await read_plans.read_plan(self._db, plan_id)

    async def get_part(self, *, caller: Caller, plan_id: UUID, step: str, page: int = 0) -> Part:
        """See the contract."""
        caller.require(READ)
        return await read_plans.read_part(self._db, plan_id, step, page)

    async def get_plan_file(self, *, caller: Caller, plan_id: UUID, name: str, page: int = 0) -> FilePage:
        """See the contract."""
        caller.require(READ)
        return await read_file(self._db, plan_id, name, page)

    async def get_season(self, *, caller: Caller, plan_id: UUID) -> Season:
        """See the contract."""
        caller.require(READ)
        return await read_season(self._db, plan_id)

    async def look_at_season(self, *, caller: Caller, key: str, plan_id: UUID, until: datetime | None = None) -> None:
        """See the contract."""
        caller.require(WRITE)
        require_numerics()
        await write(
            self._db,
            caller=caller,
            operation="look_at_season",
            key=key,
            request={"plan_id": plan_id, "until": until},
            reply=type(None),
            work=lambda tx: ask_for_look(tx, plan_id, until),
        )

    async def put_actuals(self, *, caller: Caller, key: str, actuals: Actuals) -> int:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="put_actuals",
            key=key,
            request={"actuals": actuals},
            reply=int,
            work=lambda tx: keep_actuals(tx, actuals),
        )

    async def tell(self, *, caller: Caller, key: str, told: tuple[Told, ...], source: str = HAND) -> int:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="tell",
            key=key,
            request={"told": told, "source": source},
            reply=int,
            work=lambda tx: tell(tx, told, source),
        )

    async def list_told(
        self, *, caller: Caller, first: date, last: date, with_former: bool = False
    ) -> tuple[ToldRow, ...]:
        """See the contract."""
        caller.require(READ)
        if not 0 <= (last - first).days <= LONGEST_SEASON_DAYS:
            message = f"Figures of 1 to {LONGEST_SEASON_DAYS} days."
            raise BadInput(message, field="last")
        async with self._db.read() as read:
            return await told_between(read, first, last, with_former=with_former)

    async def hand_in_actuals(self, *, caller: Caller, key: str, plan_id: UUID, file: HistoryFile) -> HandedIn:
        """See the contract."""
        caller.require(WRITE)
        require_numerics()
        asked = await write(
            self._db,
            caller=caller,
            operation="hand_in_actuals",
            key=key,
            request={"plan_id": plan_id, "file": file},
            reply=HandedIn,
            work=lambda tx: questions.hand_in_actuals(tx, plan_id, file),
        )
        self._asked.set()
        return asked

    async def list_handed_in(self, *, caller: Caller, plan_id: UUID, limit: int = 20) -> tuple[HandedIn, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(limit, most=MOST_LISTED)
        return await questions.list_handed_in(self._db, plan_id, limit)

    async def compare_plans(self, *, caller: Caller, before_id: UUID, after_id: UUID) -> PlanComparison:
        """See the contract."""
        caller.require(READ)
        return await read_plans.compare(self._db, before_id, after_id)

    async def list_overrides(self, *, caller: Caller, with_expired: bool = False) -> tuple[Override, ...]:
        """See the contract."""
        caller.require(READ)
        async with self._db.read() as read:
            today = (await read.value("kernel_now")).date()
            return tuple(await overrides_since(read, None if with_expired else today))

    async def add_override(self, *, caller: Caller, key: str, override: NewOverride) -> Override:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="add_override",
            key=key,
            request={"override": override},
            reply=Override,
            work=lambda tx: scenario.add_override(tx, override),
        )

    async def expire_override(self, *, caller: Caller, key: str, override_id: str) -> Override:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="expire_override",
            key=key,
            request={"override_id": override_id},
            reply=Override,
            work=lambda tx: scenario.expire_override(tx, override_id),
        )

    async def list_evidence(self, *, caller: Caller, item: str = "", limit: int = 100) -> tuple[EvidenceRow, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(limit, most=MOST_LISTED)
        async with self._db.read() as read:
            return tuple(await read.all("list_evidence", {"item": item, "limit": limit}, row=EvidenceRow))

    async def file_evidence(self, *, caller: Caller, key: str, evidence: NewEvidence) -> EvidenceRow:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="file_evidence",
            key=key,
            request={"evidence": evidence},
            reply=EvidenceRow,
            work=lambda tx: of_evidence.file_evidence(tx, evidence),
        )

    async def withdraw_evidence(self, *, caller: Caller, key: str, evidence_id: UUID, reason: str) -> EvidenceRow:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="withdraw_evidence",
            key=key,
            request={"evidence_id": evidence_id, "reason": reason},
            reply=EvidenceRow,
            work=lambda tx: of_evidence.withdraw_evidence(tx, evidence_id, reason),
        )

    async def get_evidence_file(self, *, caller: Caller, sha256: str) -> KeptFile:
        """See the contract."""
        caller.require(READ)
        async with self._db.read() as read:
            return await of_evidence.find_file(read, sha256)

    async def file_run(self, *, caller: Caller, key: str, sealed: SealedRun) -> RunRow:
        """See the contract."""
        caller.require(WRITE)
        return await write(
            self._db,
            caller=caller,
            operation="file_run",
            key=key,
            request={"sealed": sealed},
            reply=RunRow,
            work=lambda tx: of_evidence.file_run(tx, sealed, secret_key=self._secret_key),
        )

    async def list_runs(self, *, caller: Caller, most: int = 20) -> tuple[RunRow, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(most, most=MOST_LISTED)
        async with self._db.read() as read:
            return await runs_of(read, most=most)

    async def get_readiness(self, *, caller: Caller, plan_id: UUID) -> Readiness:
        """See the contract."""
        caller.require(READ)
        return await readiness_today(self._db, plan_id)

    async def ask_what_if(self, *, caller: Caller, key: str, plan_id: UUID, scenario: Scenario) -> Question:
        """See the contract."""
        caller.require(WRITE)
        require_numerics()
        asked = await write(
            self._db,
            caller=caller,
            operation="ask_what_if",
            key=key,
            request={"plan_id": plan_id, "scenario": scenario},
            reply=Question,
            work=lambda tx: questions.ask_what_if(tx, plan_id, scenario),
        )
        self._asked.set()
        return asked

    async def look_at_history(self, *, caller: Caller, key: str, ask: HistoryAsk) -> Question:
        """See the contract."""
        caller.require(WRITE)
        require_numerics()
        asked = await write(
            self._db,
            caller=caller,
            operation="look_at_history",
            key=key,
            request={"ask": ask},
            reply=Question,
            work=lambda tx: questions.look_at_history(tx, ask),
        )
        self._asked.set()
        return asked

    async def list_questions(
        self, *, caller: Caller, kind: QuestionKind, plan_id: UUID | None = None, limit: int = 20
    ) -> tuple[Question, ...]:
        """See the contract."""
        caller.require(READ)
        page_size(limit, most=MOST_LISTED)
        return await questions.list_questions(self._db, kind, plan_id, limit)

    async def get_question(self, *, caller: Caller, question_id: UUID) -> Question:
        """See the contract."""
        caller.require(READ)
        async with self._db.read() as read:
            return await questions.find_question(read, question_id)

    async def get_answer(self, *, caller: Caller, question_id: UUID, step: str, page: int = 0) -> Part:
        """See the contract."""
        caller.require(READ)
        return await questions.read_answer(self._db, question_id, step, page)

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """See the contract."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)
