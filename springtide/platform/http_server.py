"""Serving ASGI apps in this event loop: the socket is bound here, so that a taken port is one clear line."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterator
from typing import Any, Protocol

import uvicorn

# A crowd that comes in one second waits in the kernel until it is accepted; the kernel has the last word (somaxconn).
_BACKLOG = 16_384
_FILES = 1_048_576  # where the system sets no limit
_GRACE_S = 8
_HEADER_SECONDS = 10


class Door(Protocol):
    """An ASGI application of a channel. `draining` makes its /readyz answer 503 before the process stops."""

    draining: bool

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own messages
        """Serve one connection scope."""
        ...


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


async def serve(app: Door, listener: socket.socket, *, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then say so at /readyz and finish what is being answered."""
    raise_file_limit()
    config = uvicorn.Config(
        app,
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
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    app.draining = True
    server.should_exit = True
    stopping.cancel()
    await serving
