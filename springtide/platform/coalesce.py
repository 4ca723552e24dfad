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
from itertools import chain
from time import perf_counter
from typing import Any, TypeVar

from psycopg import errors as pg_errors

from springtide.platform import lanes, tracing
from springtide.platform.batch import Batch, batch
from springtide.platform.caller import Caller, system
from springtide.platform.db import Database, transaction_is_open
from springtide.platform.errors import Unavailable
from springtide.platform.exchange import Ask as Statement
from springtide.platform.member import Identity, Member, by_identity, find_kept, kernel_rows
from springtide.platform.telemetry import BATCH_MEMBERS, BATCH_WAIT_SECONDS, count_all
from springtide.platform.usecase import check_key, request_hash

Reply = TypeVar("Reply")

MAX_BATCH = 256
MAX_WAITING = 20_000
"""More than a flash sale brings at once: behind so many a buyer would wait longer than buyers do."""


class LaneFull(Unavailable):
    """More calls are waiting than can be answered in time."""

    code = "busy"
    title = "Too many are buying right now"


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
        try:
            return await member.future
        finally:  # in the caller's own turn: meanwhile the database works for the next batch
            if member.began:
                self._waits.observe(member.began - member.since)

    async def _run(self) -> None:
        while self._waiting:
            members = self._next()
            if members:
                await self._traced(members)

    async def _traced(self, members: Sequence[Member[Any]]) -> None:
        """Commit a batch; where members are traced it is a span in the first one's trace, linked with all of them."""
        traced = [member for member in members if tracing.is_picked(member.trace)] if tracing.is_on() else ()
        if not traced:
            await self._commit(members)
            return
        links = [member.trace for member in traced]
        with tracing.span(f"batch {self.name}", parent=links[0], links=links, members=len(members)) as span:
            await self._commit(members)
            for member in traced:
                tracing.record(f"lane {self.name}", parent=member.trace, began=member.since, links=(span.trace,))

    def _next(self) -> list[Member[Any]]:
        """Take the oldest calls, one per key: the twin of a key waits and finds the answer kept."""
        members: list[Member[Any]] = []
        seen: set[Identity] = set()
        twins: list[Member[Any]] = []
        now = perf_counter()
        most = self._most()
        while self._waiting and len(members) < most:
            member = self._waiting.popleft()
            if member.future.done():  # the caller has gone
                continue
            if member.identity in seen:
                twins.append(member)
                continue
            if member.identity is not None:
                seen.add(member.identity)
            member.began = now
            members.append(member)
        self._waiting.extendleft(reversed(twins))
        self._sizes.observe(len(members))
        return members

    def _most(self) -> int:
        """Return how many calls the next batch takes: of a crowd one half, so that those who are answered can ask again
        while the database works for the other half. Neither waits for the other then.
        """
        return min(self._max_batch, max(self._max_batch // 2, len(self._waiting) // 2, 1))

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
            found, *tx.found = await tx.begin(find_kept(members), *self._look(members))
            stored = by_identity(found)
            fresh = [member for member in members if member.identity not in stored] if stored else members
            if fresh:
                await self._work(tx, fresh)
                _require_decided(self.name, fresh)
                await _commit(tx, fresh)
        if any(member.events for member in fresh):
            self._db.wake_relay.set()
        count_all(chain.from_iterable([member.counted for member in fresh]))
        for member in fresh:
            member.settle()
        for member in members if stored else ():
            if (kept := stored.get(member.identity)) is not None:
                member.settle_as(kept)


def _require_decided(lane: str, members: Sequence[Member[Any]]) -> None:
    for member in members:
        if not member.is_decided:
            msg = f"{lane}: a member was neither answered nor refused: {type(member.ask).__name__}"
            raise RuntimeError(msg)


class _TwinCommitted(Exception):
    """Another process has kept an answer under a key of this batch a moment before: look again."""


async def _commit(tx: Batch, members: Sequence[Member[Any]]) -> None:
    try:
        await tx.commit(*kernel_rows(tx, members))
    except pg_errors.UniqueViolation as error:
        if error.diag.table_name == "idempotency":
            raise _TwinCommitted from error
        raise
