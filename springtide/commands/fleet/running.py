"""`springtide fleet up`: engines, schemas, the crew, Caddy before it, and the socket that takes orders."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from springtide.commands.backups import archived, engine_tuning
from springtide.commands.engines import sandbox_child, with_engines
from springtide.commands.first_start import OWNER, clean_environment, command, load_history, prepare
from springtide.commands.fleet.crew import Crew
from springtide.commands.fleet.fleet import Fleet
from springtide.commands.fleet.plan import Plan
from springtide.commands.fleet.release import Release, look_at
from springtide.commands.fleet.scaling import Autoscaler, Meters
from springtide.commands.fleet.state import Memory
from springtide.commands.output import say
from springtide.platform.embedded.binaries import caddy_program
from springtide.platform.embedded.engines import Engines, held, running_engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.launch import sparing_environ
from springtide.platform.embedded.ports import HOST, require_free_port
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import Supervisor
from springtide.platform.fleet import balancer, control
from springtide.platform.tasks import stopped
from springtide.settings import Settings, as_environment, replaced

_SPARE_CONNECTIONS = 15  # for commands beside the fleet, migrations, and PostgreSQL's own
_LEAST_CONNECTIONS = 60


def socket_of(folder: DataFolder) -> Path:
    """Return where the fleet of a data folder takes orders."""
    return folder.run / "fleet.sock"


async def up(settings: Settings, plan: Plan, folder: DataFolder) -> int:
    """Run the fleet until it is asked to end. Raises EngineProblem."""
    started = time.monotonic()

    def precheck() -> None:
        _require_ports(settings, plan)

    if settings.database_url:
        given = Engines(settings.database_url, settings.nats_url, settings.secret_key)
        async with held(folder, say=say, precheck=precheck):
            await _shop(settings, plan, folder, given, started)
    else:
        connections = max(_LEAST_CONNECTIONS, plan.connections(settings) + _SPARE_CONNECTIONS)
        tuning = {**engine_tuning(settings), "max_connections": str(connections)}
        async with (
            running_engines(folder, say=say, tuning=tuning, precheck=precheck) as engines,
            archived(settings, engines, folder, say=say),
        ):
            await _shop(settings, plan, folder, engines, started)
    return 0


async def _shop(given: Settings, plan: Plan, folder: DataFolder, engines: Engines, started: float) -> None:
    settings = _seen_from_outside(with_engines(given, engines, folder), plan)
    environ = {**sparing_environ(), **clean_environment(), **as_environment(settings)}
    password = await prepare(folder, environ, demo=settings.demo)
    memory = Memory(folder.root / "fleet.json", await look_at(Path(sys.executable)))
    beside = [sandbox_child(settings, folder, environ)] if _has_sandbox(settings) else []
    async with Supervisor(beside, logs=folder.logs, run=folder.run, say=say) as supervisor:
        crew = Crew(plan, settings, {**sparing_environ(), **clean_environment()}, supervisor)
        meters = Meters(crew)

        async def prepare_for(release: Release) -> None:
            await command(folder, environ, "migrate", "--phase", "pre", python=release.python)

        fleet = Fleet(crew, meters, memory, prepare=prepare_for)
        async with _behind_caddy(crew, memory, supervisor, folder), control.listening(socket_of(folder), fleet.answer):
            _greet(settings, plan, memory, password, time.monotonic() - started)
            history = load_history(folder, environ) if settings.demo else None
            autoscaler = Autoscaler(crew, meters, memory, say)
            await _until_asked(fleet, supervisor, autoscaler, history)


async def _until_asked(
    fleet: Fleet, supervisor: Supervisor, autoscaler: Autoscaler, history: Coroutine[Any, Any, None] | None
) -> None:
    """Look after everything until "down". Raises EngineProblem when something vital cannot be kept alive."""
    tasks = [asyncio.create_task(work) for work in (supervisor.wait(), autoscaler.run())]
    loading = asyncio.create_task(history) if history is not None else None
    stopping = asyncio.create_task(fleet.stopping.wait())
    watched = {*tasks, stopping, *((loading,) if loading else ())}
    try:
        while not stopping.done():
            done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        await stopped(watched)


@asynccontextmanager
async def _behind_caddy(crew: Crew, memory: Memory, supervisor: Supervisor, folder: DataFolder) -> AsyncIterator[None]:
    """Run the crew and Caddy before it while the block lasts; Caddy goes first."""
    try:
        await _first_start(crew, memory)
        caddy = balancer.child(caddy_program(), crew.doors(), folder=folder.root / "caddy", try_s=crew.plan.front.try_s)
        await supervisor.add(caddy)
        yield
    finally:
        if balancer.NAME in supervisor.conditions():
            await supervisor.remove(balancer.NAME)
        await crew.end()


async def _first_start(crew: Crew, memory: Memory) -> None:
    """Start the least of every group, or the number that was given by hand."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for name, group in crew.plan.groups.items():
                count = min(memory.pinned.get(name, group.min), group.max)
                tasks.create_task(crew.bring_to(name, count, memory.release))
    except* EngineProblem as problems:
        raise problems.exceptions[0] from None


def _seen_from_outside(settings: Settings, plan: Plan) -> Settings:
    """Return the settings with the addresses people use, which are Caddy's, and Caddy as a proxy that is believed."""
    shop = settings.public_url or (f"https://{plan.front.domain}" if plan.front.domain else settings.shop_url())
    office = settings.backoffice_url or (
        f"https://{plan.front.office_domain}" if plan.front.office_domain else settings.office_url()
    )
    proxies = tuple(dict.fromkeys((*settings.trusted_proxies, HOST)))
    return replaced(settings, public_url=shop, backoffice_url=office, trusted_proxies=proxies)


def _has_sandbox(settings: Settings) -> bool:
    return any(gateway.provider == "sandbox" for gateway in settings.gateways)


def _require_ports(settings: Settings, plan: Plan) -> None:
    wanted = {"sandbox_port": "127.0.0.1"}
    if not plan.front.domain:
        wanted["port"] = settings.host
    if not plan.front.office_domain:
        wanted["backoffice_port"] = settings.host
    for name, host in wanted.items():
        require_free_port(getattr(settings, name), setting=f"SPRINGTIDE_{name.upper()}", host=host)


def _greet(settings: Settings, plan: Plan, memory: Memory, password: str, seconds: float) -> None:
    rows = [
        ("Storefront", settings.shop_url() + "/"),
        ("Back office", settings.office_url() + "/"),
        ("Release", f"{memory.release.version} ({memory.release.place})"),
        ("Groups", ", ".join(f"{name} {group.min} to {group.max}" for name, group in plan.groups.items())),
    ]
    if password:
        rows.append(("Staff sign-in", f"{OWNER}  {password}"))
    say(f"\nThe fleet is selling ({seconds:.1f} s). `springtide fleet down` or Ctrl-C stops it.\n")
    for name, value in rows:
        say(f"  {name:<14}{value}")
    say("")
