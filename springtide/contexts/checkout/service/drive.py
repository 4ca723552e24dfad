"""Drives completion processes from step to step. Every step is done without a transaction.

A driver goes on from step to step in memory as long as nobody has to wait; it writes down where the process stands
when the buyer gets an answer, when somebody else may move the process, and when it ends. A driver that dies in between
leaves the step it began with, and the next one repeats every call under the same key, which gives the same answers.

Any number of drivers may work on one process: recording is guarded by the step's number, so the second driver finds
that the first one was there.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from springtide.contexts.checkout.domain.process import FAILED, FINAL, RUNNING, Outcome, after
from springtide.contexts.checkout.service.asks import Move, Record
from springtide.contexts.checkout.service.beginning import LEASE_S
from springtide.contexts.checkout.service.moving import UNKNOWN_AGAIN_S, completion, went_on
from springtide.contexts.checkout.service.steps import WORK, money, tidy_up
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import AttemptRow, ProcessRow, find_process
from springtide.contracts.checkout.api import Completion, Step
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.platform import tracing
from springtide.platform.caller import system
from springtide.platform.errors import Unavailable
from springtide.platform.failpoints import failpoint
from springtide.platform.telemetry import current_trace, logger

_CALLER = system("checkout")
# A neighbour says when to ask again. Longer than this is not waited: the units are held for two minutes only.
_LONGEST_RETRY_S = 15
_RECOVERED_AT_ONCE = 20
_MONEY = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})

log = logger(__name__)


class Driver:
    """One task per process at a time in this operating-system process; callers join it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._running: dict[UUID, asyncio.Task[ProcessRow | None]] = {}

    def start(self, checkout_id: UUID, begun: ProcessRow | None = None) -> asyncio.Task[ProcessRow | None]:
        """Drive a process in a task of its own: it goes on when the buyer hangs up. `begun`: its row, just written."""
        task = self._running.get(checkout_id)
        if task is None or task.done():
            task = asyncio.create_task(self._drive(checkout_id, begun))
            self._running[checkout_id] = task
            task.add_done_callback(lambda _: self._running.pop(checkout_id, None))
        return task

    async def drive(self, checkout_id: UUID, *, wait_s: float, begun: ProcessRow | None = None) -> Completion:
        """Drive and wait at most `wait_s` seconds; return where the process stands then."""
        task = self.start(checkout_id, begun)
        done, _ = await asyncio.wait({task}, timeout=wait_s)
        reached = task.result() if done else None
        return completion(reached or await self.get(checkout_id))

    async def get(self, checkout_id: UUID) -> ProcessRow:
        """Read a process row."""
        async with self._tools.db.read() as read:
            process = await find_process(read, checkout_id)
        if process is None:
            raise LookupError(checkout_id)
        return process

    async def close(self) -> None:
        """Let running drives finish for a moment; recovery takes what is left."""
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=5)

    async def recover(self) -> int:
        """Take processes nobody drives any more and drive them on; return how many."""
        async with self._tools.db.tx(_CALLER) as tx:
            lease = {"now": tx.now, "lease_until": tx.now + timedelta(seconds=LEASE_S), "limit": _RECOVERED_AT_ONCE}
            taken = await tx.tuples("take_due", lease)
        tasks = [self.start(checkout_id) for (checkout_id,) in taken]
        if tasks:
            await asyncio.wait(tasks, timeout=LEASE_S)
        return len(tasks)

    async def _drive(self, checkout_id: UUID, begun: ProcessRow | None) -> ProcessRow | None:
        """Drive as far as it goes; return where it stands when that is certain. Never raises: recovery goes on."""
        process = begun or await self.get(checkout_id)
        try:
            while True:
                if process.step in FINAL:
                    if process.step in FAILED and process.due_at is not None:
                        await self._tidy_up(process)
                    return process
                if process.step is Step.AWAITING_BUYER and not await self._is_past_deadline(process):
                    return process
                move = await WORK[process.step](self._tools, process)
                failpoint(f"checkout.{process.step}.answered")
                if _changes_nothing(process, move):
                    await self._postpone(process, UNKNOWN_AGAIN_S)
                    return process
                if process.step in RUNNING and after(process.step, move.outcome) in RUNNING:
                    process = went_on(process, move)
                else:
                    process = await self.record(process, move)
                    if process.step is Step.AWAITING_BUYER:
                        return process  # the buyer's answer; when the time is up, recovery looks
        except Unavailable as error:
            log.info("completion.waits", checkout_id=str(checkout_id), step=process.step, error=error.detail)
            with suppress(Unavailable):
                await self._postpone(process, max(1, min(error.retry_after_s, _LONGEST_RETRY_S)))
        except Exception:
            log.exception("completion.failed", checkout_id=str(checkout_id), step=process.step)
        return None

    async def _is_past_deadline(self, process: ProcessRow) -> bool:
        async with self._tools.db.read() as read:
            now = await read.value("kernel_now")
        return process.deadline_at is None or bool(now >= process.deadline_at)

    async def _postpone(self, process: ProcessRow, seconds: float) -> None:
        async with self._tools.db.tx(_CALLER) as tx:
            due_at = tx.now + timedelta(seconds=seconds)
            row = {"checkout_id": process.checkout_id, "step_no": process.step_no, "due_at": due_at}
            await tx.run("postpone", row)

    async def _tidy_up(self, process: ProcessRow) -> None:
        await tidy_up(self._tools, process)
        async with self._tools.db.tx(_CALLER) as tx:
            row = {"checkout_id": process.checkout_id, "step_no": process.step_no, "now": tx.now}
            await tx.run("clear_due", row)

    async def record(self, process: ProcessRow, move: Move) -> ProcessRow:
        """Write down what a step came to, guarded by the step's number; return the process as it is now."""
        moved = await self._tools.lane.run(caller=_CALLER, ask=Record(process=process, move=move))
        if not isinstance(moved, ProcessRow):
            return await self.get(process.checkout_id)
        failpoint(f"checkout.{process.step}.recorded")
        return moved

    async def attempt_changed(self, attempt: Attempt) -> None:
        """Take what a gateway tells by itself: by a message, or when we looked."""
        async with self._tools.db.read() as read:
            known = await read.maybe("get_attempt_try", {"attempt_id": attempt.id}, row=AttemptRow)
        if known is None:
            return
        # Its gateway's word belongs to the trace the attempt was started under, whoever brings it.
        with tracing.span("checkout.attempt_changed", parent=attempt.trace, links=(current_trace(),)):
            await self._hear(attempt, known)

    async def heard(self, process: ProcessRow, attempt: Attempt) -> ProcessRow | None:
        """Record what a gateway says of the attempt a process waits for; None when that is nothing new."""
        move = money(attempt)
        if _changes_nothing(process, move):
            return None
        with tracing.span("checkout.attempt_heard", parent=attempt.trace, links=(current_trace(),)):
            return await self.record(process, move)

    async def _hear(self, attempt: Attempt, known: AttemptRow) -> None:
        process = await self.get(known.checkout_id)
        if attempt.id != process.attempt_id:
            await self._give_back(attempt, known)
            return
        if process.step in {Step.AWAITING_BUYER, Step.UNKNOWN}:
            moved = await self.heard(process, attempt)
            if moved is not None:
                self.start(process.checkout_id, moved)
        elif process.step in FAILED and process.step is not Step.UNDONE and attempt.state in _MONEY:
            await self._late_money(process, attempt)

    async def _late_money(self, process: ProcessRow, attempt: Attempt) -> None:
        """Money that arrives late: what the failed try left is tidied up, then it holds and claims again."""
        if process.due_at is not None:
            await self._tidy_up(process)
        await self.record(process, Move(outcome=Outcome.LATE_MONEY, attempt=attempt))
        self.start(process.checkout_id)

    async def _give_back(self, attempt: Attempt, known: AttemptRow) -> None:
        """Money on an attempt that was replaced by another: it belongs to no order."""
        if attempt.state not in _MONEY or known.undone:
            return
        await self._tools.payments.undo(
            caller=_CALLER, key=f"{attempt.id}:replaced", attempt_id=attempt.id, reason="paid_with_another_method"
        )
        async with self._tools.db.tx(_CALLER) as tx:
            await tx.run("mark_attempt_undone", {"attempt_id": attempt.id})


def _changes_nothing(process: ProcessRow, move: Move) -> bool:
    return (process.step, move.outcome) in {
        (Step.UNKNOWN, Outcome.NOT_KNOWN),
        (Step.AWAITING_BUYER, Outcome.AT_THE_BANK),
    }
