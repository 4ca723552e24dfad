"""The durable store: one SQLite file, one writer thread, many callers per commit.

Every commit is synchronous (WAL, ``synchronous=FULL``): what was answered survives a kill -9. The calls that wait
while a commit is under way form the next transaction, so durability costs one fsync per batch and not per call.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

BATCH_LIMIT = 256
BUSY_TIMEOUT_S = 5.0
Answer = TypeVar("Answer")


class _Job(msgspec.Struct, frozen=True):
    work: Callable[[sqlite3.Connection], Any]
    done: Future[Any]


class Ledger:
    """Runs functions on the store's connection, one after the other, each all or nothing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "gateway.sqlite3"
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, name="sandbox-ledger", daemon=True)

    def open(self) -> None:
        """Create or open the file; raises sqlite3.Error when it cannot be used."""
        self._thread.start()
        self._ready.result()

    def close(self) -> None:
        """Finish what was handed in and close the file."""
        self._jobs.put(None)
        self._thread.join()

    async def run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Run ``work`` inside a durable transaction and give back its answer; its exception undoes it alone."""
        job = _Job(work, Future())
        self._jobs.put(job)
        answer: Answer = await asyncio.shield(asyncio.wrap_future(job.done))
        return answer

    def _serve(self) -> None:
        try:
            connection = _connect(self._path)
        except sqlite3.Error as error:
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        closing = False
        while not closing:
            batch, closing = self._next_batch()
            if batch:
                _commit(connection, batch)
        connection.close()

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == BATCH_LIMIT or self._jobs.empty():
                return batch, False
            job = self._jobs.get()
        return batch, True


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    schema = resources.files("springtide.sandbox").joinpath("schema.sql").read_text(encoding="utf-8")
    connection.executescript(schema)
    return connection


def _commit(connection: sqlite3.Connection, batch: list[_Job]) -> None:
    """Run the batch in one transaction; callers are answered only after the commit is on disk."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_run_alone(connection, job.work) for job in batch]
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in batch:
            job.done.set_exception(error)
        return
    for job, (answer, problem) in zip(batch, outcomes, strict=True):
        if problem is None:
            job.done.set_result(answer)
        else:
            job.done.set_exception(problem)


def _run_alone(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]
) -> tuple[Any, Exception | None]:
    """Run one member under a savepoint so that its failure leaves its neighbours alone."""
    connection.execute("SAVEPOINT member")
    try:
        answer = work(connection)
    except Exception as problem:  # noqa: BLE001 - handed to the caller through its future
        connection.execute("ROLLBACK TO member")
        connection.execute("RELEASE member")
        return None, problem
    connection.execute("RELEASE member")
    return answer, None
