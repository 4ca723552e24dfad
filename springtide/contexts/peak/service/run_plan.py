"""A plan is made: by a process of its own that tells how far it is, while its parts are written down as they come.

One at a time in the whole shop, where the desk is served. Who makes it says every few seconds that it lives; one that
has fallen silent is taken by somebody else, and a plan that killed its process several times has failed.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import msgspec

from springtide.contexts.peak.providers.plan_messages import (
    Ended,
    Failed,
    FilePage,
    Message,
    PartMade,
    PlanRequest,
    Progress,
    StageEnded,
)
from springtide.contexts.peak.providers.plan_run import run_plan_process
from springtide.contexts.peak.service.read_plans import find_plan
from springtide.contexts.peak.store import (
    LockedPlan,
    TakenPlan,
    end_plan,
    inputs_of,
    lock_desk,
    note_progress,
    take_plan,
)
from springtide.contracts.peak.api import PlanState, Stage
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.events import PlanFailed, PlanMade
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.tasks import stopped

ALIVE_EVERY_S = 5.0
SILENT_AFTER_S = 30.0
MOST_ATTEMPTS = 3
_CALLER = system("peak")


class RunPlan:
    """Makes plans, the oldest first. `folder`: where kept histories lie."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder

    async def next(self) -> int:
        """Make the next plan that waits, whole; return how many were made, 0 or 1. Safe to run in several processes."""
        async with self._db.tx(_CALLER) as tx:
            await lock_desk(tx)
            plan = await take_plan(tx, silent_since=tx.now - timedelta(seconds=SILENT_AFTER_S))
            if plan is not None:
                await tx.run("drop_parts", {"id": plan.id})
                await tx.run("drop_plan_files", {"id": plan.id})
        if plan is None:
            return 0
        if plan.attempt > MOST_ATTEMPTS:
            words = f"the process that made it was killed {MOST_ATTEMPTS} times: does it have enough memory?"
            await self._end(plan, PlanState.FAILED, (), mistakes=(Mistake(where="plan", rule="killed", message=words),))
            return 1
        await self._make(plan)
        return 1

    async def _make(self, plan: TakenPlan) -> None:
        request = await self._request(plan)
        stages: list[Stage] = []
        alive = asyncio.create_task(self._stay_alive(plan))
        try:
            async with aclosing(run_plan_process(request)) as messages:
                async for message in messages:
                    if alive.done():
                        return alive.result()  # another process has taken the plan, or the database is away
                    await self._take(plan, message, stages)
        finally:
            await stopped([alive])

    async def _stay_alive(self, plan: TakenPlan) -> None:
        """Say that the plan is being made, until it is not ours any more."""
        touched = 1
        while touched:
            await asyncio.sleep(ALIVE_EVERY_S)
            async with self._db.tx(_CALLER) as tx:
                where = {"id": plan.id, "attempt": plan.attempt}
                touched = await tx.run("touch_plan", {**where, "now": tx.now})

    async def _take(self, plan: TakenPlan, message: Message, stages: list[Stage]) -> None:
        """Write down what the process told."""
        match message:
            case Progress(stage=stage, share=share):
                async with self._db.tx(_CALLER) as tx:
                    await note_progress(tx, plan, stage=stage, share=share, stages=stages)
            case StageEnded(name=name, seconds=seconds):
                stages.append(Stage(name=name, seconds=seconds))
            case PartMade():
                async with self._db.tx(_CALLER) as tx:
                    await tx.run("insert_part", {"id": plan.id, **msgspec.structs.asdict(message)})
            case FilePage():
                async with self._db.tx(_CALLER) as tx:
                    await tx.run("insert_plan_file", {"id": plan.id, **msgspec.structs.asdict(message)})
            case Ended(figures=figures, snapshot_sha256=sha256):
                await self._end(plan, PlanState.DONE, stages, figures=figures, snapshot_sha256=sha256)
            case Failed(mistakes=mistakes):
                await self._end(plan, PlanState.FAILED, stages, mistakes=mistakes)

    async def _request(self, plan: TakenPlan) -> PlanRequest:
        async with self._db.read() as read:
            record = await find_plan(read, plan.id)
            documents = await inputs_of(read, record.frozen_inputs())
        info = record.plan(())
        return PlanRequest(
            settings=info.settings,
            documents={row.name: row.text for row in documents},
            overrides=info.overrides,
            evidence=record.frozen_evidence(),
            folder=str(self._folder),
        )

    async def _end(
        self,
        plan: TakenPlan,
        state: PlanState,
        stages: Sequence[Stage],
        *,
        figures: dict[str, float] | None = None,
        mistakes: Sequence[Mistake] = (),
        snapshot_sha256: str = "",
    ) -> None:
        async with self._db.tx(_CALLER) as tx:
            locked = await tx.maybe("lock_plan", {"id": plan.id}, row=LockedPlan)
            if locked is None or locked.attempt != plan.attempt:
                return  # another process makes it
            version = await end_plan(
                tx,
                plan.id,
                state,
                stages=stages,
                figures=figures or {},
                mistakes=mistakes,
                snapshot_sha256=snapshot_sha256,
            )
            record = await find_plan(tx, plan.id)
            rules = tuple(sorted({mistake.rule for mistake in mistakes}))
            made = PlanMade(plan_id=plan.id, number=plan.number, inputs_sha256=record.inputs_sha256)
            failed = PlanFailed(plan_id=plan.id, number=plan.number, rules=rules)
            tx.emit(failed if mistakes else made, aggregate_id=plan.id, aggregate_version=version)
