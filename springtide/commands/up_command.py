"""`springtide up`: engines, schemas, demo shop and all processes of the shop, in the foreground."""

import argparse
import asyncio
import hashlib
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from springtide.commands.backups import archived, engine_tuning
from springtide.commands.engines import sandbox_child, with_engines
from springtide.commands.output import say
from springtide.platform.embedded.engines import Engines, held, running_engines
from springtide.platform.embedded.files import write_atomically
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.launch import Launch, launch, sparing_environ
from springtide.platform.embedded.ports import require_free_port
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.problems import ChildFailed, EngineProblem
from springtide.platform.embedded.supervisor import Child, Supervisor
from springtide.settings import CONTEXTS, Settings, as_environment, replaced

_OWNER = "owner@springtide.example"
_READY_WITHIN_S = 90.0
# What can wait gives way to what a buyer waits for, and not further: it holds row locks too.
_GIVES_WAY = 5
_DRAIN_S = 0.0  # no balancer stands in front


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Start everything, print the addresses, wait for Ctrl-C; a problem is one line and exit code 1."""
    del options
    return run_foreground(lambda: _up(settings), say=say)


async def _up(settings: Settings) -> int:
    started = time.monotonic()
    folder = open_data_folder(Path(settings.data_dir) if settings.data_dir else None, say=say)
    if settings.database_url:
        given = Engines(settings.database_url, settings.nats_url, settings.secret_key)
        async with held(folder, say=say, precheck=lambda: _require_ports(settings)):
            return await _shop(settings, folder, given, started)
    async with (
        running_engines(
            folder, say=say, precheck=lambda: _require_ports(settings), tuning=engine_tuning(settings)
        ) as engines,
        archived(settings, engines, folder, say=say),
    ):
        return await _shop(settings, folder, engines, started)


def _require_ports(settings: Settings) -> None:
    for name in ("port", "backoffice_port", "sandbox_port"):
        require_free_port(getattr(settings, name), setting=f"SPRINGTIDE_{name.upper()}", host=settings.host)


async def _shop(given: Settings, folder: DataFolder, engines: Engines, started: float) -> int:
    settings = with_engines(given, engines, folder)
    environ = {**sparing_environ(), **_clean_environment(), **as_environment(settings)}
    await _once(folder, "schemas", _migrations_fingerprint(), lambda: _command(folder, environ, "migrate"))
    password = await _demo_owner(folder, environ) if settings.demo else ""
    if settings.demo:
        await _once(folder, "demo-shop", "1", lambda: _command(folder, environ, "import", "demo-shop"))
    children = children_of(settings, folder, environ)
    async with Supervisor(children, logs=folder.logs, run=folder.run, say=say) as supervisor:
        _greet(settings, password, time.monotonic() - started)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(supervisor.wait())
                if settings.demo:
                    tasks.create_task(_load_history(folder, environ))
        except* EngineProblem as problems:
            raise problems.exceptions[0] from None
    return 0


async def _load_history(folder: DataFolder, environ: dict[str, str]) -> None:
    """Load the demo's past while the shop is selling."""
    await _once(folder, "demo-history", "1", lambda: _command(folder, environ, "import", "demo-history"))


def children_of(settings: Settings, folder: DataFolder, environ: dict[str, str]) -> Sequence[Child]:
    """Return the processes: one sells; the other one does everything that can wait, at a lower priority.

    Both have all contexts, so neither waits for the other. What happens after a sale (events, mail, jobs) shares a
    process with the back office: a third one would cost 47 MiB.
    """
    program = (sys.executable, "-m", "springtide.cli")
    (_, selling, shop), (_, waiting, office) = processes_of(settings)
    return (
        sandbox_child(settings, folder, environ),
        Child(
            name="shop",
            command=(*program, "serve", *selling),
            environ={**environ, **as_environment(shop)},
            is_ready=http_probe(settings.host, settings.port, "/readyz"),
            ready_within_s=_READY_WITHIN_S,
        ),
        Child(
            name="backoffice",
            command=(*program, "serve", *waiting),
            environ={**environ, **as_environment(office)},
            is_ready=http_probe(settings.host, settings.backoffice_port, "/healthz"),
            ready_within_s=_READY_WITHIN_S,
        ),
    )


def processes_of(settings: Settings) -> tuple[tuple[str, tuple[str, ...], Settings], ...]:
    """Return the processes that open connections to the database: name, roles and settings of each.

    Together at most 40 connections, with one for maintenance (design, section 3): `springtide database budget`.
    """
    most = settings.database_connections
    selling = replaced(settings, background=False, database_connections=max(1, most - 1), drain_s=_DRAIN_S)
    waiting = replaced(settings, database_connections=max(1, most // 2), nice=_GIVES_WAY, drain_s=_DRAIN_S)
    behind = tuple(context for context in CONTEXTS if context != "insight")  # counting visits gives way to buyers
    return ("shop", ("web", *behind), selling), ("backoffice", ("backoffice", *CONTEXTS, "jobs"), waiting)


def _greet(settings: Settings, password: str, seconds: float) -> None:
    rows = [
        ("Storefront", settings.shop_url() + "/"),
        ("Back office", settings.office_url() + "/"),
        ("Shop API", settings.shop_url() + "/api/docs"),
        ("Payments sandbox", f"http://127.0.0.1:{settings.sandbox_port}/"),
    ]
    if password:
        rows.append(("Staff sign-in", f"{_OWNER}  {password}"))
    say(f"\nSpringtide is selling ({seconds:.1f} s). Ctrl-C stops it.\n")
    for name, value in rows:
        say(f"  {name:<18}{value}")
    say("")


async def _once(folder: DataFolder, what: str, mark: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do what this data folder has not seen yet: the second start skips it."""
    stamp = folder.root / f"{what}.done"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == mark:
        return
    await work()
    write_atomically(stamp, mark, mode=0o644)


async def _command(folder: DataFolder, environ: dict[str, str], *words: str, stdin: bytes = b"") -> None:
    """Run another command of ours to its end, its lines passed on; ChildFailed when it fails."""
    how = Launch(
        command=(sys.executable, "-m", "springtide.cli", *words),
        environ=environ,
        log=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        cwd=folder.app,
    )
    process = await launch(how)
    try:
        if process.stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        last: list[str] = []
        if process.stdout is not None:
            async for line in process.stdout:
                last = [*last[-10:], line.decode(errors="replace").rstrip()]
                say(f"  {last[-1]}")
        if await process.wait():
            msg = f"`springtide {' '.join(words)}` failed"
            raise ChildFailed(msg, tuple(last))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _demo_owner(folder: DataFolder, environ: dict[str, str]) -> str:
    """Make the demo's owner account once; return the password that was made up for it."""
    file = folder.root / "demo-owner.txt"
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    password = secrets.token_urlsafe(12)
    words = ("staff", "add", _OWNER, "--name", "Olivia Owner", "--role", "owner")
    await _command(folder, environ, *words, stdin=password.encode() + b"\n")
    write_atomically(file, password + "\n", mode=0o600)
    return password


def _migrations_fingerprint() -> str:
    """Return a hash of all migration files: when it is the one of the last start, nothing is asked of the database."""
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for file in sorted([*package.glob("contexts/*/migrations/*"), *package.glob("platform/migrations/*.sql")]):
        if file.is_file():
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _clean_environment() -> dict[str, str]:
    """Return our environment without settings: the children get them complete."""
    kept = ("SPRINGTIDE_FAILPOINTS",)
    return {name: value for name, value in os.environ.items() if not name.startswith("SPRINGTIDE_") or name in kept}
