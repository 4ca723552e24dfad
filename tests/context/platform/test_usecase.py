"""Promise 6: every write can be repeated, and a refused write leaves nothing."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from springtide.platform.db import Database, Tx, UniqueViolation
from springtide.platform.errors import BadInput, Conflict, KeyReused, Unavailable
from springtide.platform.usecase import MAX_KEY, MIN_KEY, write
from tests.context.platform.probe import CALLER, Counts, FactChanged, change, counts

KEY = "key-0001"
NOTHING = Counts(facts=0, outbox=0, audit=0, kept=0)


class Full(Conflict):
    code = "probe_full"


class Reply(msgspec.Struct, frozen=True):
    version: int
    words: tuple[str, ...]


class Writer:
    """Counts how often the work was really done."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.done = 0

    async def set(self, value: int, *, key: str = KEY, operation: str = "set", name: str = "a") -> Reply:
        async def work(tx: Tx) -> Reply:
            self.done += 1
            return Reply(await change(tx, name, value), ("b", "a"))

        return await write(
            self.db, caller=CALLER, operation=operation, key=key, request={"value": value}, reply=Reply, work=work
        )

    async def fail(self, error: Exception, *, key: str = KEY) -> None:
        async def work(tx: Tx) -> None:
            self.done += 1
            await change(tx, "a", 1)
            raise error

        await write(self.db, caller=CALLER, operation="fail", key=key, request={}, reply=type(None), work=work)


@pytest.fixture
def writer(db: Database) -> Writer:
    return Writer(db)


async def test_fact_event_audit_and_answer_commit_together(writer: Writer) -> None:
    await writer.set(1)
    assert await counts(writer.db) == Counts(facts=1, outbox=1, audit=1, kept=1)


async def test_same_key_and_body_gives_the_same_reply_and_does_nothing(writer: Writer) -> None:
    first = await writer.set(1)
    await writer.set(2, key="another-key")
    again = await writer.set(1)
    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(first)
    assert again == Reply(1, ("b", "a"))
    assert writer.done == 2


async def test_same_key_with_another_body_is_refused_and_changes_nothing(writer: Writer) -> None:
    await writer.set(1)
    before = await counts(writer.db)
    with pytest.raises(KeyReused):
        await writer.set(2)
    assert await counts(writer.db) == before
    assert writer.done == 1


async def test_two_at_once_with_one_key_do_the_work_once(writer: Writer) -> None:
    replies = await asyncio.gather(*(writer.set(1) for _ in range(4)))
    assert set(replies) == {Reply(1, ("b", "a"))}
    assert await counts(writer.db) == Counts(facts=1, outbox=1, audit=1, kept=1)


async def test_two_at_once_whose_work_meets_a_unique_index_give_one_answer(db: Database) -> None:
    first_is_in, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> str:
        await tx.run("add_fact", {"id": "a", "value": 1})
        first_is_in.set()
        await may_go_on.wait()
        return "made"

    async def quick(tx: Tx) -> str:
        may_go_on.set()
        await tx.run("add_fact", {"id": "a", "value": 1})
        return "made twice"

    def call(work: Any) -> Coroutine[Any, Any, str]:
        return write(db, caller=CALLER, operation="make", key=KEY, request={}, reply=str, work=work)

    first = asyncio.create_task(call(slow))
    await first_is_in.wait()
    second = asyncio.create_task(call(quick))
    assert list(await asyncio.gather(first, second)) == ["made", "made"]


async def test_unique_index_that_says_no_to_a_stranger_is_raised(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.run("add_fact", {"id": "a", "value": 1})

    await write(db, caller=CALLER, operation="make", key=KEY, request={}, reply=type(None), work=work)
    with pytest.raises(UniqueViolation) as refused:
        await write(db, caller=CALLER, operation="make", key="key-0002", request={}, reply=type(None), work=work)
    assert refused.value.constraint == "fact_pkey"
    assert (await counts(db)).kept == 1


async def test_refusal_is_kept_and_given_again_and_changes_nothing(writer: Writer) -> None:
    for _ in range(2):
        with pytest.raises(Full) as refused:
            await writer.fail(Full("No room.", short=["a"], left=0))
        assert (refused.value.detail, refused.value.facts) == ("No room.", {"short": ["a"], "left": 0})
    assert writer.done == 1
    assert await counts(writer.db) == Counts(facts=0, outbox=0, audit=0, kept=1)


@pytest.mark.parametrize("error", [Unavailable("The bank sleeps."), RuntimeError("a bug")])
async def test_what_is_not_final_is_never_kept(writer: Writer, error: Exception) -> None:
    for _ in range(2):
        with pytest.raises(type(error)):
            await writer.fail(error)
    assert writer.done == 2
    assert await counts(writer.db) == NOTHING


async def test_rolled_back_work_leaves_no_event_and_wakes_no_relay(db: Database) -> None:
    message = "on purpose"
    with pytest.raises(RuntimeError, match=message):  # noqa: PT012 - the block is what must not be left
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
            raise RuntimeError(message)
    assert await counts(db) == NOTHING
    assert not db.wake_relay.is_set()
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
    assert db.wake_relay.is_set()


@pytest.mark.parametrize("length", [MIN_KEY - 1, MAX_KEY + 1])
async def test_key_of_a_wrong_length_is_refused(writer: Writer, length: int) -> None:
    with pytest.raises(BadInput):
        await writer.set(1, key="k" * length)
    assert await counts(writer.db) == NOTHING


async def test_an_event_too_large_to_travel_fails_the_transaction_that_emits_it(db: Database) -> None:
    class Huge(FactChanged, frozen=True, kw_only=True):
        TYPE = "probe.huge"
        text: str

    with pytest.raises(ValueError, match=r"probe\.huge"):  # noqa: PT012 - the block is what must not be left
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
            tx.emit(Huge(value=1, text="x" * 500_000), aggregate_id="a", aggregate_version=2)
    assert await counts(db) == NOTHING
