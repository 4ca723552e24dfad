"""Processes of the shop, born with everything imported: for drills and tests that kill them by the dozen.

    python -m springtide.commands.nursery

Reads one order a line, `{"name": …, "roles": […], "log": …}`, forks, and the child is `springtide serve ROLES` with its
output appended to the log. Writes `{"name": …, "pid": …}` at a birth and `{"name": …, "pid": …, "code": …}` at a death.
Settings come from the environment. The end of the orders is the end of everybody, in order.

What a child does is what `springtide serve` does; only the second or two that imports take are not spent at each of
fifty deaths. Nothing here starts a thread before a fork.
"""

import argparse
import os
import select
import signal
import sys
import time
import traceback

import msgspec

import springtide.channels.storefront
import springtide.channels.web  # noqa: F401 - imported for the children
from springtide.bootstrap.specs import spec_of
from springtide.commands import serve_command
from springtide.platform.embedded.child import ask_for_death_signal
from springtide.settings import CONTEXTS
from springtide.settings.reading import load

_LOOK_EVERY_S = 0.02
_END_WITHIN_S = 15.0
_BLOCK = 65_536


class Order(msgspec.Struct, frozen=True):
    """A process to bring into the world."""

    name: str
    roles: tuple[str, ...]
    log: str


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """A birth, or a death with its code: below zero for a signal."""

    name: str
    pid: int
    code: int | None = None


class Nursery:
    """Forks at every order, and tells who died."""

    def __init__(self) -> None:
        self._alive: dict[int, str] = {}
        self._heard = b""

    def run(self) -> int:
        """Work until the orders end; then end all children."""
        while self._take_orders():
            self._tell_deaths()
        self._end_all()
        return 0

    def _take_orders(self) -> bool:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], _LOOK_EVERY_S)
        if not readable:
            return True
        block = os.read(sys.stdin.fileno(), _BLOCK)
        *lines, self._heard = (self._heard + block).split(b"\n")
        for line in lines:
            self._bear(msgspec.json.decode(line, type=Order))
        return bool(block)

    def _bear(self, order: Order) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _live(order, parent)
        self._alive[pid] = order.name
        _tell(News(order.name, pid))

    def _tell_deaths(self) -> None:
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _tell(News(self._alive.pop(pid), pid, os.waitstatus_to_exitcode(status)))

    def _end_all(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._alive:
                os.kill(pid, number)
            deadline = time.monotonic() + _END_WITHIN_S
            while self._alive and time.monotonic() < deadline:
                self._tell_deaths()
                time.sleep(_LOOK_EVERY_S)


def _live(order: Order, parent: int) -> None:
    """Become the process that was ordered. Never returns."""
    code = 1
    try:
        os.setsid()
        ask_for_death_signal(signal.SIGTERM)
        if os.getppid() == parent:
            log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            code = serve_command.run(load(), argparse.Namespace(roles=list(order.roles)))
    except BaseException:  # noqa: BLE001 - whatever it is ends this process, and is in its log
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(news: News) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(news) + b"\n")


def main() -> int:
    """Import what children need, then take orders."""
    for context in CONTEXTS:
        spec_of(context)
    return Nursery().run()


if __name__ == "__main__":
    sys.exit(main())
