"""Serving ASGI apps in this event loop: the socket is bound here, so that a taken port is one clear line."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn

# A crowd that comes in one second waits in the kernel until it is accepted; the kernel has the last word (somaxconn).
_BACKLOG = 16_384
_FILES = 1_048_576  # where the system sets no limit
_GRACE_S = 8
_HEADER_SECONDS = 10

App = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application: called with (scope, receive, send)."""


class _Server(uvicorn.Server):
    """Signals belong to the command that runs us, not to the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket; OSError when the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(_BACKLOG)
    listener.setblocking(False)  # noqa: FBT003 - the socket module's own signature
    return listener


def raise_file_limit() -> int:
    """Allow this process as many open files, and so connections, as the system lets it; return how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


class Stop:
    """The wish to end. `asked`: leave in good order. `hurried`: asked again, so do not wait for the balancer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()

    def ask(self) -> None:
        """Ask to leave; the second time, in a hurry."""
        (self.hurried if self.asked.is_set() else self.asked).set()


async def serve(app: App, listener: socket.socket, *, stop: Stop, drain_s: float = 0.0) -> None:
    """Serve until asked to stop; go on for `drain_s` seconds, each answer ending its connection; finish what is left.

    The application says at /readyz that it is leaving, which is the balancer's time to look elsewhere. A connection
    left open until the end could be cut in the moment somebody sends on it: so none is.
    """
    raise_file_limit()
    config = uvicorn.Config(
        _ending_connections(app, stop.asked),
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=_HEADER_SECONDS,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
        http="httptools",
        ws="none",
        proxy_headers=False,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    leaving = asyncio.create_task(_drained(stop, drain_s))
    await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    leaving.cancel()
    await serving


async def _drained(stop: Stop, drain_s: float) -> None:
    await stop.asked.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(drain_s):
            await stop.hurried.wait()


def _ending_connections(app: App, leaving: asyncio.Event) -> App:
    """Put `Connection: close` on every answer that begins after `leaving` was set."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own messages
        async def closing(message: Any) -> None:  # noqa: ANN401 - ASGI's own messages
            if leaving.is_set() and message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await app(scope, receive, closing)

    return answer
