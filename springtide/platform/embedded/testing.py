"""Engines for a test session: one pair for all tests, started once in about a second, and databases by the dozen.

    @pytest.fixture(scope="session")
    def engines() -> Iterator[Engines]:
        with shared_engines() as started:
            yield started

Processes that inherit our environment (pytest-xdist workers, processes under test) join the same pair.
"""

import asyncio
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from springtide.platform.embedded.engines import Engines, running_engines
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.supervisor import Say

ENVIRONMENT_KEY = "SPRINGTIDE_TEST_ENGINES"
_READY_WITHIN_S = 120.0


@contextmanager
def scratch_data_folder(say: Say = lambda _: None) -> Iterator[DataFolder]:
    """Give a data folder that is removed afterwards.

    Not under pytest's `tmp_path`: as root that lies in a folder which the database account may not enter.
    """
    place = Path(tempfile.mkdtemp(prefix="springtide-"))
    try:
        yield open_data_folder(place, say=say)
    finally:
        shutil.rmtree(place)


@contextmanager
def shared_engines(say: Say = lambda _: None) -> Iterator[Engines]:
    """Start both engines without durability, or join those of the session. For sync code: they live in a thread."""
    joined = os.environ.get(ENVIRONMENT_KEY)
    if joined:
        yield Engines(**json.loads(joined))
        return
    with scratch_data_folder(say) as folder, _in_thread(folder, say) as engines:
        os.environ[ENVIRONMENT_KEY] = json.dumps(asdict(engines))
        try:
            yield engines
        finally:
            del os.environ[ENVIRONMENT_KEY]


@contextmanager
def scratch_database(engines: Engines, *, template: str = "template1") -> Iterator[str]:
    """Create a database, give its superuser URL, drop it afterwards with whoever is still connected.

    `template` names the database to copy; nobody may be connected to it.
    """
    name = f"test_{uuid4().hex}"
    names = (sql.Identifier(name), sql.Identifier(template))
    create = sql.SQL("create database {} template {} strategy file_copy").format(*names)
    with psycopg.connect(engines.database_url, autocommit=True) as connection:
        connection.execute(create)
    try:
        yield database_url(engines, name)
    finally:
        with psycopg.connect(engines.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def database_url(engines: Engines, name: str) -> str:
    """Return the superuser's URL of another database in the same server."""
    return urlunsplit(urlsplit(engines.database_url)._replace(path=f"/{name}"))


@contextmanager
def _in_thread(folder: DataFolder, say: Say) -> Iterator[Engines]:
    """Run the engines in an event loop of their own. The thread must outlive them: they end when it does."""
    started: list[Engines | BaseException] = []
    is_started = threading.Event()
    loop = asyncio.new_event_loop()
    may_end = asyncio.Event()

    async def live() -> None:
        async with running_engines(folder, say=say, durable=False) as engines:
            started.append(engines)
            is_started.set()
            await may_end.wait()

    def run() -> None:
        try:
            loop.run_until_complete(live())
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits
            started.insert(0, error)
        finally:
            loop.close()
            is_started.set()

    thread = threading.Thread(target=run, name="engines")
    thread.start()
    try:
        if not is_started.wait(_READY_WITHIN_S) or not started:
            msg = f"the engines were not ready within {_READY_WITHIN_S:.0f} s"
            raise TimeoutError(msg)
        if isinstance(started[0], BaseException):
            raise started[0]
        yield started[0]
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(may_end.set)
        thread.join()
