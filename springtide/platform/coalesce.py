"""Coalescing: the calls that arrive while the previous batch commits form the next one.

A `Lane` runs one transaction at a time for all its callers. What they ask for is decided in arrival order in plain
Python, under row locks taken in one sorted order, and written with one statement per kind of row. The facts, their
outbox rows, their audit rows and their idempotency rows commit together, exactly as in `usecase.write`. There is no
timer: alone, a call forms a batch of one at once.

A caller that goes away does not disturb the batch: what it asked for is dropped when its batch has not begun, and
committed and kept under its key when it has. A batch that fails is halved until the failing member stands alone.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, Generic, TypeVar

from psycopg import errors as pg_errors

from springtide.platform import lanes
from springtide.platform.batch import Batch, batch, hexed, rows
from springtide.platform.caller import Caller, system
from springtide.platform.db import Database, encode_event, transaction_is_open
from springtide.platform.errors import Refusal, SpringtideError, Unavailable
from springtide.platform.events import Event
from springtide.platform.exchange import Ask as Statement
from springtide.platform.exchange import Tuples
from springtide.platform.ids import uuid7
from springtide.platform.telemetry import BATCH_MEMBERS, BATCH_WAIT_SECONDS, LANE_WAITING, current_trace
from springtide.platform.usecase import Kept, check_key, encode_answer, encode_refusal, replay, request_hash

Ask = TypeVar("Ask")
Reply = TypeVar("Reply")
Identity = tuple[str, str, str]
"""Principal, operation, idempotency key."""

MAX_BATCH = 256
MAX_WAITING = 20_000
"""More than a flash sale brings at once: behind so many a buyer would wait longer than buyers do."""


class LaneFull(Unavailable):
    """More calls are waiting than can be answered in time."""

    code = "busy"
    title = "Too many are buying right now"


class Member(Generic[Ask]):
    """One call in a batch. `work` answers or refuses it; what it emits and audits counts only when it is answered."""

    __slots__ = (
        "_answer",
        "_keeps_answer",
        "ask",
        "audits",
        "caller",
        "digest",
        "error",
        "events",
        "future",
        "identity",
        "is_decided",
        "others",
        "reply",
        "since",
        "trace",
    )

    def __init__(self, caller: Caller, ask: Ask, identity: Identity | None, digest: bytes, reply: Any) -> None:  # noqa: ANN401 - a type
        self.caller = caller
        self.ask = ask
        self.identity = identity
        self.digest = digest
        self.reply = reply
        self.trace = current_trace()
        self.since = perf_counter()
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.forget()

    def forget(self) -> None:
        """Forget what was decided: the batch is tried again."""
        self.events: list[tuple[Event, str, int, str]] = []
        self.audits: list[tuple[str, str, Mapping[str, Any]]] = []
        self.others: list[Kept] = []
        self.error: SpringtideError | None = None
        self.is_decided = False
        self._answer: object = None
        self._keeps_answer = True

    def answer(self, reply: object, *, keep: bool = True) -> None:
        """Answer the call once the batch has committed. `keep` False: not a final answer, a repeat asks again."""
        self._answer = reply
        self._keeps_answer = keep
        self.is_decided = True

    def refuse(self, refusal: Refusal) -> None:
        """Refuse the call; the refusal is kept under its key. What the member emitted is dropped."""
        self._fail(refusal)

    def put_off(self, error: Unavailable) -> None:
        """Tell the caller to come back; this is never kept."""
        self._fail(error)

    def emit(self, event: Event, *, aggregate_id: object, aggregate_version: int, market: str = "") -> None:
        """Add an event. Take `aggregate_version` under the aggregate's row lock."""
        self.events.append((event, str(aggregate_id), aggregate_version, market))

    def audit(self, action: str, aggregate_id: object, **difference: Any) -> None:  # noqa: ANN401 - JSON values
        """Add an audit row. Never personal data in `difference`: field names only."""
        self.audits.append((action, str(aggregate_id), difference))

    def keep_for(self, identity: Identity, digest: bytes, answer: object) -> None:
        """Keep the final answer of another call (a completion's) in this transaction; the first one kept stays."""
        self.others.append(Kept(identity=identity, request_hash=digest, reply=encode_answer(answer), refused=False))

    def kept(self) -> Kept | None:
        """Return the row that lets a repeat get the same answer, if the answer is final."""
        if self.identity is None:
            return None
        if isinstance(self.error, Refusal):
            reply, refused = encode_refusal(self.error), True
        elif self.error is None and self._keeps_answer:
            reply, refused = encode_answer(self._answer), False
        else:
            return None
        return Kept(identity=self.identity, request_hash=self.digest, reply=reply, refused=refused)

    def settle(self, error: BaseException | None = None) -> None:
        """Give the caller what was decided, or the error that ended its batch."""
        error = error or self.error
        if self.future.done():
            return
        if error is None:
            self.future.set_result(self._answer)
        else:
            self.future.set_exception(error)

    def settle_as(self, stored: Kept) -> None:
        """Give the caller what was kept under its key."""
        if self.future.done():
            return
        try:
            self.future.set_result(replay(stored, self.digest, self.reply))
        except SpringtideError as error:
            self.future.set_exception(error)

    def _fail(self, error: SpringtideError) -> None:
        self.error = error
        self.is_decided = True
        self.events, self.audits, self.others = [], [], []


