"""What is counted has committed; what is shown is what there is."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import Counter, generate_latest

from springtide.platform.batch import Batch
from springtide.platform.coalesce import Lane
from springtide.platform.db import Database
from springtide.platform.depths import CONSUMER_PENDING, JOBS_WAITING, measure
from springtide.platform.errors import Conflict
from springtide.platform.member import Member
from springtide.platform.telemetry import REGISTRY
from tests.context.platform.probe import CALLER, until

SEEN = Counter("probe_seen", "Counted by the tests", ["what"], registry=None)


def seen(what: str) -> float:
    return float(SEEN.labels(what)._value.get())


async def roll_back(db: Database) -> None:
    async with db.tx(CALLER) as tx:
        tx.count(SEEN, "rolled back")
        raise Conflict


async def test_a_transaction_counts_when_it_has_committed_and_not_when_it_rolled_back(db: Database) -> None:
    async with db.tx(CALLER) as tx:
        tx.count(SEEN, "committed", by=3)
        assert seen("committed") == 0
    assert seen("committed") == 3
    with pytest.raises(Conflict):
        await roll_back(db)
    assert seen("rolled back") == 0


async def test_a_batch_counts_each_of_its_members_once_and_a_repeat_not_again(db: Database) -> None:
    async def work(_: Batch, members: Sequence[Member[Any]]) -> None:
        for member in members:
            member.count(SEEN, "asked")
            if member.ask == "bad":
                member.refuse(Conflict("no"))
            else:
                member.answer("yes")

    lane = Lane(db, name="counting", work=work)

    async def ask(what: str, key: str) -> str:
        return await lane.write(caller=CALLER, operation="ask", key=key, request={"a": what}, ask=what, reply=str)

    answers = await asyncio.gather(
        *(ask("good", f"key-{number}-good") for number in range(5)),
        ask("bad", "key-of-the-bad"),
        return_exceptions=True,
    )
    assert answers[:5] == ["yes"] * 5
    assert isinstance(answers[5], Conflict)
    assert seen("asked") == 6
    assert await ask("good", "key-0-good") == "yes"
    assert seen("asked") == 6


async def test_pools_lanes_and_the_process_are_among_the_metrics(db: Database) -> None:
    async with db.read() as read:
        await read.value("kernel_now")
        labels = {"context": "probe", "pool": "statements"}
        assert (REGISTRY.get_sample_value("springtide_db_pool_connections", {**labels, "state": "used"}) or 0) >= 1
        assert REGISTRY.get_sample_value("springtide_db_pool_limit_connections", labels) >= 1
    assert (REGISTRY.get_sample_value("springtide_db_pool_requests_total", labels) or 0) >= 1
    assert b"process_cpu_seconds_total" in generate_latest(REGISTRY)


class Bus:
    async def consumer_lag(self, consumer: str) -> int:
        return {"orders": 7}[consumer]


class Queue:
    async def waiting(self) -> int:
        return 3


async def test_queues_are_measured_where_they_are_worked_off() -> None:
    await measure(Bus(), ["orders"], {"orders": Queue()})
    assert CONSUMER_PENDING.labels("orders")._value.get() == 7
    assert JOBS_WAITING.labels("orders")._value.get() == 3


async def test_calls_that_wait_for_a_batch_are_shown_while_they_wait(db: Database) -> None:
    go_on = asyncio.Event()

    async def work(_: Batch, members: Sequence[Member[Any]]) -> None:
        await go_on.wait()
        for member in members:
            member.answer("yes")

    lane = Lane(db, name="slow one", work=work, max_batch=1)
    calls = [asyncio.create_task(lane.run(caller=CALLER, ask=number)) for number in range(4)]
    await until(lambda: lane.waiting == 3)
    assert REGISTRY.get_sample_value("springtide_lane_waiting", {"lane": "slow one"}) == 3
    go_on.set()
    await asyncio.gather(*calls)
    assert REGISTRY.get_sample_value("springtide_lane_waiting", {"lane": "slow one"}) == 0
