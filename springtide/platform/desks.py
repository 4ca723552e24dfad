"""What a process answers over the bus: the calls of its contexts, and how it is.

Health is asked on `health.all`, `health.role.<role>` and `health.process.<process>`; every process asked answers.
"""

import asyncio

import msgspec

from springtide.platform.bus import Bus
from springtide.platform.errors import Unavailable
from springtide.platform.health import Health, HealthReport
from springtide.platform.rpc import Server
from springtide.platform.tasks import stopped

_LEFT_WITHIN_S = 15.0


class Desk:
    """Answers the calls of one context from other processes, from the first connection to the bus until `close`."""

    def __init__(self, bus: Bus, context: str, server: Server) -> None:
        self._leaving = asyncio.Event()
        self._is_open = False
        self._context = context
        self._task = asyncio.create_task(self._serve(bus, server))

    async def _serve(self, bus: Bus, server: Server) -> None:
        async with bus.serving(self._context, server.handle):
            self._is_open = True
            await self._leaving.wait()

    async def require_open(self) -> None:
        """Raise `Unavailable` while no call could arrive: a health check."""
        if not self._is_open:
            msg = f"{self._context} does not take calls yet."
            raise Unavailable(msg)

    async def close(self) -> None:
        """Leave the queue group."""
        self._leaving.set()
        if self._is_open:
            await asyncio.wait({self._task}, timeout=_LEFT_WITHIN_S)
        await stopped([self._task])


def health_subjects(*, process: str = "", role: str = "") -> tuple[str, ...]:
    """Return where a question about health goes: to one process, to those with a role, or (neither given) to all."""
    if process:
        return (f"health.process.{process}",)
    return (f"health.role.{role}",) if role else ("health.all",)


async def tell_health(bus: Bus, health: Health) -> None:
    """Answer whoever asks over the bus how this process is, for ever."""
    subjects = [*health_subjects(), *health_subjects(process=health.process)]
    for role in health.roles:
        subjects.extend(health_subjects(role=role))

    async def answer() -> bytes:
        return msgspec.json.encode(await health.report())

    async with bus.answering(subjects, answer):
        await asyncio.Event().wait()


async def ask_health(bus: Bus, *, process: str = "", role: str = "", within_s: float = 1.0) -> list[HealthReport]:
    """Return what every process that was asked said within `within_s` seconds, by roles and name. `BusUnavailable`."""
    (subject,) = health_subjects(process=process, role=role)
    answers = await bus.ask_all(subject, within_s=within_s)
    reports = [msgspec.json.decode(answer, type=HealthReport) for answer in answers]
    return sorted(reports, key=lambda report: (report.roles, report.process))
