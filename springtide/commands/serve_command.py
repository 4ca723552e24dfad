"""`springtide serve ROLE…`: any set of contexts and channels in one process, against given engines.

Asked to stop it leaves in good order: unready first, then the channels, then the calls of its contexts, then the rest.
Asked twice it does not wait for the balancer. Until its last call is answered it says how it is.
"""

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvloop

from springtide.bootstrap import running
from springtide.bootstrap.channels import channel, watched
from springtide.bootstrap.connections import require_connections
from springtide.bootstrap.specs import refusal_of
from springtide.commands.output import fail
from springtide.edge.probes import Probes
from springtide.platform.budget import ConnectionsDoNotFit
from springtide.platform.collector import give_back, spare_the_collector
from springtide.platform.http_server import App, Stop, bound_socket, serve
from springtide.platform.priority import give_way
from springtide.platform.telemetry import configure_logging
from springtide.platform.tracing import TracingNotInstalled, close_tracing, configure_tracing
from springtide.settings import CHANNELS, Settings

_FILLED_AFTER_S = 20.0  # read models load after the start: what they needed for it is free by then
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_HEALTH = "health"


class _PortTaken(Exception):
    """A port cannot be had; the message is for people."""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until a stop signal; a port that is taken is one line and exit code 1."""
    if not settings.database_url or not settings.nats_url:
        sys.stderr.write(
            "springtide: serve needs SPRINGTIDE_DATABASE_URL and SPRINGTIDE_NATS_URL; `springtide up` brings its own\n"
        )
        return 1
    wrong = {refusal_of(method) for method in (*settings.call_limits, *settings.call_rates)} - {""}
    if wrong:
        return fail(f"SPRINGTIDE_CALL_LIMITS, SPRINGTIDE_CALL_RATES: {'; '.join(sorted(wrong))}")
    try:
        require_connections(settings, frozenset(options.roles))
    except ConnectionsDoNotFit as problem:
        return fail(problem)
    configure_logging(level=settings.log_level, json_lines=settings.log_json)
    give_way(settings.nice)
    try:
        configure_tracing(settings.traces, roles=options.roles)
    except TracingNotInstalled as error:
        return fail(str(error))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, frozenset(options.roles)))


async def _serve(settings: Settings, roles: frozenset[str]) -> int:
    stop = Stop()
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.ask)
    try:
        listeners = _listeners(settings, roles)
    except _PortTaken as problem:
        return fail(problem)
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(running(settings, roles))
        if _HEALTH in listeners:
            await stack.enter_async_context(_answering(Probes(node.health), listeners.pop(_HEALTH)))
        apps = {name: await stack.enter_async_context(channel(name, node)) for name in listeners}
        await stack.enter_async_context(watched(node))
        spare_the_collector()
        asyncio.get_running_loop().call_later(_FILLED_AFTER_S, give_back)
        async with asyncio.TaskGroup() as tasks:
            for name, listener in listeners.items():
                tasks.create_task(serve(apps[name], listener, stop=stop, drain_s=settings.drain_s))
            await stop.asked.wait()
            node.health.draining = True
        await node.leave()
    await asyncio.to_thread(close_tracing)
    return 0


def _listeners(settings: Settings, roles: frozenset[str]) -> dict[str, socket.socket]:
    """Bind a port for each channel, and the health port where one is set."""
    ports = {"web": settings.port, "backoffice": settings.backoffice_port, _HEALTH: settings.health_port}
    wanted = sorted(roles & set(CHANNELS)) + ([_HEALTH] if settings.health_port else [])
    listeners = {}
    for name in wanted:
        try:
            listeners[name] = bound_socket(settings.host, ports[name])
        except OSError as error:
            msg = f"port {ports[name]} on {settings.host} cannot be used: {error.strerror}"
            raise _PortTaken(msg) from error
    return listeners


@asynccontextmanager
async def _answering(app: App, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an application while the block lasts."""
    stop = Stop()
    serving = asyncio.create_task(serve(app, listener, stop=stop))
    try:
        yield
    finally:
        stop.ask()
        await serving
