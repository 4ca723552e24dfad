"""How each act of the schedule is done, and what was done in the end.

A kill at a step waits until somebody reaches the step; when nobody does for a while, the process that would have is
killed from outside, so that a drill has the kills it promises.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from springtide.platform.embedded.small_disk import NoSmallDisk
from springtide.platform.embedded.switchboard import ENGINES, POSTGRES
from springtide.platform.embedded.trouble import DatabaseAway, Occupier, move_clock
from springtide.rehearsal.drill.gateway import GatewayDidNotAnswer
from springtide.rehearsal.drill.points import POINTS
from springtide.rehearsal.drill.schedule import Act, Kind
from springtide.rehearsal.drill.stage import Stage

_REACHED_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05
_PERSIST_S = 20.0
_AGAIN_S = 0.25
_MAY_DIE_MORE = ("checkout", "payments", "inventory")
_ROLE_AT = {point.name: point.role for point in POINTS}


@dataclass(slots=True)
class Done:
    """What was done. `at_steps`: points where a process died; `unreached`: points nobody came to in time."""

    killed_outside: Counter[str] = field(default_factory=Counter)
    at_steps: Counter[str] = field(default_factory=Counter)
    unreached: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)


class FaultNotDone(Exception):
    """An act of the schedule could not be carried out: the drill shows less than it says."""


class Faults:
    """Carries a schedule out against a stage."""

    def __init__(self, stage: Stage, *, say: Callable[[str], None]) -> None:
        self.done = Done()
        self._say = say
        self._stage = stage
        self._points = {name: asyncio.Lock() for name in _ROLE_AT}
        self._do: dict[Kind, Callable[[Act], Awaitable[None]]] = {
            Kind.KILL: self._kill,
            Kind.KILL_AT_STEP: self._kill_at_step,
            Kind.POSTGRES_STOPPED: self._stop_engine,
            Kind.NATS_STOPPED: self._stop_engine,
            Kind.POOL_EXHAUSTED: self._exhaust_pool,
            Kind.DISK_FULL: self._fill_disk,
            Kind.CLOCK: self._move_clock,
            Kind.GATEWAY: self._misbehave,
            Kind.GATEWAY_OUTAGE: self._gateway_outage,
        }

    async def carry_out(self, acts: Sequence[Act]) -> None:
        """Do every act at its time; return when all are over and undone again. Raises FaultNotDone."""
        async with asyncio.TaskGroup() as tasks:
            for act in acts:
                tasks.create_task(self._at_its_time(act), name=f"{act.kind} {act.target}")

    async def kill_more(self, count: int) -> None:
        """Kill so many processes from outside: when several kills of the schedule met in one death."""
        for number in range(count):
            await self._kill(Act(at_s=0, kind=Kind.KILL, target=_MAY_DIE_MORE[number % len(_MAY_DIE_MORE)]))

    async def _at_its_time(self, act: Act) -> None:
        await asyncio.sleep(act.at_s)
        lasts = f" for {act.lasts_s:.1f} s" if act.lasts_s else ""
        self._say(f"{act.at_s:5.1f} s  {act.kind}: {act.target}{lasts}")
        await self._do[act.kind](act)

    async def _kill(self, act: Act) -> None:
        await self._kill_outside(act.target)
        self.done.killed_outside[act.target] += 1

    async def _kill_outside(self, name: str) -> None:
        kill = self._stage.board.kill if name in ENGINES else self._stage.fleet.kill
        deadline = asyncio.get_running_loop().time() + _PERSIST_S
        while not kill(name):  # it is dead already and comes back, or is switched off for a moment
            if asyncio.get_running_loop().time() > deadline:
                msg = f"{name} did not come back to be killed"
                raise FaultNotDone(msg)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _kill_at_step(self, act: Act) -> None:
        async with self._points[act.target]:
            if await self._dies_at(act.target):
                self.done.at_steps[act.target] += 1
                return
        self.done.unreached[act.target] += 1
        name = self._stage.role_of[_ROLE_AT[act.target]]
        await self._kill_outside(name)
        self.done.killed_outside[name] += 1

    async def _dies_at(self, point: str) -> bool:
        points = self._stage.failpoints
        points.arm(point)
        deadline = asyncio.get_running_loop().time() + _REACHED_WITHIN_S
        while points.is_armed(point):
            if asyncio.get_running_loop().time() > deadline:
                return not points.disarm(point)
            await asyncio.sleep(_LOOK_EVERY_S)
        return True

    async def _stop_engine(self, act: Act) -> None:
        board = self._stage.board
        await board.off(act.target)
        try:
            await asyncio.sleep(act.lasts_s)
        finally:
            await board.on(act.target)
        self.done.others[act.kind] += 1

    async def _exhaust_pool(self, act: Act) -> None:
        engines = self._stage.board.engines

        async def exhaust() -> None:
            async with Occupier(engines.database_url, engines.secret_key, act.target):
                await asyncio.sleep(act.lasts_s)

        await self._persist(exhaust)
        self.done.others[act.kind] += 1

    async def _fill_disk(self, act: Act) -> None:
        disk = self._stage.disk
        if disk is None:
            self.done.skipped.append(f"{act.kind}: {self._stage.no_disk}")
            return
        await self._persist(lambda: asyncio.to_thread(disk.fill))
        try:
            await asyncio.sleep(act.lasts_s)
        finally:
            await asyncio.to_thread(disk.free)
            await self._stage.board.on(POSTGRES)
        self.done.others[act.kind] += 1

    async def _move_clock(self, act: Act) -> None:
        await self.set_clock(act.target, self._stage.offsets_s[act.target] + act.offset_s)
        self.done.others[act.kind] += 1

    async def set_clock(self, context: str, offset_s: float) -> None:
        """Move a context's clock; clocks only ever run ahead."""
        url = self._stage.board.engines.database_url
        await self._persist(lambda: move_clock(url, context, offset_s))
        self._stage.offsets_s[context] = offset_s

    async def advance_gateway(self, seconds: float) -> None:
        """Move the gateway's clock ahead."""
        await self._persist(lambda: self._stage.gateway.advance_clock(seconds))

    async def _misbehave(self, act: Act) -> None:
        await self._persist(lambda: self._stage.gateway.misbehave(act.scenario, times=act.times))
        self.done.others[f"{act.kind}: {act.target}"] += act.times

    async def _gateway_outage(self, act: Act) -> None:
        await self._persist(lambda: self._stage.gateway.set_outage(on=True))
        try:
            await asyncio.sleep(act.lasts_s)
        finally:
            await self._persist(lambda: self._stage.gateway.set_outage(on=False))
        self.done.others[act.kind] += 1

    async def _persist(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it as soon as those it is done to are there."""
        deadline = asyncio.get_running_loop().time() + _PERSIST_S
        while True:
            try:
                await act()
            except (DatabaseAway, GatewayDidNotAnswer, NoSmallDisk) as problem:
                if asyncio.get_running_loop().time() > deadline:
                    raise FaultNotDone(str(problem)) from problem
            else:
                return
            await asyncio.sleep(_AGAIN_S)
