"""A call in a batch: what it asks, what it is answered, and what it adds to the kernel's tables."""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Generic, TypeVar

from prometheus_client import Counter

from springtide.platform.batch import Batch, hexed, rows
from springtide.platform.caller import Caller
from springtide.platform.db import encode_event
from springtide.platform.errors import Refusal, SpringtideError, Unavailable
from springtide.platform.events import Event
from springtide.platform.exchange import Ask as Statement
from springtide.platform.exchange import Tuples
from springtide.platform.ids import uuid7
from springtide.platform.telemetry import Counted, current_trace
from springtide.platform.usecase import Kept, encode_answer, encode_refusal, replay

Ask = TypeVar("Ask")
Identity = tuple[str, str, str]
"""Principal, operation, idempotency key."""


class Member(Generic[Ask]):
    """One call in a batch. `work` answers or refuses it; what it emits and audits counts only when it is answered."""

    __slots__ = (
        "_answer",
        "_keeps_answer",
        "ask",
        "audits",
        "began",
        "caller",
        "counted",
        "digest",
        "error",
        "events",
        "future",
        "identity",
        "is_decided",
        "is_kept",
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
        self.began = 0.0  # not yet in a batch
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.forget()

    def forget(self) -> None:
        """Forget what was decided: the batch is tried again."""
        self.events: tuple[tuple[Event, str, int, str], ...] = ()
        self.audits: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()
        self.others: tuple[Kept, ...] = ()
        self.counted: tuple[Counted, ...] = ()
        self.error: SpringtideError | None = None
        self.is_decided = False
        self.is_kept = False
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
        self.events += ((event, str(aggregate_id), aggregate_version, market),)

    def audit(self, action: str, aggregate_id: object, **difference: Any) -> None:  # noqa: ANN401 - JSON values
        """Add an audit row. Never personal data in `difference`: field names only."""
        self.audits += ((action, str(aggregate_id), difference),)

    def count(self, counter: Counter, *labels: str, by: float = 1.0) -> None:
        """Count something once the batch has committed, whether the member is answered or refused."""
        self.counted += ((counter, labels, by),)

    def keep_for(self, identity: Identity, digest: bytes, answer: object) -> None:
        """Keep the final answer of another call (a completion's) in this transaction; the first one kept stays."""
        self.others += (Kept(identity=identity, request_hash=digest, reply=encode_answer(answer), refused=False),)

    def kept(self) -> Kept | None:
        """Return the row that lets a repeat get the same answer, if the answer is final and not kept yet."""
        if self.identity is None or self.is_kept:
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
        self.events, self.audits, self.others = (), (), ()


def find_kept(members: Sequence[Member[Any]]) -> Statement:
    """Ask for the answers that are kept under the members' keys."""
    keys: dict[tuple[str, str], list[str]] = {}
    for member in members:
        if member.identity is not None:
            principal, operation, key = member.identity
            keys.setdefault((principal, operation), []).append(key)
    asked = [{"principal": who, "operation": what, "keys": some} for (who, what), some in keys.items()]
    return "kernel_find_idempotent_many", rows(asked)


def by_identity(found: Tuples) -> dict[Identity | None, Kept]:
    """Return the kept answers by the identity of the call that they answer."""
    return {
        (principal, operation, key): Kept(
            identity=(principal, operation, key), request_hash=digest, reply=reply, refused=refused
        )
        for principal, operation, key, digest, reply, refused in found
    }


def kernel_rows(tx: Batch, members: Sequence[Member[Any]]) -> list[Statement]:
    """Return the writes of everything the members add to the kernel's tables, one for each table, but for answers that
    were kept ahead.
    """
    statements: list[Statement] = []
    events = [row for member in members for row in _outbox_rows(member)]
    if events:
        statements.append(("kernel_append_outbox_many", {**rows(events), "at": tx.now}))
    audits = [row for member in members for row in _audit_rows(member)]
    if audits:
        statements.append(("kernel_append_audit_many", {**rows(audits), "at": tx.now}))
    statements += _kept_rows(tx, members)
    others = [kept for member in members for kept in member.others]
    if others:
        statements.append(("kernel_keep_many_first", {**rows([_kept_row(one) for one in others]), "at": tx.now}))
    return statements


def keep_ahead(tx: Batch, members: Sequence[Member[Any]]) -> None:
    """Leave the answers of decided members to be written, before the other rows of the kernel."""
    for statement, params in _kept_rows(tx, members):
        tx.later(statement, params)


def _kept_rows(tx: Batch, members: Sequence[Member[Any]]) -> list[Statement]:
    kept = [kept for member in members if (kept := member.kept()) is not None]
    for member in members:
        member.is_kept = True
    return [("kernel_keep_many", {**rows([_kept_row(one) for one in kept]), "at": tx.now})] if kept else []


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


def _kept_row(kept: Kept) -> tuple[str, str, str, str, str, bool]:
    return *kept.identity, hexed(kept.request_hash), hexed(kept.reply), kept.refused
