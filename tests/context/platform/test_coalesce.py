"""A lane: many calls in one transaction, each answered as if it had been alone."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import psycopg
import pytest

from springtide.platform.batch import Batch, batch, rows
from springtide.platform.caller import Caller, system
from springtide.platform.coalesce import Lane, LaneFull
from springtide.platform.db import Database, DatabaseUnavailable
from springtide.platform.errors import Conflict, KeyReused, Unavailable
from springtide.platform.member import Member, keep_ahead
from springtide.platform.usecase import request_hash
from tests.context.platform.probe import CALLER, Counts, FactChanged, counts, until

MOST = 100
UNSTORABLE = 99
NOTHING = Counts(facts=0, outbox=0, audit=0, kept=0)


class TooHigh(Conflict):
    code = "probe_too_high"


class Put(msgspec.Struct, frozen=True):
    name: str
    value: int


class Version(msgspec.Struct, frozen=True):
    version: int


class Facts:
    """Puts values; refuses high ones, fails on negative ones, puts off zero, lets PostgreSQL refuse `UNSTORABLE`.

    `part`: after so many members, what was decided is written ahead.
    """

    def __init__(self, db: Database, *, max_batch: int = 256, max_waiting: int = 1_000, part: int = 256) -> None:
        self._part = part
        self.lane = Lane(
            db, name="probe", look=self._look, work=self._work, max_batch=max_batch, max_waiting=max_waiting
        )
        self.batches: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def put(self, name: str, value: int, key: str = "") -> Version:
        return await self.lane.write(
            caller=CALLER,
            operation="put",
            key=key or f"put-{name}-{value}-key",
            request={"name": name, "value": value},
            ask=Put(name, value),
            reply=Version,
        )

    def _look(self, members: Sequence[Member[Put]]) -> list[tuple[str, dict[str, Any]]]:
        return [("lock_facts", {"ids": sorted({member.ask.name for member in members})})]

    async def _work(self, tx: Batch, members: Sequence[Member[Put]]) -> None:
        self.batches.append(len(members))
        await self.gate.wait()
        versions = {name: version for name, _, version in tx.found[0]}
        for start in range(0, len(members), self._part):
            part = members[start : start + self._part]
            self._decide(tx, part, versions)
            if len(members) > self._part:
                keep_ahead(tx, part)
                await tx.write_ahead()

    def _decide(self, tx: Batch, members: Sequence[Member[Put]], versions: dict[str, int]) -> None:
        values: dict[str, int] = {}
        for member in members:
            name, value = member.ask.name, member.ask.value
            if value < 0:
                msg = "nobody expected this"
                raise ValueError(msg)
            if value == 0:
                member.put_off(Unavailable("later"))
                continue
            if value > MOST:
                member.emit(FactChanged(value=value), aggregate_id=name, aggregate_version=0)
                member.refuse(TooHigh("too high", value=value))
                continue
            versions[name] = versions.get(name, 0) + 1
            values[name] = value
            member.emit(FactChanged(value=value), aggregate_id=name, aggregate_version=versions[name])
            member.audit("fact_changed", name, value=value)
            member.answer(Version(versions[name]))
        if values:
            stored = [
                {"id": name, "value": "no number" if value == UNSTORABLE else value} for name, value in values.items()
            ]
            tx.later("put_facts", rows(stored))


@pytest.fixture(params=[256, 2], ids=["at once", "in parts of two"])
def facts(db: Database, request: pytest.FixtureRequest) -> Facts:
    return Facts(db, part=request.param)


async def test_calls_at_once_share_a_transaction(facts: Facts, db: Database) -> None:
    answers = await asyncio.gather(*(facts.put(f"f{number}", 1) for number in range(40)))
    assert answers == [Version(1)] * 40
    assert facts.batches == [40]
    assert await counts(db) == Counts(facts=40, outbox=40, audit=40, kept=40)


async def test_what_arrives_while_a_batch_commits_forms_the_next(facts: Facts) -> None:
    facts.gate.clear()
    first = asyncio.create_task(facts.put("a", 1))
    await until(lambda: bool(facts.batches))
    others = [asyncio.create_task(facts.put(f"b{number}", 1)) for number in range(7)]
    await asyncio.sleep(0)
    facts.gate.set()
    await asyncio.gather(first, *others)
    assert facts.batches == [1, 7]


async def test_a_batch_is_bounded(db: Database) -> None:
    facts = Facts(db, max_batch=10)
    await asyncio.gather(*(facts.put(f"f{number}", 1) for number in range(25)))
    assert max(facts.batches) == 10
    assert sum(facts.batches) == 25


async def test_a_batch_leaves_half_of_a_crowd_to_the_next_and_takes_few_callers_whole(db: Database) -> None:
    facts = Facts(db, max_batch=10)
    await asyncio.gather(*(facts.put(f"f{number}", 1) for number in range(16)))
    assert facts.batches == [8, 5, 3]
    facts.batches.clear()
    await asyncio.gather(*(facts.put(f"g{number}", 1) for number in range(5)))
    assert facts.batches == [5]


async def test_a_lane_of_one_takes_its_callers_one_by_one(db: Database) -> None:
    facts = Facts(db, max_batch=1)
    await asyncio.gather(*(facts.put(f"f{number}", 1) for number in range(3)))
    assert facts.batches == [1, 1, 1]


async def test_refused_put_off_and_failing_members_leave_their_neighbours_alone(facts: Facts, db: Database) -> None:
    outcomes = await asyncio.gather(
        facts.put("good", 1),
        facts.put("high", MOST + 1),
        facts.put("zero", 0),
        facts.put("bad", -1),
        facts.put("also-good", 2),
        facts.put("worse", UNSTORABLE),
        facts.put("good-too", 3),
        return_exceptions=True,
    )
    assert outcomes[0] == outcomes[4] == outcomes[6] == Version(1)
    assert isinstance(outcomes[1], TooHigh)
    assert isinstance(outcomes[2], Unavailable)
    assert isinstance(outcomes[3], ValueError)
    assert isinstance(outcomes[5], psycopg.DataError)
    # The refusal is kept, what was put off or failed is not; neither left an event behind.
    assert await counts(db) == Counts(facts=3, outbox=3, audit=3, kept=4)


async def test_what_was_written_ahead_is_rolled_back_and_its_connection_stays(db: Database) -> None:
    async def session() -> int:
        async with db.exclusive() as (connection, _):
            return connection.info.backend_pid

    facts = Facts(db, part=1)
    before = await session()
    outcomes = await asyncio.gather(facts.put("a", 1), facts.put("b", 2), facts.put("c", -1), return_exceptions=True)
    assert outcomes[:2] == [Version(1)] * 2
    assert facts.batches == [3, 1, 2, 1, 1]
    assert await session() == before
    assert await counts(db) == Counts(facts=2, outbox=2, audit=2, kept=2)


async def write_ahead_and(db: Database, then: Callable[[Batch], Awaitable[None]]) -> None:
    async with batch(db, CALLER) as tx:
        await tx.begin()
        tx.later("put_facts", rows([{"id": "lost", "value": 1}]))
        await tx.write_ahead()
        await then(tx)
        tx.later("put_facts", rows([{"id": "lost-too", "value": 1}]))
        await tx.commit()


async def test_what_was_written_ahead_is_gone_when_nobody_commits(db: Database) -> None:
    async def fail(_: Batch) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_ahead_and(db, fail)
    assert await counts(db) == NOTHING
    assert await Facts(db).put("a", 1) == Version(1)


async def test_a_database_that_is_lost_while_it_writes_has_written_nothing(db: Database) -> None:
    async def end_session(tx: Batch) -> None:
        async with db.tx(CALLER) as other:
            pid = tx.connection.info.backend_pid
            await other.connection.execute("select pg_terminate_backend(%s, 5000)", (pid,))

    with pytest.raises(DatabaseUnavailable):
        await write_ahead_and(db, end_session)
    assert await counts(db) == NOTHING
    assert await Facts(db).put("a", 1) == Version(1)


async def test_a_repeat_gets_the_same_answer_and_another_request_is_refused(facts: Facts, db: Database) -> None:
    first = await facts.put("a", 1, key="one-and-the-same")
    assert await facts.put("a", 1, key="one-and-the-same") == first
    with pytest.raises(KeyReused):
        await facts.put("a", 2, key="one-and-the-same")
    with pytest.raises(TooHigh):
        await facts.put("a", MOST + 5, key="a-refused-one")
    with pytest.raises(TooHigh) as refused:
        await facts.put("a", MOST + 5, key="a-refused-one")
    assert refused.value.facts == {"value": MOST + 5}
    assert await counts(db) == Counts(facts=1, outbox=1, audit=1, kept=2)


async def test_a_plan_made_for_an_empty_table_looks_up_when_it_is_full(facts: Facts, db: Database) -> None:
    """Plans stay until the next analyze: one that reads a table, or all of its index, must not be among them."""
    for number in range(6):  # after five times PostgreSQL may settle for one plan
        await facts.put("a", number + 1)
    async with db.tx(CALLER) as tx:
        await tx.connection.execute(
            "insert into idempotency (principal, operation, key, request_hash, reply, refused, at)"
            " select 'someone', 'put', 'key-' || n, '', '', false, now() from generate_series(1, 5000) as n"
        )
    asked = '[{"place": 0, "principal": "someone", "operation": "put", "key": "key-77"}]'
    async with db.exclusive() as (connection, _):
        explained = f"explain (analyze, timing off) execute st_kernel_find_idempotent_many('{asked}')"
        plan = [line async for (line,) in await connection.execute(explained)]
    assert "Nested Loop" in plan[0]
    assert not [line for line in plan if "rows=50" in line], "all rows were read"


_KEYS = (
    '{a,b},"c"',
    "back\\slash\\",
    "NULL NULL",
    "  spaces  ",
    "ü😀-ключ-ключ",
    "new\nline\there",
    "per%%cent%(key)s",
)


async def test_repeats_in_one_batch_find_their_own_answers_whatever_their_keys_are_made_of(facts: Facts) -> None:
    async def all_together(*more: Awaitable[Version]) -> list[Version]:
        return await asyncio.gather(*(facts.put(f"f{n}", 1, key) for n, key in enumerate(_KEYS)), *more)

    for turn in range(len(_KEYS)):  # so that every answer is another version
        await asyncio.gather(*(facts.put(f"f{n}", 1, f"earlier-{n}-{turn}") for n in range(turn)))
    first = await all_together()
    assert len(set(first)) == len(_KEYS)
    await facts.put("f0", 1, "f0-once-more")
    again = await all_together(facts.put("f0", 1, "f0-and-again"))
    assert again == [*first, Version(first[0].version + 2)]


async def test_twins_in_one_moment_do_the_work_once(facts: Facts, db: Database) -> None:
    answers = await asyncio.gather(*(facts.put("a", 1, key="the-same-key") for _ in range(5)))
    assert answers == [Version(1)] * 5
    assert await counts(db) == Counts(facts=1, outbox=1, audit=1, kept=1)


async def test_twins_in_two_processes_do_the_work_once(db: Database) -> None:
    lanes = [Facts(db) for _ in range(3)]
    answers = await asyncio.gather(*(lane.put("a", 1, key="the-same-key") for lane in lanes))
    assert answers == [Version(1)] * 3
    assert await counts(db) == Counts(facts=1, outbox=1, audit=1, kept=1)


async def test_who_leaves_before_the_batch_is_dropped_who_leaves_during_it_is_kept(facts: Facts, db: Database) -> None:
    facts.gate.clear()
    begun = asyncio.create_task(facts.put("begun", 1))
    await until(lambda: bool(facts.batches))
    waiting = asyncio.create_task(facts.put("waiting", 1))
    await asyncio.sleep(0)
    begun.cancel()
    waiting.cancel()
    facts.gate.set()
    await asyncio.gather(begun, waiting, return_exceptions=True)
    assert await facts.put("after", 1) == Version(1)
    assert await counts(db) == Counts(facts=2, outbox=2, audit=2, kept=2)
    assert await facts.put("begun", 1) == Version(1)  # its answer is there for whoever asks again
    assert facts.batches == [1, 1]


async def test_more_callers_than_can_be_answered_are_sent_away(db: Database) -> None:
    facts = Facts(db, max_waiting=3)
    facts.gate.clear()
    first = asyncio.create_task(facts.put("a", 1))
    await until(lambda: bool(facts.batches))
    others = [asyncio.create_task(facts.put(f"b{number}", 1)) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(LaneFull) as refused:
        await facts.put("c", 1)
    assert refused.value.retry_after_s > 0
    facts.gate.set()
    assert await asyncio.gather(first, *others) == [Version(1)] * 4


async def test_without_a_database_everybody_is_told_and_nothing_is_kept(facts: Facts, db: Database) -> None:
    await facts.put("before", 1)
    await db.close()
    outcomes = await asyncio.gather(*(facts.put(f"f{number}", 1) for number in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)


async def test_a_key_belongs_to_its_operation_and_principal(facts: Facts, db: Database) -> None:
    async def put(caller: Caller, operation: str, name: str) -> Version:
        return await facts.lane.write(
            caller=caller,
            operation=operation,
            key="one-key-of-many",
            request={"name": name},
            ask=Put(name, 1),
            reply=Version,
        )

    await put(CALLER, "put", "a")
    await put(CALLER, "put_again", "b")
    await put(system("another"), "put", "c")
    assert await counts(db) == Counts(facts=3, outbox=3, audit=3, kept=3)


async def test_the_first_answer_kept_for_another_call_stays(db: Database) -> None:
    key = "completed-once"

    async def work(tx: Batch, members: Sequence[Member[int]]) -> None:
        for member in members:
            member.keep_for((CALLER.principal, "complete", key), request_hash({}), Version(member.ask))
            member.answer(None)

    lane = Lane(db, name="probe", work=work)
    await lane.run(caller=CALLER, ask=1)
    await lane.run(caller=CALLER, ask=2)
    repeated = await lane.write(caller=CALLER, operation="complete", key=key, request={}, ask=3, reply=Version)
    assert repeated == Version(1)
    with pytest.raises(KeyReused):
        await lane.write(caller=CALLER, operation="complete", key=key, request={"other": 1}, ask=3, reply=Version)
