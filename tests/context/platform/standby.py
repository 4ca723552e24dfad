"""A durable PostgreSQL of its own and a streaming standby of it, both from the wheel."""

import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from fakes.serving import free_port

from springtide.platform.embedded.binaries import postgres_programs
from springtide.platform.embedded.engines import running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import bare_environ
from springtide.platform.embedded.testing import scratch_data_folder

_READY_WITHIN_S = 30.0


class Standby:
    """A copy that follows. `url`: the superuser's, of the same database."""

    def __init__(self, folder: DataFolder, primary_url: str) -> None:
        self._folder = folder
        self._primary = urlsplit(primary_url)
        self._port = free_port()
        self._programs = postgres_programs(folder, say=lambda _: None)
        self._data = folder.root / "standby"
        self._process: subprocess.Popen[bytes] | None = None
        netloc = f"{self._primary.netloc.rpartition('@')[0]}@127.0.0.1:{self._port}"
        self.url = urlunsplit(self._primary._replace(netloc=netloc))

    def copy(self) -> None:
        """Copy the primary as it runs."""
        self._folder.make_private(self._data)
        source = self._primary
        self._run(
            "pg_basebackup", "-D", str(self._data), "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
            *("-h", str(source.hostname), "-p", str(source.port), "-U", unquote(source.username or "")),
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = (
            *(str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self._port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"),
        )
        self._process = self._popen(command)
        deadline = time.monotonic() + _READY_WITHIN_S
        while not self._answers():
            assert time.monotonic() < deadline, "the standby did not start"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate
            self._process.wait(10)
            self._process = None

    def pause(self, *, is_paused: bool) -> None:
        """Stop or go on replaying what arrives."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"select pg_wal_replay_{'pause' if is_paused else 'resume'}()")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        process = self._popen((str(self._programs / program), *words))
        assert process.wait(60) == 0

    def _popen(self, command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        account = self._folder.account
        return subprocess.Popen(
            command,
            env={**bare_environ(), "PGPASSWORD": unquote(self._primary.password or "")},
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


@asynccontextmanager
async def primary_and_folder() -> AsyncIterator[tuple[str, DataFolder]]:
    """Run a durable PostgreSQL (one that writes what a standby needs); give its superuser's URL and its folder."""
    with scratch_data_folder() as folder:
        async with running_engines(folder, say=lambda _: None) as engines:
            yield engines.database_url, folder


@contextmanager
def standby_of(primary_url: str, folder: DataFolder) -> Iterator[Standby]:
    """Copy and run a standby; ended and removed afterwards."""
    standby = Standby(folder, primary_url)
    standby.copy()
    standby.start()
    try:
        yield standby
    finally:
        standby.stop()


__all__ = ["Standby", "primary_and_folder", "standby_of"]