Work = Callable[[Batch, Sequence[Member[Any]]], Awaitable[None]]
Look = Callable[[Sequence[Member[Any]]], Sequence[Statement]]


def _nothing(_: Sequence[Member[Any]]) -> Sequence[Statement]:
    return ()


class Lane:
    """The coalesced writes of one context in this process.

    `look(members)` names the statements that are sent with BEGIN (locks in one sorted order, reads); their rows are
    `tx.found`, in the same order. `work(tx, members)` then decides every member and leaves its writes to `tx.later`.
    Members whose key was used before never reach `work`; `look` may see them.
    """

    def __init__(
        self,
        db: Database,
        *,
        name: str,
        work: Work,
        look: Look = _nothing,
        max_batch: int = MAX_BATCH,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.name = name
        self._db = db
        self._work = work
        self._look = look
        self._caller = system(db.context)
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: deque[Member[Any]] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._sizes = BATCH_MEMBERS.labels(name)
        self._waits = BATCH_WAIT_SECONDS.labels(name)
        self._queue = LANE_WAITING.labels(name)
        lanes.watch(self)

    @property
    def waiting(self) -> int:
        """Return how many calls wait for a batch."""
        return len(self._waiting)

    async def write(
        self, *, caller: Caller, operation: str, key: str, request: Mapping[str, Any], ask: object, reply: type[Reply]
    ) -> Reply:
        """Do what is asked in the next batch, or give the answer that was given before under this key."""
        check_key(key)
        identity = (caller.principal, operation, key)
        answer: Reply = await self._submit(Member(caller, ask, identity, request_hash(request), reply))
        return answer

    async def run(self, *, caller: Caller, ask: object) -> Any:  # noqa: ANN401 - what `work` answers with
        """Do what is asked in the next batch; repeats are the business of `ask` (a guard by version, a step number)."""
        return await self._submit(Member(caller, ask, None, b"", object))

    async def _submit(self, member: Member[Any]) -> Any:  # noqa: ANN401 - see above
        if transaction_is_open():
            msg = f"the lane {self.name} was called while a transaction is open"
            raise RuntimeError(msg)
        if len(self._waiting) >= self._max_waiting:
            msg = "Too many are buying right now. Try again in a moment."
            raise LaneFull(msg, retry_after_s=2)
        self._waiting.append(member)
        if self._runner is None or self._runner.done():
            # A context of its own: the batch belongs to none of its callers.
            self._runner = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())
        return await member.future

    async def _run(self) -> None:
        while self._waiting:
            members = self._next()
            if members:
                await self._commit(members)

    def _next(self) -> list[Member[Any]]:
        """Take the oldest calls, one per key: the twin of a key waits and finds the answer kept."""
        members: list[Member[Any]] = []
        seen: set[Identity] = set()
        twins: list[Member[Any]] = []
        now = perf_counter()
        while self._waiting and len(members) < self._max_batch:
            member = self._waiting.popleft()
            if member.future.done():  # the caller has gone
                continue
            if member.identity in seen:
                twins.append(member)
                continue
            if member.identity is not None:
                seen.add(member.identity)
            self._waits.observe(now - member.since)
            members.append(member)
        self._waiting.extendleft(reversed(twins))
        self._sizes.observe(len(members))
        self._queue.set(len(self._waiting))
        return members

    async def _commit(self, members: Sequence[Member[Any]]) -> None:
        """Commit a batch and answer its members; a batch that fails is halved."""
        try:
            await self._attempt(members)
        except Unavailable as error:
            for member in members:
                member.settle(error)
        except _TwinCommitted:
            await self._again(members)
        except Exception as error:  # noqa: BLE001 - whoever caused it is found and told
            if len(members) == 1:
                members[0].settle(error)
                return
            half = len(members) // 2
            await self._again(members[:half])
            await self._again(members[half:])

    async def _again(self, members: Sequence[Member[Any]]) -> None:
        for member in members:
            member.forget()
        await self._commit(members)

    async def _attempt(self, members: Sequence[Member[Any]]) -> None:
        async with batch(self._db, self._caller) as tx:
            found, *tx.found = await tx.begin(_find_kept(members), *self._look(members))
            stored = _by_place(found)
            fresh = [member for place, member in enumerate(members) if place not in stored]
            if fresh:
                await self._work(tx, fresh)
                _require_decided(self.name, fresh)
                await _commit(tx, fresh)
        if any(member.events for member in fresh):
            self._db.wake_relay.set()
        for member in fresh:
            member.settle()
        for place, kept in stored.items():
            members[place].settle_as(kept)


