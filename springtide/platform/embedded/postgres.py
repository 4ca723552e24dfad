"""PostgreSQL from its wheel as a child process: initialised once, TCP on 127.0.0.1 only, passwords for everybody.

Durable by default: an answer with success survives a kill -9 and a power cut (promise 2). Without durability (tests) a
kill -9 of a process still loses nothing, a power cut may.
"""

import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from springtide.platform.embedded import logs as log_files
from springtide.platform.embedded.binaries import postgres_programs
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import POSTGRESQL_MAJOR, SETTING, DataFolder
from springtide.platform.embedded.launch import Launch, bare_environ, end_process, launch
from springtide.platform.embedded.port_book import PortBook
from springtide.platform.embedded.ports import HOST
from springtide.platform.embedded.problems import ChildFailed, DamagedFolder, NoPermission, OtherVersion, recognise
from springtide.platform.embedded.stragglers import programs_working_in, works_in
from springtide.platform.embedded.supervisor import Child, Say

NAME = "postgres"
SUPERUSER = "postgres"
DATABASE = "springtide"
# SIGINT is PostgreSQL's fast shutdown (roll back, check-point, end), SIGQUIT its immediate one (recover at next start).
_STOP_SIGNALS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_STRAGGLER_SIGNALS = ((signal.SIGTERM, 5.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0))
# Recovery after a kill replays at most max_wal_size.
_READY_WITHIN_S = 180.0

# For one shop on a small machine. The contexts' pools together stay under 40 connections (design, section 3).
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "48MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    # What an archive that is away may hold back; then it begins anew with a base backup, and the disk stays free.
    "max_slot_wal_keep_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_duration_statement": "2s",
    # Personal data stays out of logs: no parameters, no "Key (email)=(…) already exists".
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "password_encryption": "scram-sha-256",
    # A table that has just begun grows by a fifth in seconds. Tidying it each time took a sixth of the database's time.
    "autovacuum_naptime": "60s",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_vacuum_insert_threshold": "10000",
    "autovacuum_analyze_threshold": "1000",
    # Pages come from memory or a local disk: handing each read to a process of workers costs more than the read.
    "io_method": "sync",
}
_NOT_DURABLE: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
}


class Postgres:
    """One PostgreSQL in one data folder. `tuning`: settings that go before ours."""

    def __init__(
        self,
        folder: DataFolder,
        ports: PortBook,
        *,
        password: str,
        durable: bool,
        say: Say,
        tuning: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._ports = ports
        self._password = password
        self._settings = {**_SETTINGS, **({} if durable else _NOT_DURABLE), **(tuning or {})}
        self._is_durable = durable
        self._say = say

    def child(self) -> Child:
        """Describe the process to the supervisor."""
        return Child(
            name=NAME,
            command=self._command,
            environ=bare_environ(),
            is_ready=self._is_ready,
            ready_within_s=_READY_WITHIN_S,
            stop_signals=_STOP_SIGNALS,
            account=self._folder.account,
        )

    def url(self) -> str:
        """Return the superuser's URL of the shop's database."""
        return postgres_url(self._ports[NAME], self._password)

    async def create_database(self) -> None:
        """Make the shop's database if it is not there."""
        async with self._connection() as connection:
            cursor = await connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if await cursor.fetchone() is None:
                # An archive that every commit waits for is not there yet.
                await connection.execute("set synchronous_commit = local")
                await connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))

    async def _command(self) -> Sequence[str]:
        programs = postgres_programs(self._folder, say=self._say)
        await self._end_stragglers(self._folder.pg)
        if self._folder.pg.exists():
            self._require_usable()
        else:
            await self._initialise(programs)
        given = (part for name, value in self._settings.items() for part in ("-c", f"{name}={value}"))
        port = str(self._ports.choose(NAME))
        return (str(programs / "postgres"), "-D", str(self._folder.pg), "-p", port, *given)

    async def _is_ready(self) -> bool:
        try:
            async with self._connection():
                return True
        except psycopg.OperationalError:
            return False

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[psycopg.AsyncConnection]:
        url = postgres_url(self._ports[NAME], self._password, SUPERUSER)
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=2)
        async with connection:
            yield connection

    def _require_usable(self) -> None:
        """Refuse a data directory that PostgreSQL would refuse, or worse, in words of ours."""
        pg = self._folder.pg
        owner = self._folder.account.uid if self._folder.account else self._folder.root.stat().st_uid
        if pg.stat().st_uid != owner:
            msg = f"the database in {pg} belongs to another account: start as the user of before, or set {SETTING}"
            raise NoPermission(msg)
        version_file = pg / "PG_VERSION"
        if not version_file.exists():
            msg = f"the database in {pg} is damaged (no PG_VERSION): restore it from a backup"
            raise DamagedFolder(msg)
        major = version_file.read_text(encoding="ascii").strip()
        if major != str(POSTGRESQL_MAJOR):
            msg = f"the database in {pg} is of PostgreSQL {major}, this is {POSTGRESQL_MAJOR}: choose another {SETTING}"
            raise OtherVersion(msg)

    async def _initialise(self, programs: Path) -> None:
        """Run initdb into a draft and rename it: a run ended in the middle leaves no half database behind."""
        self._say("Creating the database")
        draft = self._folder.pg.with_name("pg.new")
        await self._end_stragglers(draft)
        if draft.exists():
            shutil.rmtree(draft)
        self._folder.make_private(draft)
        password_file = self._folder.run / "initdb.password"
        write_atomically(password_file, self._password, mode=0o600, account=self._folder.account)
        try:
            await self._run_initdb(programs, draft, password_file)
        finally:
            password_file.unlink()
        draft.rename(self._folder.pg)

    async def _run_initdb(self, programs: Path, target: Path, password_file: Path) -> None:
        log_path = self._folder.logs / "initdb.log"
        log_path.unlink(missing_ok=True)
        command = (
            *(str(programs / "initdb"), "-D", str(target), "-U", SUPERUSER, "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={password_file}"),
            *(() if self._is_durable else ("--no-sync",)),
        )
        with log_files.open_log(log_path) as log:
            how = Launch(command=command, environ=bare_environ(), log=log, account=self._folder.account)
            code = await (await launch(how)).wait()
        if code:
            lines = log_files.last_lines(log_path)
            raise recognise("initdb", lines) or ChildFailed(f"the database cannot be created; log: {log_path}", lines)

    async def _end_stragglers(self, directory: Path) -> None:
        """End what still works in the data directory: children of a killed postmaster, or one started by hand."""
        for pid in programs_working_in(directory):
            self._say(f"{NAME}: ending process {pid} of a former run")
            if not await end_process(pid, _STRAGGLER_SIGNALS, is_alive=partial(works_in, directory, pid)):
                msg = f"{NAME}: process {pid} still works in {directory}: end it by hand"
                raise ChildFailed(msg)
        (directory / "postmaster.pid").unlink(missing_ok=True)


def postgres_url(port: int, password: str, database: str = DATABASE) -> str:
    """Return the superuser's URL of a database."""
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/{database}"
