"""Jobs are ordered in the transaction that needs them, and run again when their worker dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from springtide.platform import jobs as jobs_module
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database
from springtide.platform.jobs import Jobs
from springtide.platform.tasks import stopped
from tests.context.platform import probe
from tests.context.platform.probe import CALLER, change, count, until
from tests.context.platform.processes import kill, running


class Notes:
    """A job that writes down its arguments, after failing as often as it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.failures = 0
        self.running = 0
        self.most_at_once = 0

    async def note(self, *, text: str) -> None:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(0.02)
        self.running -= 1
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.seen.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def jobs(probe_url: str, notes: Notes) -> Jobs:
    made = Jobs(runtime_url(probe_url, probe.SECRET, probe.PROBE), probe.PROBE)
    made.register({"note": notes.note})
    return made


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator[None]:
    task = asyncio.create_task(jobs.run_worker())
    try:
        yield
    finally:
        await stopped([task])


def is_done(db: Database) -> Callable[[], "asyncio.Future[bool]"]:
    async def ask() -> bool:
        return await count(db, "count_jobs") == 0

    return lambda: asyncio.ensure_future(ask())


async def test_rollback_leaves_no_job(db: Database, jobs: Jobs) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what must not be left
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
            await jobs.defer(tx, "note", text="never")
            raise ZeroDivisionError
    assert await count(db, "count_jobs") == 0


async def test_worker_that_is_stopped_finishes_the_job_in_hand(
    db: Database, probe_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, begun, done = Jobs(runtime_url(probe_url, probe.SECRET, probe.PROBE), probe.PROBE), asyncio.Event(), []

    async def slow(*, text: str) -> None:
        begun.set()
        await asyncio.sleep(1.2)  # longer than `stopped` waits before it cancels again
        done.append(text)

    jobs.register({"note": slow})
    async with db.tx(CALLER) as tx:
        await jobs.defer(tx, "note", text="last")
    async with working(jobs):
        await begun.wait()
    assert done == ["last"]
    assert await count(db, "count_jobs") == 0


async def test_job_that_takes_too_long_is_given_back(
    db: Database, probe_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "_FINISHED_WITHIN_S", 0.2)
    url, begun, done = runtime_url(probe_url, probe.SECRET, probe.PROBE), asyncio.Event(), []

    async def endless(*, text: str) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def quick(*, text: str) -> None:
        done.append(text)

    first, second = Jobs(url, probe.PROBE), Jobs(url, probe.PROBE)
    first.register({"note": endless})
    second.register({"note": quick})
    async with db.tx(CALLER) as tx:
        await first.defer(tx, "note", text="again")
    async with working(first):
        await begun.wait()
    async with working(second):
        await until(lambda: done == ["again"])


async def test_committed_job_is_done_once(db: Database, jobs: Jobs, notes: Notes) -> None:
    async with db.tx(CALLER) as tx:
        await jobs.defer(tx, "note", text="hello")
    async with working(jobs):
        await until(is_done(db))
    assert notes.seen == ["hello"]


async def test_job_ordered_while_the_worker_runs_is_picked_up(db: Database, jobs: Jobs, notes: Notes) -> None:
    async with working(jobs):
        async with db.tx(CALLER) as tx:
            await jobs.defer(tx, "note", text="hello")
        await until(lambda: notes.seen == ["hello"])


async def test_failed_job_is_tried_again(db: Database, jobs: Jobs, notes: Notes) -> None:
    notes.failures = 1
    async with db.tx(CALLER) as tx:
        await jobs.defer(tx, "note", text="hello")
    async with working(jobs):
        await until(is_done(db))
    assert notes.seen == ["hello"]


async def test_jobs_with_one_lock_run_one_after_the_other(db: Database, jobs: Jobs, notes: Notes) -> None:
    async with db.tx(CALLER) as tx:
        for number in range(4):
            await jobs.defer(tx, "note", lock="order-1", text=str(number))
    async with working(jobs):
        await until(is_done(db))
    assert notes.seen == ["0", "1", "2", "3"]
    assert notes.most_at_once == 1


async def test_job_of_a_killed_worker_is_taken_again(
    probe_url: str, db: Database, jobs: Jobs, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "_STALLED_AFTER_S", 2.5)
    async with db.tx(CALLER) as tx:
        await jobs.defer(tx, "note", text="hello")
    async with running("work_and_die.py", probe_url, expect="taken") as process:
        await kill(process)
    async with working(jobs):
        await until(is_done(db), within_s=40)
    assert notes.seen == ["hello"]