def _find_kept(members: Sequence[Member[Any]]) -> Statement:
    asked = [
        {"place": place, "principal": member.identity[0], "operation": member.identity[1], "key": member.identity[2]}
        for place, member in enumerate(members)
        if member.identity is not None
    ]
    return "kernel_find_idempotent_many", rows(asked)


def _by_place(found: Tuples) -> dict[int, Kept]:
    return {
        place: Kept(identity=("", "", ""), request_hash=digest, reply=reply, refused=refused)
        for place, digest, reply, refused in found
    }


def _require_decided(lane: str, members: Sequence[Member[Any]]) -> None:
    for member in members:
        if not member.is_decided:
            msg = f"{lane}: a member was neither answered nor refused: {type(member.ask).__name__}"
            raise RuntimeError(msg)


class _TwinCommitted(Exception):
    """Another process has kept an answer under a key of this batch a moment before: look again."""


async def _commit(tx: Batch, members: Sequence[Member[Any]]) -> None:
    try:
        await tx.commit(*_kernel_rows(tx, members))
    except pg_errors.UniqueViolation as error:
        if error.diag.table_name == "idempotency":
            raise _TwinCommitted from error
        raise


def _kernel_rows(tx: Batch, members: Sequence[Member[Any]]) -> list[Statement]:
    statements: list[Statement] = []
    events = [row for member in members for row in _outbox_rows(member)]
    if events:
        statements.append(("kernel_append_outbox_many", {**rows(events), "at": tx.now}))
    audits = [row for member in members for row in _audit_rows(member)]
    if audits:
        statements.append(("kernel_append_audit_many", {**rows(audits), "at": tx.now}))
    kept = [kept for member in members if (kept := member.kept()) is not None]
    if kept:
        statements.append(("kernel_keep_many", {**rows([_kept_row(one) for one in kept]), "at": tx.now}))
    others = [kept for member in members for kept in member.others]
    if others:
        statements.append(("kernel_keep_many_first", {**rows([_kept_row(one) for one in others]), "at": tx.now}))
    return statements


def _outbox_rows(member: Member[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": uuid7(),
            "type": event.TYPE,
            "version": event.VERSION,
            "aggregate_id": aggregate_id,
            "aggregate_version": aggregate_version,
            "market": market,
            "payload": encode_event(event).decode(),
            "actor": member.caller.principal,
            "cause": member.caller.request_id,
            "trace": member.trace,
        }
        for event, aggregate_id, aggregate_version, market in member.events
    ]


def _audit_rows(member: Member[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": uuid7(),
            "action": action,
            "aggregate_id": aggregate_id,
            "difference": difference,
            "actor": member.caller.principal,
            "request_id": member.caller.request_id,
            "reason": member.caller.reason,
        }
        for action, aggregate_id, difference in member.audits
    ]


def _kept_row(kept: Kept) -> dict[str, Any]:
    principal, operation, key = kept.identity
    return {
        "principal": principal,
        "operation": operation,
        "key": key,
        "request_hash": hexed(kept.request_hash),
        "reply": hexed(kept.reply),
        "refused": kept.refused,
    }
