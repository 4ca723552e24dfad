"""A running fleet: what its socket is asked for, and what it answers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from springtide.commands.fleet.crew import Crew
from springtide.commands.fleet.release import Release, look_at
from springtide.commands.fleet.roll import Roll
from springtide.commands.fleet.scaling import Meters
from springtide.commands.fleet.state import Memory
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.fleet.control import Tell
from springtide.platform.fleet.figures import memory_mib

Prepare = Callable[[Release], Awaitable[None]]
"""Brings the schemas to what a release needs before its first process starts."""


class ProcessLine(msgspec.Struct, frozen=True, kw_only=True):
    """One process of the table. `per_s`: requests or contract calls a second; `since`: of its state, epoch seconds."""

    process: str
    group: str
    version: str
    pid: int | None
    state: str
    per_s: float | None
    memory_mib: float
    restarts: int
    since: float


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `springtide fleet status` shows. `pinned`: groups whose number was given by hand."""

    release: Release
    previous: Release | None
    pinned: dict[str, int]
    processes: tuple[ProcessLine, ...]


class Fleet:
    """Answers orders. `stopping` is set by "down"."""

    def __init__(self, crew: Crew, meters: Meters, memory: Memory, *, prepare: Prepare) -> None:
        self.stopping = asyncio.Event()
        self._crew = crew
        self._meters = meters
        self._memory = memory
        self._prepare = prepare
        self._verbs: dict[str, Callable[[dict[str, Any], Tell], Awaitable[Any]]] = {
            "status": self._status,
            "scale": self._scale,
            "roll": self._roll,
            "down": self._down,
        }

    async def answer(self, order: dict[str, Any], tell: Tell) -> Any:  # noqa: ANN401 - any JSON
        """Carry out an order. Raises EngineProblem with the reason when it is refused."""
        verb = self._verbs.get(str(order.get("verb")))
        if verb is None:
            msg = f"this fleet does not know {order.get('verb')!r}: it may run an older release"
            raise EngineProblem(msg)
        return await verb(order, tell)

    async def _status(self, order: dict[str, Any], tell: Tell) -> Status:
        del order, tell
        await self._meters.look_if_old()
        members = {member.name: member for member in self._crew.members()}
        lines = []
        for name, condition in self._crew.conditions().items():
            member = members.get(name)
            lines.append(
                ProcessLine(
                    process=name,
                    group=member.group if member else "-",
                    version=member.release.version if member else "-",
                    pid=condition.pid,
                    state=str(condition.state),
                    per_s=self._meters.rates.get(member) if member else None,
                    memory_mib=round(memory_mib(condition.pid), 1) if condition.pid else 0.0,
                    restarts=condition.restarts,
                    since=condition.since,
                )
            )
        memory = self._memory
        return Status(release=memory.release, previous=memory.previous, pinned=memory.pinned, processes=tuple(lines))

    async def _scale(self, order: dict[str, Any], tell: Tell) -> str:
        name, wanted = str(order.get("group")), order.get("count")
        group = self._crew.plan.groups.get(name)
        if group is None:
            msg = f"there is no group {name}: there are {', '.join(self._crew.plan.groups)}"
            raise EngineProblem(msg)
        async with self._changing():
            if wanted is None:
                self._memory.pinned.pop(name, None)
                self._memory.keep()
                return f"{name} is scaled by its request rate again" if group.target_per_s else f"{name} is not pinned"
            if not isinstance(wanted, int) or not 0 <= wanted <= group.max:
                msg = f"{name} has slots for 0 to {group.max} processes: more need another max and a new `fleet up`"
                raise EngineProblem(msg)
            tell(f"{name}: from {len(self._crew.of(name))} to {wanted} processes")
            await self._crew.bring_to(name, wanted, self._memory.release)
            self._memory.pinned[name] = wanted
            self._memory.keep()
        return f"{name} stays at {wanted} until `springtide fleet scale {name} auto`"

    async def _roll(self, order: dict[str, Any], tell: Tell) -> str:
        async with self._changing():
            memory = self._memory
            if order.get("back"):
                if memory.previous is None:
                    msg = "there is no release to go back to: none was rolled out here"
                    raise EngineProblem(msg)
                release = memory.previous
            else:
                release = await look_at(Path(str(order.get("python"))))
                await self._prepare(release)
            tell(f"from {memory.release.version} ({memory.release.place}) to {release.version} ({release.place})")
            await Roll(self._crew, former=memory.release, release=release, tell=tell).run()
            memory.release, memory.previous = release, memory.release
            memory.keep()
        return f"{release.version} runs; back: `springtide fleet roll --back`"

    async def _down(self, order: dict[str, Any], tell: Tell) -> str:
        del order, tell
        self.stopping.set()
        return "stopping"

    def _changing(self) -> asyncio.Lock:
        if self._crew.changing.locked():
            msg = "the fleet is being changed (scaled or rolled) at this moment: ask again when that is done"
            raise EngineProblem(msg)
        return self._crew.changing
