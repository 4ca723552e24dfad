"""`springtide up`: engines, schemas, demo shop and all processes of the shop, in the foreground."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from springtide.commands.backups import archived, engine_tuning
from springtide.commands.desk_start import open_desk
from springtide.commands.engines import sandbox_child, with_engines
from springtide.commands.first_start import OWNER, clean_environment, load_history, prepare
from springtide.commands.output import say
from springtide.platform.embedded.engines import Engines, held, running_engines
from springtide.platform.embedded.folders import DataFolder, open_data_folder
from springtide.platform.embedded.foreground import run_foreground
from springtide.platform.embedded.launch import sparing_environ
from springtide.platform.embedded.ports import require_free_port
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import Child, Supervisor
from springtide.settings import CONTEXTS, Settings, as_environment, replaced

_READY_WITHIN_S = 90.0
# What can wait gives way to what a buyer waits for, and not further: it holds row locks too.
_GIVES_WAY = 5
_BEHIND_THE_OFFICE = ("insight", "peak")  # counting visits and planning give way to buyers
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
    environ = {**sparing_environ(), **clean_environment(), **as_environment(settings)}
    password = await prepare(folder, environ, demo=settings.demo)
    children = children_of(settings, folder, environ)
    async with Supervisor(children, logs=folder.logs, run=folder.run, say=say) as supervisor:
        _greet(settings, password, time.monotonic() - started)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(supervisor.wait())
                tasks.create_task(_what_can_wait(settings, folder, environ))
        except* EngineProblem as problems:
            raise problems.exceptions[0] from None
    return 0


async def _what_can_wait(settings: Settings, folder: DataFolder, environ: dict[str, str]) -> None:
    """Do what a new shop needs and a buyer does not wait for, one after the other."""
    if settings.demo:
        await load_history(folder, environ)
    await open_desk(settings, folder, environ)


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
    behind = tuple(context for context in CONTEXTS if context not in _BEHIND_THE_OFFICE)
    return ("shop", ("web", *behind), selling), ("backoffice", ("backoffice", *CONTEXTS, "jobs"), waiting)


def _greet(settings: Settings, password: str, seconds: float) -> None:
    rows = [
        ("Storefront", settings.shop_url() + "/"),
        ("Back office", settings.office_url() + "/"),
        ("Shop API", settings.shop_url() + "/api/docs"),
        ("Payments sandbox", f"http://127.0.0.1:{settings.sandbox_port}/"),
    ]
    if password:
        rows.append(("Staff sign-in", f"{OWNER}  {password}"))
    say(f"\nSpringtide is selling ({seconds:.1f} s). Ctrl-C stops it.\n")
    for name, value in rows:
        say(f"  {name:<18}{value}")
    say("")
