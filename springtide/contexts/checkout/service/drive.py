"""Drives completion processes from step to step. Every step is done without a transaction, then recorded in one.

Any number of drivers may work on one process: each step's calls carry the same key, and recording is guarded by the
step's number, so the second driver finds that the first one was there.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from springtide.contexts.checkout.domain.messages import message
from springtide.contexts.checkout.domain.process import ANSWERED, FAILED, FINAL, Outcome, after
from springtide.contexts.checkout.service.begin_completion import LEASE_S, OPERATION
from springtide.contexts.checkout.service.steps import WORK, Move, money, tidy_up
from springtide.contexts.checkout.service.tools import Tools
from springtide.contexts.checkout.store import AttemptRow, ProcessRow, as_json
from springtide.contracts.checkout.api import CartState, Completion, Step
from springtide.contracts.checkout.events import CompletionChanged
from springtide.contracts.payments.api import Attempt, AttemptState
from springtide.platform.caller import system
from springtide.platform.db import Tx
from springtide.platform.errors import Unavailable
from springtide.platform.failpoints import failpoint
from springtide.platform.telemetry import logger
from springtide.platform.usecase import keep_answer
from springtide.platform.wiring import Defer

_CALLER = system("checkout")
_UNKNOWN_AGAIN_S = 3
_RETRY_S = 1
_RECOVERED_AT_ONCE = 20
_ASK_AGAIN_S = 1
TELL_BUYER = "tell_buyer"
"""The job that mails a buyer whose charge is undone."""
_MONEY = frozenset({AttemptState.AUTHORISED, AttemptState.CAPTURED})

log = logger(__name__)


class Driver:
    """One task per process at a time in this operating-system process; callers join it."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._running: dict[UUID, asyncio.Task[ProcessRow | None]] = {}

    def start(self, checkout_id: UUID) -> asyncio.Task[ProcessRow | None]:
        """Drive a process in a task of its own: it goes on when the buyer hangs up."""
        task = self._running.get(checkout_id)
        if task is None or task.done():
            task = asyncio.create_task(self._drive(checkout_id))
            self._running[checkout_id] = task
            task.add_done_callback(lambda _: self._running.pop(checkout_id, None))
        return task

    async def drive(self, checkout_id: UUID, *, wait_s: float) -> Completion:
        """Drive and wait at most `wait_s` seconds; return where the process stands then."""
        task = self.start(checkout_id)
        done, _ = await asyncio.wait({task}, timeout=wait_s)
        reached = task.result() if done else None
        return completion(reached or await self.get(checkout_id))

    async def get(self, checkout_id: UUID) -> ProcessRow:
        """Read a process row."""
        async with self._tools.db.read() as read:
            return await read.one("get_process", {"checkout_id": checkout_id}, row=ProcessRow)

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

    async def _drive(self, checkout_id: UUID) -> ProcessRow | None:
        """Drive as far as it goes; return where it stands when that is certain. Never raises: recovery goes on."""
        process = await self.get(checkout_id)
        try:
            while True:
                if process.at in FINAL:
                    if process.at in FAILED and process.due_at is not None:
                        await self._tidy_up(process)
                    return process
                if process.at is Step.AWAITING_BUYER and not await self._is_past_deadline(process):
                    return process
                move = await WORK[process.at](self._tools, process)
                failpoint(f"checkout.{process.step}.answered")
                if _changes_nothing(process, move):
                    await self._postpone(process, _UNKNOWN_AGAIN_S)
                    return process
                process = await self.record(process, move)
        except Unavailable as error:
            log.info("completion.waits", checkout_id=str(checkout_id), step=process.step, error=error.detail)
            with suppress(Unavailable):
                await self._postpone(process, _RETRY_S)
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
        try:
            async with self._tools.db.tx(_CALLER) as tx:
                moved = await _move(tx, process, move, self._tools.defer)
        except _MovedMeanwhile:
            return await self.get(process.checkout_id)
        failpoint(f"checkout.{process.step}.recorded")
        return moved

    async def attempt_changed(self, attempt: Attempt) -> None:
        """One door for whatever a gateway tells, by webhook, by the returning buyer or by itself."""
        async with self._tools.db.read() as read:
            known = await read.maybe("get_attempt_try", {"attempt_id": attempt.id}, row=AttemptRow)
        if known is None:
            return
        process = await self.get(known.checkout_id)
        if attempt.id != process.attempt_id:
            await self._give_back(attempt, known)
            return
        if process.at in {Step.AWAITING_BUYER, Step.UNKNOWN}:
            move = money(attempt)
            if not _changes_nothing(process, move):
                await self.record(process, move)
                self.start(process.checkout_id)
        elif process.at in FAILED and process.at is not Step.UNDONE and attempt.state in _MONEY:
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


