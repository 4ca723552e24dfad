"""The processes of a fleet that run now, each in a slot of its group: a port that is its own while it lives."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from signal import SIGKILL, SIGTERM

from springtide.commands.fleet.plan import Group, Plan, settings_of
from springtide.commands.fleet.release import Release
from springtide.platform.embedded.launch import StopSignals
from springtide.platform.embedded.ports import HOST, choose_port
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.problems import EngineProblem
from springtide.platform.embedded.supervisor import Child, Condition, State, Supervisor
from springtide.platform.fleet.balancer import Door
from springtide.platform.fleet.figures import Figures, figures_of
from springtide.settings import Settings, as_environment, replaced

_READY_WITHIN_S = 120.0
# Unready, drained, calls finished: `docs/guides/processes.md` has the steps. Hurried: nobody stands before it any more.
_LEAVES: StopSignals = ((SIGTERM, 30.0), (SIGKILL, 5.0))
_HURRIES: StopSignals = ((SIGTERM, 0.2), (SIGTERM, 30.0), (SIGKILL, 5.0))


@dataclass(frozen=True, slots=True)
class Member:
    """One process: its group, the port of its slot, the release it runs. `number` tells the order they came in."""

    name: str
    group: str
    port: int
    release: Release
    number: int


def slots_of(plan: Plan) -> dict[str, tuple[int, ...]]:
    """Return free ports for every process a group may ever have, and one more for a roll."""
    taken: set[int] = set()
    found: dict[str, tuple[int, ...]] = {}
    for name, group in plan.groups.items():
        ports: list[int] = []
        while len(ports) <= group.max:
            port = choose_port()
            if port not in taken:
                taken.add(port)
                ports.append(port)
        found[name] = tuple(ports)
    return found


class Crew:
    """See the module. `environ`: what is in the environment of every process besides settings."""

    def __init__(self, plan: Plan, settings: Settings, environ: Mapping[str, str], supervisor: Supervisor) -> None:
        self.plan = plan
        self.changing = asyncio.Lock()
        self._settings = settings
        self._environ = environ
        self._supervisor = supervisor
        self._slots = slots_of(plan)
        self._members: dict[str, Member] = {}
        self._started = 0

    def doors(self) -> list[Door]:
        """Return the addresses of the shop with all slots behind them."""
        ports = {"web": self._settings.port, "backoffice": self._settings.backoffice_port}
        domains = {"web": self.plan.front.domain, "backoffice": self.plan.front.office_domain}
        found = []
        for channel, port in ports.items():
            behind = [name for name, group in self.plan.groups.items() if group.channel == channel]
            slots = tuple(slot for name in behind for slot in self._slots[name])
            found.append(Door(channel, self._settings.host, port, slots, domains[channel]))
        return found

    def of(self, group: str) -> list[Member]:
        """Return the processes of a group, the oldest first."""
        return sorted((m for m in self._members.values() if m.group == group), key=lambda m: m.number)

    def members(self) -> list[Member]:
        """Return all processes, group by group."""
        return [member for group in self.plan.groups for member in self.of(group)]

    def conditions(self) -> dict[str, Condition]:
        """Return how everything that is kept alive is, also what is no member of a group."""
        return self._supervisor.conditions()

    async def start(self, group: str, release: Release) -> Member:
        """Start one more process and return when it is ready. Raises EngineProblem: it does not start, or no slot."""
        taken = {member.port for member in self.of(group)}
        free = [(number, port) for number, port in enumerate(self._slots[group], start=1) if port not in taken]
        if not free:
            msg = f"group {group} has no slot left: {len(taken)} processes run"
            raise EngineProblem(msg)
        number, port = free[0]
        self._started += 1
        member = Member(f"{group}-{number}", group, port, release, self._started)
        self._members[member.name] = member
        try:
            await self._supervisor.add(self._child(member))
        except BaseException:
            self._members.pop(member.name, None)
            raise
        return member

    async def stop(self, member: Member, *, hurried: bool = False) -> None:
        """Let a process leave in order, and wait until it is gone."""
        await self._supervisor.remove(member.name, stop_signals=_HURRIES if hurried else _LEAVES)
        self._members.pop(member.name, None)

    async def bring_to(self, group: str, count: int, release: Release) -> None:
        """Have so many processes of a group: new ones start together, the youngest leave together."""
        present = self.of(group)
        if count > len(present):
            await asyncio.gather(*(self.start(group, release) for _ in range(count - len(present))))
        else:
            await asyncio.gather(*(self.stop(member) for member in present[count:]))

    async def end(self) -> None:
        """End all processes: those with a channel first, since they ask the others."""
        for with_channel in (True, False):
            wanted = [m for m in self.members() if bool(self.plan.groups[m.group].channel) == with_channel]
            await asyncio.gather(*(self.stop(member, hurried=True) for member in wanted))

    async def figures(self, member: Member) -> Figures | None:
        """Ask a process for its figures; None while it is not ready or does not answer."""
        condition = self.conditions().get(member.name)
        if condition is None or condition.state is not State.READY:
            return None
        return await figures_of(HOST, member.port, of_http=bool(self.plan.groups[member.group].channel))

    def _child(self, member: Member) -> Child:
        group = self.plan.groups[member.group]
        return Child(
            name=member.name,
            command=(member.release.python, "-m", "springtide.cli", "serve", *group.all_roles),
            environ={**self._environ, **said(self._settings_of(group, member.port))},
            is_ready=http_probe(HOST, member.port, "/readyz"),
            ready_within_s=_READY_WITHIN_S,
            stop_signals=_LEAVES,
        )

    def _settings_of(self, group: Group, port: int) -> Settings:
        place = {"web": "port", "backoffice": "backoffice_port"}.get(group.channel, "health_port")
        return replaced(settings_of(self._settings, group), host=HOST, **{place: port})


def said(settings: Settings) -> dict[str, str]:
    """Return the variables that differ from the defaults: another release may not know all that this one knows."""
    defaults = as_environment(Settings())
    return {name: value for name, value in as_environment(settings).items() if value != defaults[name]}
