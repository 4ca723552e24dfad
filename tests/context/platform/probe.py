"""The probe: a context of one table, small enough that a test sees only the platform."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from springtide.platform.caller import system
from springtide.platform.database_roles import runtime_url
from springtide.platform.db import Database, Statements, Tx
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.testing import database_url
from springtide.platform.events import Event
from springtide.platform.migrate import migrate, prepare_schema

SECRET = "a-secret-key-for-tests-0123456789abcdef"
PROBE = "probe"
HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"
CALLER = system("test", "request-1")
_TEMPLATE = "template_probe"
_TEMPLATE_LOCK = 7_405_118  # the same as in tests/conftest.py: roles belong to the whole server


class Fact(msgspec.Struct, frozen=True):
    id: str
    value: int
    version: int


class FactChanged(Event, frozen=True, kw_only=True):
    TYPE = "probe.fact_changed"

    value: int


class FactPoisoned(Event, frozen=True, kw_only=True):
    TYPE = "probe.fact_poisoned"

    value: int


@dataclass(frozen=True)
class Counts:
    facts: int
    outbox: int
    audit: int
    kept: int


@contextmanager
def roles_locked(engines: Engines) -> Iterator[psycopg.Connection]:
    """Keep other test processes from making roles meanwhile; gives a connection to the server."""
    with psycopg.connect(engines.database_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_TEMPLATE_LOCK])
        yield connection


def template(engines: Engines) -> str:
    """Return the database with the probe's schema; made once, copied by every test."""
    with roles_locked(engines) as connection:
        name = sql.Identifier(_TEMPLATE)
        if connection.execute("select 1 from pg_database where datname = %s and datistemplate", [_TEMPLATE]).fetchone():
            return _TEMPLATE
        connection.execute(sql.SQL("drop database if exists {}").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
        url = database_url(engines, _TEMPLATE)
        prepare_schema(url, SECRET, PROBE)
        migrate(url, PROBE, MIGRATIONS)
        connection.execute(sql.SQL("alter database {} is_template true").format(name))
    return _TEMPLATE


def database(url: str, *, max_connections: int = 4) -> Database:
    return Database(
        runtime_url(url, SECRET, PROBE), PROBE, Statements.load(HERE / "probe.sql"), max_connections=max_connections
    )


async def change(tx: Tx, name: str, value: int) -> int:
    """Change a fact, with its event and its audit row; return its version."""
    await tx.run("put_fact", {"id": name, "value": value})
    fact = await tx.one("lock_fact", {"id": name}, row=Fact)
    tx.emit(FactChanged(value=value), aggregate_id=name, aggregate_version=fact.version, market="GB")
    tx.audit("fact_changed", name, value=value)
    return fact.version


async def count(db: Database, statement: str) -> int:
    async with db.read() as read:
        return int(await read.value(statement))


async def counts(db: Database) -> Counts:
    async with db.read() as read:
        return Counts(
            facts=await read.value("count_facts"),
            outbox=await read.value("count_outbox"),
            audit=await read.value("count_audit"),
            kept=await read.value("count_kept"),
        )


async def until(question: Callable[[], Awaitable[bool] | bool], *, within_s: float = 20.0) -> None:
    """Ask again and again until the answer is yes."""
    deadline = time.monotonic() + within_s
    while True:
        answer = question()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"not within {within_s} s"
        await asyncio.sleep(0.02)
