"""PostgreSQL's client programs from the wheel, run to their end, with progress.

Where the server is goes by environment: a password on a command line can be read by everybody on the machine. The
programs are clients, so they run as whoever runs us, also as root.
"""

import asyncio
import re
import time
from collections.abc import Callable

from psycopg.conninfo import conninfo_to_dict

from springtide.platform.backup.problems import BackupFailed
from springtide.platform.embedded.binaries import wheel_programs
from springtide.platform.embedded.launch import Launch, bare_environ, launch
from springtide.platform.embedded.problems import recognise

APPLICATION = "springtide_backup"
"""How the receiver calls itself, what its slot is called, and what `synchronous_standby_names` names."""
_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_PERCENT = re.compile(r"\((\d+)%\)")
_SAY_EVERY_S = 5.0
_KEPT_LINES = 20
_BLOCK = 4_096


def program(name: str) -> str:
    """Return the path of one of the wheel's programs. `MissingProgram`."""
    return str(wheel_programs() / name)


def environ_for(url: str) -> dict[str, str]:
    """Return the environment that leads a client program to the server of a URL."""
    parts = conninfo_to_dict(url)
    given = {variable: str(parts[name]) for name, variable in _VARIABLES.items() if parts.get(name)}
    return {**bare_environ(), "PGAPPNAME": APPLICATION, "PGCONNECT_TIMEOUT": "5", **given}


async def run_program(
    name: str, *arguments: str, environ: dict[str, str], say: Callable[[str], None], what: str
) -> list[str]:
    """Run a program to its end and return its last lines; say how far it is every few seconds. `BackupFailed`.

    When we are cancelled it is ended first.
    """
    how = Launch(command=(program(name), *arguments), environ=environ, log=asyncio.subprocess.PIPE)
    process = await launch(how)
    try:
        lines = await _listen(process, say, what)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if code:
        msg = f"{name} gave up: {' '.join(lines[-3:]) or f'exit code {code}'}"
        raise recognise(name, lines) or BackupFailed(msg)
    return lines


async def _listen(process: asyncio.subprocess.Process, say: Callable[[str], None], what: str) -> list[str]:
    lines: list[str] = []
    rest, said_at = "", time.monotonic()
    while process.stdout is not None and (block := await process.stdout.read(_BLOCK)):
        *whole, rest = re.split(r"[\r\n]+", rest + block.decode(errors="replace"))
        lines = [*lines, *(line for line in whole if line.strip())][-_KEPT_LINES:]
        percent = next((found for line in reversed(lines) if (found := _PERCENT.search(line))), None)
        if percent and time.monotonic() - said_at > _SAY_EVERY_S:
            said_at = time.monotonic()
            say(f"{what}: {percent[1]} %")
    return [*lines, rest] if rest.strip() else lines
