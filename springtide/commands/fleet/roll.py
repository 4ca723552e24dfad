"""Another release, process by process, while the shop sells: canary first, and the way back.

    canaries    one process of the new release more in every group
    watching    are they up, do they fail more or answer slower than their neighbours?
    replacing   group by group: one of the new release ready, then one of the old leaves
    way back    the same in the other direction, as soon as anything of the above says no

Processes of both releases run beside each other meanwhile: docs/guides/processes.md says what allows for that.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from springtide.commands.fleet.crew import Crew, Member
from springtide.commands.fleet.release import Release
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import State
from springtide.platform.fleet.control import Tell
from springtide.platform.fleet.figures import Figures

_LOOK_EVERY_S = 1.0
_SLOWER_BY_S = 0.05


class RolledBack(EngineProblem):
    """The new release was not taken; every process runs the former one."""


@dataclass(slots=True)
class _Watched:
    """What a group's canary and its neighbours had counted when the watch began."""

    canary: Member
    neighbours: list[Member]
    before: dict[Member, Figures] = field(default_factory=dict)


class Roll:
    """One change of release. `tell` takes lines for people."""

    def __init__(self, crew: Crew, *, former: Release, release: Release, tell: Tell) -> None:
        self._crew = crew
        self._former = former
        self._release = release
        self._tell = tell
        self._is_bad = False
        self._wanted = {group: len(crew.of(group)) for group in crew.plan.groups if crew.of(group)}

    async def run(self) -> None:
        """Replace all processes. Raises RolledBack when the new release was not taken."""
        started = time.monotonic()
        try:
            canaries = await self._canaries()
            await self._watch(canaries)
            for group in self._wanted:
                await self._replace(group, self._release)
        except EngineProblem as problem:
            await self._way_back(str(problem))
            msg = f"{self._release.version} was not taken, {self._former.version} runs again: {problem}"
            raise RolledBack(msg) from problem
        self._tell(f"every process runs {self._release.version}, after {time.monotonic() - started:.0f} s")

    async def _canaries(self) -> list[Member]:
        """Start them one after the other: a machine that sells has little to spare."""
        found = []
        for group in self._wanted:
            found.append(await self._crew.start(group, self._release))
            self._tell(f"canary {found[-1].name} runs {self._release.version}")
        return found

    async def _watch(self, canaries: Sequence[Member]) -> None:
        """Look at the canaries as long as the plan says. Raises EngineProblem when one is worse than its neighbours."""
        watched = [await self._begin(canary) for canary in canaries]
        end = time.monotonic() + self._crew.plan.canary.watch_s
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(_LOOK_EVERY_S, left))
            for each in watched:
                self._require_alive(each.canary)
                await self._compare(each)
        for each in watched:
            self._tell(f"canary {each.canary.name}: {await self._compare(each)}")

    async def _begin(self, canary: Member) -> _Watched:
        watched = _Watched(canary, [m for m in self._crew.of(canary.group) if m.release == self._former])
        for member in (canary, *watched.neighbours):
            watched.before[member] = await self._crew.figures(member) or Figures()
        return watched

    def _require_alive(self, canary: Member) -> None:
        condition = self._crew.conditions()[canary.name]
        if condition.restarts or condition.state is not State.READY:
            msg = f"canary {canary.name} ended while it was watched"
            raise EngineProblem(msg)

    async def _compare(self, watched: _Watched) -> str:
        """Return what the canary did, in words. Raises EngineProblem when it is worse."""
        how = self._crew.plan.canary
        new = await self._since(watched, [watched.canary])
        old = await self._since(watched, watched.neighbours)
        if min(new.answered, old.answered) < how.min_answers:
            return f"too few answers to compare ({new.answered:.0f} and {old.answered:.0f}), it stayed up"
        said = (
            f"{new.answered:.0f} answers, {new.failed_share:.1%} failed, {1000 * new.mean_s:.0f} ms; "
            f"its neighbours {old.answered:.0f}, {old.failed_share:.1%}, {1000 * old.mean_s:.0f} ms"
        )
        is_slow = new.mean_s > max(how.slower_times * old.mean_s, old.mean_s + _SLOWER_BY_S)
        self._is_bad = is_slow or new.failed_share > old.failed_share + how.worse_by
        if self._is_bad:
            msg = f"canary {watched.canary.name} is worse: {said}"
            raise EngineProblem(msg)
        return said

    async def _since(self, watched: _Watched, members: Sequence[Member]) -> Figures:
        total = Figures()
        for member in members:
            now = await self._crew.figures(member)
            if now is not None:
                total = total.and_also(now.since(watched.before[member]))
        return total

    async def _replace(self, group: str, release: Release) -> None:
        """Have only processes of a release in a group, never fewer than there were."""
        wanted = self._wanted[group]
        while True:
            members = self._crew.of(group)
            others = [member for member in members if member.release != release]
            if others and len(members) > wanted:
                is_bad = self._is_bad and others[0].release == self._release
                await self._crew.stop(others[0], hurried=is_bad)  # who fails visitors does not wait for the balancer
                self._tell(f"{others[0].name} of {others[0].release.version} left")
            elif len(members) - len(others) < wanted:
                member = await self._crew.start(group, release)
                self._tell(f"{member.name} runs {release.version}")
            else:
                return

    async def _way_back(self, why: str) -> None:
        self._tell(f"going back to {self._former.version}: {why}")
        for group in self._wanted:
            await self._replace(group, self._former)
