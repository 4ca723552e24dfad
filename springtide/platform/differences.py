"""Differences as rows: what a comparison found is kept, settles, goes by itself, or is resolved by a person.

A comparison says what it compared and what it found (`Comparison`). The table of what happens then:

    seen     no row, or gone     suspected; after the settling age with the same detail: open
    seen     open                last seen now
    seen     resolved            last seen now; another detail than what was resolved: open again
    missing  open, resolved      gone
    missing  suspected           forgotten: it was something under way

Which rules there are is the contexts' business. A comparison goes in turns: `take_turn` gives one to one process at a
time, with the position where the last one stopped.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from prometheus_client import Gauge

from springtide.platform.caller import Caller, Kind
from springtide.platform.db import Database, Tx
from springtide.platform.difference_entry import (
    Difference,
    DifferenceNotOpen,
    DifferenceState,
    DifferenceUnknown,
    InvalidDifference,
)
from springtide.platform.errors import Forbidden, SpringtideError
from springtide.platform.ids import uuid7
from springtide.platform.paging import cursor_id, page_size
from springtide.platform.telemetry import REGISTRY, logger
from springtide.platform.usecase import write

log = logger(__name__)

OPEN_DIFFERENCES = Gauge(
    "springtide_open_differences", "Differences that nobody has resolved", ["context"], registry=REGISTRY
)
MAX_PAGE = 200
MAX_NOTE = 500
MOST_FINDINGS = 1_000
_GONE_KEPT = timedelta(days=90)
_FORGOTTEN_AT_ONCE = 1_000

Key = tuple[str, str]


class Seen(Protocol):
    """What a comparison found; the contracts' `Finding` is one."""

    @property
    def rule(self) -> str:
        """The rule by name."""
        ...

    @property
    def subject(self) -> str:
        """The id of the thing."""
        ...

    @property
    def detail(self) -> str:
        """What differs, for people."""
        ...


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared and found. `subjects` None: everything the task is about."""

    task: str
    findings: Collection[Seen]
    subjects: frozenset[str] | None = None
    settles_after_s: float = 0.0


def comparison_of_all(task: str, findings: Sequence[Seen]) -> Comparison:
    """Return the comparison of everything a task is about; of more than `MOST_FINDINGS` the first ones.

    So many are one big problem: what was cut off is not gone.
    """
    shown = findings[:MOST_FINDINGS]
    subjects = None if len(findings) <= MOST_FINDINGS else frozenset(finding.subject for finding in shown)
    return Comparison(task=task, findings=shown, subjects=subjects)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A turn of a task that is ours; `position` is what the last one kept (JSON), `at` the database's time."""

    task: str
    number: int
    position: str
    at: datetime


class TurnLost(SpringtideError):
    """Another process has taken the turn since: what we have is old, and is dropped."""

    code = "turn_lost"


