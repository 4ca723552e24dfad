"""A real PgBouncer in transaction mode in front of the session's PostgreSQL."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
import pytest
from fakes.serving import free_port

PROGRAM = "/usr/sbin/pgbouncer"
_READY_WITHIN_S = 10.0
_CONFIG = """
[databases]
* = host={host} port={server} auth_user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
auth_type = scram-sha-256
auth_file = {folder}/userlist.txt
auth_query = select rolname, rolpassword from pg_authid where rolname = $1
stats_users = {user}
pool_mode = transaction
default_pool_size = 2
max_db_connections = 20
max_client_conn = 500
server_idle_timeout = 60
log_connections = 0
log_disconnections = 0
"""


class PgBouncer:
    """Where it listens, and what it sees."""

    def __init__(self, port: int, server_url: str) -> None:
        self._port = port
        self._server_url = server_url

    def url(self, server_url: str) -> str:
        """Return the URL of a database behind it."""
        parts = urlsplit(server_url)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self._port}"))

    def servers(self, database: str) -> int:
        """Return how many connections it has to the server for a database."""
        url = urlunsplit(urlsplit(self.url(self._server_url))._replace(path="/pgbouncer"))
        with psycopg.connect(url, autocommit=True) as admin:
            cursor = psycopg.ClientCursor(admin)
            cursor.execute("show servers")
            place = [column.name for column in cursor.description or ()].index("database")
            return sum(1 for row in cursor if row[place] == database)


@contextmanager
def pgbouncer(server_url: str) -> Iterator[PgBouncer]:
    """Run one in front of the server of this superuser's URL, or skip the test."""
    if not Path(PROGRAM).exists():
        pytest.skip("no pgbouncer: scripts/programs.sh installs it from Debian")
    parts = urlsplit(server_url)
    port, user, password = free_port(), unquote(parts.username or ""), unquote(parts.password or "")
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    places = {"host": parts.hostname, "server": parts.port, "port": port, "user": user, "folder": folder}
    (folder / "pgbouncer.ini").write_text(_CONFIG.format(**places))
    (folder / "userlist.txt").write_text(f'"{user}" "{password}"\n')
    account = _account(folder)
    process = subprocess.Popen([PROGRAM, "-q", str(folder / "pgbouncer.ini")], user=account)
    try:
        _wait(port, process)
        yield PgBouncer(port, server_url)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _account(folder: Path) -> int | None:
    """It refuses to run as root."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"pgbouncer did not start (exit code {process.poll()})")
