"""`springtide serve ROLE…`: any set of contexts and channels in one process, against given engines."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from contextlib import AsyncExitStack

import uvloop

from springtide.bootstrap import channel, running, watched
from springtide.commands.output import fail
from springtide.platform.http_server import bound_socket, serve
from springtide.platform.telemetry import configure_logging
from springtide.platform.tracing import TracingNotInstalled, close_tracing, configure_tracing
from springtide.settings import CHANNELS, Settings

# Collections that look at everything cost tens of milliseconds beside a filled catalogue; almost nothing here is freed
# by them, since requests leave few cycles.
_COLLECT_AFTER = (20_000, 20, 50)
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until a stop signal; a port that is taken is one line and exit code 1."""
    configure_logging(level=settings.log_level, json_lines=settings.log_json)
    if not settings.database_url or not settings.nats_url:
        sys.stderr.write(
            "springtide: serve needs SPRINGTIDE_DATABASE_URL and SPRINGTIDE_NATS_URL; `springtide up` brings its own\n"
        )
        return 1
    os.nice(settings.nice)
    try:
        configure_tracing(settings.traces, roles=options.roles)
    except TracingNotInstalled as error:
        return fail(str(error))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, frozenset(options.roles)))


async def _serve(settings: Settings, roles: frozenset[str]) -> int:
    stop = asyncio.Event()
    for number in _STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ports = {"web": settings.port, "backoffice": settings.backoffice_port}
    listeners = {}
    for name in sorted(roles & set(CHANNELS)):
        try:
            listeners[name] = bound_socket(settings.host, ports[name])
        except OSError as error:
            return fail(f"port {ports[name]} on {settings.host} cannot be used: {error.strerror}")
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(running(settings, roles))
        apps = {name: await stack.enter_async_context(channel(name, node)) for name in listeners}
        await stack.enter_async_context(watched(node))
        _spare_the_collector()
        async with asyncio.TaskGroup() as tasks:
            for name, listener in listeners.items():
                tasks.create_task(serve(apps[name], listener, stop=stop))
            await stop.wait()
    await asyncio.to_thread(close_tracing)
    return 0


def _spare_the_collector() -> None:
    """Leave what was made at the start (modules, routes, read models) out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
