"""How a process is: alive, ready, leaving. A check is registered with the resource it checks.

A vital check that fails makes the process unready; the others are only told. Which are vital is decided by who
registers: a web process goes on showing pages while the database is away, so there the engines are told, not vital.
"""

import asyncio
import os
import re
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import version

import msgspec

from springtide.platform.errors import SpringtideError, Unavailable

_CHECKED_WITHIN_S = 3.0
_KNOWN_FOR_S = 0.5
OK = "ok"

Check = Callable[[], Awaitable[None]]
"""Returns when all is well, raises `SpringtideError` (whose detail is shown) when not."""


class NotReady(Unavailable):
    """The process is alive, and not to be sent anything; facts: checks = {name: why not}."""

    code = "not_ready"
    title = "This process is not ready"


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """One process, as it sees itself. `checks`: name -> "ok" or what is wrong; `up_s`: seconds since its start."""

    process: str
    host: str
    pid: int
    version: str
    roles: tuple[str, ...]
    ready: bool
    draining: bool
    up_s: float
    checks: dict[str, str] = {}


class Health:
    """The health of this process. `draining`: it is about to stop, and asks to be sent nothing more."""

    def __init__(self, roles: Iterable[str]) -> None:
        self.roles = tuple(sorted(roles))
        self.host = socket.gethostname()
        self.process = re.sub(r"[^A-Za-z0-9_-]", "-", f"{self.host}-{os.getpid()}")
        self.draining = False
        self._checks: dict[str, tuple[Check, bool]] = {}
        self._known: dict[str, tuple[float, str]] = {}
        self._started = time.monotonic()

    def add(self, name: str, check: Check, *, vital: bool = True) -> None:
        """Register a check."""
        self._checks[name] = (check, vital)

    async def require_ready(self) -> None:
        """Raise `NotReady` while the process is leaving or a vital check fails."""
        if self.draining:
            msg = "This process is about to stop."
            raise NotReady(msg, retry_after_s=1)
        wrong = {name: said for name, said in (await self._ask(vital_only=True)).items() if said != OK}
        if wrong:
            raise NotReady("; ".join(f"{name}: {why}" for name, why in wrong.items()), checks=wrong, retry_after_s=1)

    async def report(self) -> HealthReport:
        """Return everything that is known, engines that are not vital included."""
        checks = await self._ask(vital_only=False)
        is_well = all(checks[name] == OK for name, (_, vital) in self._checks.items() if vital)
        return HealthReport(
            process=self.process,
            host=self.host,
            pid=os.getpid(),
            version=version("springtide"),
            roles=self.roles,
            ready=is_well and not self.draining,
            draining=self.draining,
            up_s=round(time.monotonic() - self._started, 1),
            checks=checks,
        )

    async def _ask(self, *, vital_only: bool) -> dict[str, str]:
        wanted = {name: check for name, (check, vital) in self._checks.items() if vital or not vital_only}
        said = await asyncio.gather(*(self._said(name, check) for name, check in wanted.items()))
        return dict(zip(wanted, said, strict=True))

    async def _said(self, name: str, check: Check) -> str:
        """Return "ok" or what is wrong; whoever asks every few milliseconds gets what was said just now."""
        asked, said = self._known.get(name, (-_KNOWN_FOR_S, ""))
        if time.monotonic() - asked < _KNOWN_FOR_S:
            return said
        said = await _outcome(check)
        self._known[name] = (time.monotonic(), said)
        return said


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECKED_WITHIN_S):
            await check()
    except SpringtideError as error:
        return error.detail
    except TimeoutError:
        return f"no answer within {_CHECKED_WITHIN_S:.0f} s"
    return OK
