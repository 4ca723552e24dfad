"""A PostgreSQL primary and a synchronous standby, from the wheel: killed, promoted, and brought back as a standby."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from fakes.serving import free_port

from springtide.platform.embedded.account import Account, engine_account
from springtide.platform.embedded.binaries import postgres_programs
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.stragglers import programs_working_in

PASSWORD = "a-password-for-tests"
SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "100",
    "wal_log_hints": "on",  # pg_rewind needs it
    "wal_keep_size": "256MB",
    "hot_standby": "on",
}


class Server:
    """One PostgreSQL: its data directory, its port, its name as a standby. `inside`: words before its command."""

    def __init__(self, place: Path, name: str, *, host: str = "127.0.0.1", inside: Sequence[str] = ()) -> None:
        self.name, self.host, self.port = name, host, free_port()
        self.data = place / name
        self._place, self._inside = place, tuple(inside)
        self._account: Account | None = engine_account(say=print)
        self._programs = postgres_programs(DataFolder(place, self._account), say=print)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{PASSWORD}@{self.host}:{self.port}/postgres"

    def run(self, name: str, *arguments: str) -> None:
        """Run one of the wheel's programs to its end, as the account that owns the data."""
        done = subprocess.run(
            [str(self._programs / name), *arguments],
            **self._as_account(),
            env={"PATH": "/usr/bin:/bin", "PGPASSWORD": PASSWORD, "LC_ALL": "C"},
            capture_output=True,
            check=False,
            cwd="/",
        )
        assert done.returncode == 0, (name, done.stdout, done.stderr)

    def initialise(self, *, networks: Sequence[str] = ()) -> None:
        self._own_place()
        words = self._place / "words"
        words.write_text(PASSWORD)
        words.chmod(0o644)
        arguments = ("-D", str(self.data), "-U", "postgres", "--encoding=UTF8", "--no-locale", "--no-sync")
        self.run("initdb", *arguments, "--auth=scram-sha-256", f"--pwfile={words}")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.writelines(f"host all all {network} scram-sha-256\n" for network in networks)

    def start(self, **settings: str) -> None:
        given = {**SETTINGS, "listen_addresses": self.host, **settings}
        options = (part for name, value in given.items() for part in ("-c", f"{name}={value}"))
        command = [
            *self._elsewhere(),
            str(self._programs / "postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            *options,
        ]
        with (self._place / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                **({} if self._inside else self._as_account()),
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
            )

    def follow(self, primary: "Server") -> None:
        """Become a copy of a primary that follows it."""
        self._own_place()
        source = f"host={primary.host} port={primary.port} user=postgres application_name={self.name}"
        self.run("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-d", source)
        self._set_password_of_source()

    def rewind_to(self, primary: "Server") -> None:
        """Fenced and brought back: what it alone had is taken back, then it follows the new primary."""
        source = f"host={primary.host} port={primary.port} user=postgres application_name={self.name}"
        self.run("pg_rewind", "-D", str(self.data), "--source-server", f"{source} dbname=postgres", "-R", "--no-sync")
        self._set_password_of_source()

    def _set_password_of_source(self) -> None:
        settings = self.data / "postgresql.auto.conf"
        known = settings.read_text().replace("primary_conninfo = '", f"primary_conninfo = 'password={PASSWORD} ")
        settings.write_text(known)

    def promote(self) -> None:
        self.run("pg_ctl", "promote", "-D", str(self.data), "-w")

    def kill(self) -> None:
        """Kill -9 the whole server at once, as when its machine is lost."""
        for pid in programs_working_in(self.data):
            os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def end(self) -> None:
        """Stop in order."""
        self.run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")
        if self._process is not None:
            self._process.wait()

    async def answers(self, statement: str = "select 1", *, within_s: float = 30) -> object:
        """Wait until the server answers a question with a row; return its first column."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self.url, autocommit=True, connect_timeout=2)
                async with connection:
                    row = await (await connection.execute(statement)).fetchone()
                    if row is not None:
                        return row[0]
            except psycopg.OperationalError:
                pass  # it is starting
            assert time.monotonic() < deadline, (self._place / f"{self.name}.log").read_text()[-3000:]
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def _own_place(self) -> None:
        self.data.mkdir(mode=0o700)
        if self._account is not None:
            os.chown(self.data, self._account.uid, self._account.gid)

    def _elsewhere(self) -> tuple[str, ...]:
        """Going to another host needs root; only there the rights are dropped."""
        if not self._inside or self._account is None:
            return ()
        who = ("--reuid", str(self._account.uid), "--regid", str(self._account.gid), "--clear-groups")
        return (*self._inside, "setpriv", *who)

    def _as_account(self) -> dict[str, object]:
        if self._account is None:
            return {}
        return {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