class Suspicion(msgspec.Struct, frozen=True, kw_only=True):
    """Something seen, that may be under way, and since when."""

    rule: str
    subject: str
    detail: str
    since: datetime


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a comparison."""

    again: list[tuple[UUID, str]]
    opened: list[Suspicion]
    gone: list[UUID]
    suspected: list[Suspicion]
    dropped: list[Key]


class _Taken(msgspec.Struct, frozen=True, kw_only=True):
    turn: int
    position: str


async def take_turn(tx: Tx, task: str, every_s: float) -> Turn | None:
    """Take the next turn of a task, at most one in `every_s` seconds over all processes; None: not due."""
    await tx.run("differences_ensure_task", {"task": task, "now": tx.now})
    taken = await tx.maybe("differences_take_turn", {"task": task, "now": tx.now, "every_s": every_s}, row=_Taken)
    return None if taken is None else Turn(task=task, number=taken.turn, position=taken.position, at=tx.now)


async def keep_position(tx: Tx, turn: Turn, position: msgspec.Struct) -> None:
    """Keep how far the task has come; `TurnLost` when the turn is not ours any more."""
    text = msgspec.json.encode(position).decode()
    if await tx.run("differences_keep_position", {"task": turn.task, "turn": turn.number, "position": text}) != 1:
        raise TurnLost(turn.task)


@contextmanager
def while_ours(turn: Turn) -> Iterator[None]:
    """Do what is left of a turn; that another process has taken it since is no failure of ours."""
    try:
        yield
    except TurnLost:
        log.info("differences.turn_lost", task=turn.task)


async def subjects_to_see_again(tx: Tx, task: str, limit: int) -> list[str]:
    """Return subjects of what is open, resolved or suspected, the longest unseen first."""
    rows = await tx.tuples("differences_take_subjects", {"task": task, "now": tx.now, "limit": limit})
    return [subject for (subject,) in rows]


async def note(tx: Tx, compared: Comparison) -> None:
    """Write what follows from a comparison."""
    seen = _by_key(compared.findings)
    params = {
        "task": compared.task,
        "all": compared.subjects is None,
        "subjects": sorted({*(compared.subjects or ()), *(subject for _, subject in seen)}),
    }
    known = await tx.all("differences_lock_known", params, row=Difference)
    suspicions = await tx.all("differences_lock_suspicions", params, row=Suspicion)
    settled_before = tx.now - timedelta(seconds=compared.settles_after_s)
    await _write(tx, compared.task, judge(seen, known, suspicions, now=tx.now, settled_before=settled_before))


def judge(
    seen: dict[Key, str],
    known: Iterable[Difference],
    suspicions: Iterable[Suspicion],
    *,
    now: datetime,
    settled_before: datetime,
) -> Verdict:
    """Apply the table of the module: `seen` is detail by rule and subject, the others are what was compared."""
    rows = {(row.rule, row.subject): row for row in known if row.state is not DifferenceState.GONE}
    suspected = {(one.rule, one.subject): one for one in suspicions}
    verdict = Verdict(again=[], opened=[], gone=[], suspected=[], dropped=[])
    for key, detail in seen.items():
        row, suspicion = rows.get(key), suspected.get(key)
        if row is None:
            since = suspicion.since if suspicion is not None and suspicion.detail == detail else now
            one = Suspicion(rule=key[0], subject=key[1], detail=detail, since=since)
            (verdict.opened if since <= settled_before else verdict.suspected).append(one)
        elif row.state is DifferenceState.OPEN or row.detail == detail:
            verdict.again.append((row.id, detail))
        else:
            one = Suspicion(rule=key[0], subject=key[1], detail=detail, since=row.first_seen)
            verdict.opened.append(one)
    opened = {(one.rule, one.subject) for one in verdict.opened}
    verdict.gone.extend(row.id for key, row in rows.items() if key not in seen)
    verdict.dropped.extend(key for key in suspected if key not in seen or key in opened)
    return verdict


def _by_key(findings: Iterable[Seen]) -> dict[Key, str]:
    """Return detail by rule and subject; several findings of one are one difference."""
    details: dict[Key, list[str]] = {}
    for finding in findings:
        details.setdefault((finding.rule, finding.subject), []).append(finding.detail)
    return {key: "; ".join(sorted(details[key])) for key in sorted(details)}


async def _write(tx: Tx, task: str, verdict: Verdict) -> None:
    common = {"task": task, "now": tx.now}
    if verdict.again:
        again = {"ids": [row_id for row_id, _ in verdict.again], "details": [detail for _, detail in verdict.again]}
        await tx.run("differences_see_again", {**common, **again})
    if verdict.opened:
        sinces = [one.since for one in verdict.opened]
        ids = [uuid7() for _ in verdict.opened]
        await tx.run("differences_open", {**common, **_columns(verdict.opened), "ids": ids, "first_seens": sinces})
    if verdict.gone:
        await tx.run("differences_gone", {"ids": verdict.gone})
    if verdict.suspected:
        sinces = [one.since for one in verdict.suspected]
        await tx.run("differences_suspect", {**common, **_columns(verdict.suspected), "sinces": sinces})
    if verdict.dropped:
        keys = {"rules": [rule for rule, _ in verdict.dropped], "subjects": [subject for _, subject in verdict.dropped]}
        await tx.run("differences_drop_suspicions", {"task": task, **keys})
    params = {"before": tx.now - _GONE_KEPT, "limit": _FORGOTTEN_AT_ONCE}
    await tx.run("differences_forget_gone", params)


def _columns(rows: list[Suspicion]) -> dict[str, list[str]]:
    return {
        "rules": [row.rule for row in rows],
        "subjects": [row.subject for row in rows],
        "details": [row.detail for row in rows],
    }


async def show_open(db: Database) -> None:
    """Set the gauge of open differences of this context."""
    async with db.read() as read:
        OPEN_DIFFERENCES.labels(db.context).set(await read.value("differences_count_open"))


async def page_of(
    db: Database, *, state: DifferenceState | None, after: str | None, limit: int
) -> tuple[tuple[Difference, ...], str | None]:
    """Return differences, newest first, and the cursor of the next page."""
    limit = page_size(limit, most=MAX_PAGE, refusal=InvalidDifference)
    params = {"state": state or "", "after": cursor_id(after, refusal=InvalidDifference), "limit": limit + 1}
    async with db.read() as read:
        rows = await read.all("differences_page", params, row=Difference)
    shown = tuple(rows[:limit])
    return shown, str(shown[-1].id) if len(rows) > limit else None


async def resolve(db: Database, *, caller: Caller, scope: str, key: str, difference_id: UUID, note: str) -> Difference:
    """Put a difference aside, with the reason: staff with `scope` only, a program settles nothing by itself.

    `Forbidden`, `DifferenceUnknown`, `DifferenceNotOpen`, `InvalidDifference`.
    """
    caller.require(scope)
    if caller.kind is not Kind.STAFF:
        msg = "Only a member of staff resolves a difference."
        raise Forbidden(msg, scope=scope)
    return await write(
        db,
        caller=caller,
        operation="resolve_difference",
        key=key,
        request={"difference_id": difference_id, "note": note},
        reply=Difference,
        work=lambda tx: _resolve(tx, difference_id, note.strip()),
    )


async def _resolve(tx: Tx, difference_id: UUID, note: str) -> Difference:
    if not note or len(note) > MAX_NOTE or not note.isprintable():
        msg = f"Say in one line of at most {MAX_NOTE} characters why this is settled."
        raise InvalidDifference(msg, field="note")
    row = await tx.maybe("differences_lock_one", {"id": difference_id}, row=Difference)
    if row is None:
        msg = "There is no such difference."
        raise DifferenceUnknown(msg, difference_id=str(difference_id))
    if row.state is not DifferenceState.OPEN:
        msg = f"This difference is {row.state} already."
        raise DifferenceNotOpen(msg, state=str(row.state))
    by = tx.caller.principal
    await tx.run("differences_resolve", {"id": difference_id, "resolved_by": by, "now": tx.now, "note": note})
    tx.audit("difference_resolved", difference_id, rule=row.rule, subject=row.subject)
    return msgspec.structs.replace(row, state=DifferenceState.RESOLVED, resolved_by=by, resolved_at=tx.now, note=note)
