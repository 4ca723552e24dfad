"""Servers for tests: an ASGI application in a thread, or a program in a process, on a free port of this machine."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn

from springtide.sandbox.web import Receive, Reply, Scope, Send, read_request, send_reply

START_DEADLINE_S = 20.0
_PORTS = range(30_000, 32_700)  # between those that engines choose and those that the system gives away
Message = tuple[dict[str, str], bytes]


def free_port() -> int:
    """A port that nobody listens on right now, and that no other test of this run is told.

    Below those that the system gives away by itself: whoever is killed there and started again finds it free.
    """
    for _ in _PORTS:
        port = next(_ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    msg = f"no free port in {_PORTS}"
    raise OSError(msg)


def _own_ports() -> list[int]:
    """Return the ports of this worker, in an order by chance: another run beside this one asks for others."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = _PORTS[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    return random.SystemRandom().sample(own, len(own))


_ports = itertools.cycle(_own_ports())  # none is told twice: who was told it first may not listen yet


@contextlib.contextmanager
def served(make_app: Callable[[str], Any]) -> Iterator[str]:
    """Serve ``make_app(origin)`` in a thread; gives the origin."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(make_app(origin), access_log=False, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        _wait_for(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        try:
            yield origin
        finally:
            server.should_exit = True
            thread.join(timeout=START_DEADLINE_S)


class Program:
    """A Python program that serves HTTP in a process of its own; can be killed and started again."""

    def __init__(self, arguments: list[str], *, origin: str, ready_path: str, environment: dict[str, str]) -> None:
        self.origin = origin
        self._arguments = arguments
        self._ready_url = origin + ready_path
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen([sys.executable, *self._arguments], env=self._environment)
        _wait_for(self._answers)

    def kill(self) -> None:
        """End it at once, without a chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=START_DEADLINE_S)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the program ended while starting"
        try:
            with urlopen(self._ready_url, timeout=1):  # noqa: S310 - our own address
                return True
        except URLError as error:
            return hasattr(error, "code")  # an HTTP error is an answer


LOCALSTRIPE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None  # it writes to a fixed file that other runs would share
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


@contextlib.contextmanager
def localstripe() -> Iterator[str]:
    """Serve localstripe's own application on the loopback address only; gives the origin."""
    port = free_port()
    program = Program(["-c", LOCALSTRIPE, str(port)], origin=f"http://127.0.0.1:{port}", ready_path="/", environment={})
    program.start()
    try:
        yield program.origin
    finally:
        program.kill()


def sandbox_program(folder: Path, *, accounts: tuple[str, ...] = ("shop",)) -> Program:
    """The sandbox as ``springtide up`` runs it; its secret lies in ``folder/secret``."""
    port = free_port()
    arguments = ["-m", "springtide.sandbox", "--port", str(port), "--data", str(folder)]
    arguments += ["--webhook-secret-file", str(folder / "secret")]
    for account in accounts:
        arguments += ["--account", account]
    return Program(arguments, origin=f"http://127.0.0.1:{port}", ready_path="/health", environment={})


def _wait_for(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while not is_true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


class Mailbox:
    """A merchant's webhook address that keeps every message it is sent; answers ``status``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 204
        self._arrived = threading.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep one message."""
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        with self._arrived:
            self.messages.append((request.headers, request.body))
            self._arrived.notify_all()
        await send_reply(send, Reply(status=self.status))

    async def wait_for(self, is_wanted: Callable[[bytes], bool], *, count: int = 1) -> list[Message]:
        """Wait until ``count`` messages with a wanted body are there, and give them."""
        return await asyncio.to_thread(self._wait_for, is_wanted, count)

    def _wait_for(self, is_wanted: Callable[[bytes], bool], count: int) -> list[Message]:
        def found() -> list[Message]:
            return [message for message in self.messages if is_wanted(message[1])]

        with self._arrived:
            assert self._arrived.wait_for(lambda: len(found()) >= count, timeout=START_DEADLINE_S), self.messages
            return found()
