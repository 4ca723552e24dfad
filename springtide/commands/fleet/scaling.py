"""More and fewer processes by request rate, from what the processes themselves count."""

import asyncio
import time

from springtide.commands.fleet.crew import Crew, Member
from springtide.commands.fleet.state import Memory
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import Say
from springtide.platform.fleet.figures import Figures
from springtide.platform.fleet.scaling import Scaler


class Meters:
    """How many requests a second every process answered between the last two looks."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._seen: dict[Member, tuple[float, Figures]] = {}
        self._looked = 0.0
        self.rates: dict[Member, float] = {}

    async def look_if_old(self) -> None:
        """Ask every process when nobody did so lately."""
        if time.monotonic() - self._looked > self._crew.plan.scaling.every_s:
            await self.look()

    async def look(self) -> None:
        """Ask every process."""
        self._looked = time.monotonic()
        members = self._crew.members()
        found = await asyncio.gather(*(self._crew.figures(member) for member in members))
        seen, self._seen = self._seen, {}
        self.rates = {}
        for member, figures in zip(members, found, strict=True):
            if figures is None:
                continue
            now = time.monotonic()
            self._seen[member] = (now, figures)
            if member in seen:
                then, before = seen[member]
                self.rates[member] = figures.since(before).answered / (now - then)


class Autoscaler:
    """Looks every few seconds and brings each scaled group to the number that Kubernetes' formula wants.

    A group that was given a number by hand keeps it, and while a release is rolled out nothing is scaled.
    """

    def __init__(self, crew: Crew, meters: Meters, memory: Memory, say: Say) -> None:
        self._crew = crew
        self._meters = meters
        self._memory = memory
        self._say = say
        how = crew.plan.scaling
        self._scalers = {
            name: Scaler(group.target_per_s, group.min, group.max, how.tolerance, how.scale_down_window_s)
            for name, group in crew.plan.groups.items()
            if group.target_per_s
        }

    async def run(self) -> None:
        """Look and act until cancelled."""
        while True:
            await asyncio.sleep(self._crew.plan.scaling.every_s)
            await self._meters.look()
            for group, scaler in self._scalers.items():
                if group not in self._memory.pinned and not self._crew.changing.locked():
                    await self._scale(group, scaler)

    async def _scale(self, group: str, scaler: Scaler) -> None:
        async with self._crew.changing:
            members = self._crew.of(group)
            rates = [self._meters.rates.get(member) for member in members]
            wanted = scaler.decide(rates, now_s=time.monotonic())
            if wanted == len(members):
                return
            known = sum(rate for rate in rates if rate is not None)
            self._say(f"{group}: {known:.0f} requests/s, from {len(members)} to {wanted} processes")
            try:
                await self._crew.bring_to(group, wanted, self._memory.release)
            except EngineProblem as problem:
                self._say(f"{group}: {problem}")  # tried again at the next look