class _MovedMeanwhile(Exception):
    """Another driver has moved the process: nothing of ours counts."""


def _changes_nothing(process: ProcessRow, move: Move) -> bool:
    return (process.at, move.outcome) in {
        (Step.UNKNOWN, Outcome.NOT_KNOWN),
        (Step.AWAITING_BUYER, Outcome.AT_THE_BANK),
    }


async def _move(tx: Tx, process: ProcessRow, move: Move, defer: Defer) -> ProcessRow:
    """Record a move and what follows from it: the cart first, as the lock order says."""
    step = after(process.at, move.outcome)
    attempt = move.attempt
    deadline = None
    if step is Step.AWAITING_BUYER:
        deadline = move.expires_at or tx.now + timedelta(seconds=process.awaits_buyer_s)
    cart_state = _cart_state(process, step)
    if cart_state is not None:
        cart = {"id": process.cart_id, "state": cart_state, "checkout_id": None, "now": tx.now}
        await tx.run("set_cart_state", cart)
    moved = await tx.maybe(
        "move_process",
        {
            "checkout_id": process.checkout_id,
            "step_no": process.step_no,
            "step": step,
            "due_at": _due(tx, step, deadline),
            "deadline_at": deadline,
            "authorised_minor": attempt.authorised_minor if attempt else process.authorised_minor,
            "captured_minor": attempt.captured_minor if attempt else process.captured_minor,
            "redirect_url": attempt.redirect_url if attempt else process.redirect_url,
            "allocations": as_json(process.held if move.allocations is None else move.allocations),
            "reason": move.reason,
            "message": message(move.reason, process.locale, **(move.facts or {})),
            "order_number": move.order_number,
            "order_token": move.order_token,
            "now": tx.now,
        },
        row=ProcessRow,
    )
    if moved is None:
        raise _MovedMeanwhile
    if step in ANSWERED:
        await _answer(tx, moved)
    if step is Step.UNDONE:
        await defer(tx, TELL_BUYER, checkout_id=str(moved.checkout_id))
    return moved


def _due(tx: Tx, step: Step, deadline: object) -> object:
    if step is Step.COMPLETED:
        return None
    if step is Step.AWAITING_BUYER:
        return deadline
    return tx.now + timedelta(seconds=_UNKNOWN_AGAIN_S if step is Step.UNKNOWN else LEASE_S)


def _cart_state(process: ProcessRow, step: Step) -> CartState | None:
    if step in FAILED:
        return CartState.OPEN
    if step is Step.COMPLETED:
        return CartState.COMPLETED
    return CartState.COMPLETING if process.at in FAILED else None


async def _answer(tx: Tx, moved: ProcessRow) -> None:
    """Keep the buyer's answer under the key of the request that started this try, and tell the others."""
    await keep_answer(
        tx,
        principal=moved.principal,
        operation=OPERATION,
        key=moved.request_key,
        digest=moved.request_hash,
        answer=completion(moved),
    )
    event = CompletionChanged(
        checkout_id=moved.checkout_id,
        cart_id=moved.cart_id,
        step=moved.at,
        total_minor=moved.total_minor,
        currency=moved.currency,
        reason=moved.reason,
    )
    tx.emit(event, aggregate_id=moved.checkout_id, aggregate_version=moved.step_no, market=moved.market)


def completion(process: ProcessRow) -> Completion:
    """Return a process as the buyer sees it."""
    is_completed = process.at is Step.COMPLETED
    return Completion(
        checkout_id=process.checkout_id,
        cart_id=process.cart_id,
        step=process.at,
        total_minor=process.total_minor,
        currency=process.currency,
        method=process.method,
        redirect_url=process.redirect_url if process.at is Step.AWAITING_BUYER else "",
        reason=process.reason,
        message=process.message,
        order_id=process.checkout_id if is_completed else None,
        order_number=process.order_number,
        order_token=process.order_token,
        ask_again_s=0 if process.at in ANSWERED else _ASK_AGAIN_S,
        expires_at=process.deadline_at if process.at is Step.AWAITING_BUYER else None,
    )
