"""Two web processes against one: product pages per second, asked directly and through Caddy, interleaved.

What a second process can give depends on what the machine has left for it. A web process uses one core and no more, so
a round counts when, with one process at work, `ENOUGH_IDLE` of a core was idle: as much as 1.6 times its work needs.
With less, the round says how full the machine was, not how processes share work. What was idle is printed either way.
Caddy takes more of a core for a page than the web process does: on two cores nothing is left for a second one, so that
ratio is shown and has no target.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from bench.bench import Bench
from bench.figures import Figure, at_least, median
from bench.goods import own_products, slug_of
from bench.pages import Looked, look
from bench.schedule import interleaved
from bench.wire import request
from springtide.platform.embedded.binaries import caddy_program
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.ports import HOST, choose_port
from springtide.platform.embedded.probes import http_probe
from springtide.platform.embedded.supervisor import Child, Supervisor
from springtide.platform.fleet import balancer
from springtide.platform.fleet.balancer import Door
from springtide.settings import CONTEXTS, Settings, as_environment, replaced

ROW = "webs"
_CONNECTIONS = 32
_SHORTER = 6
_PAGES = 1_000
_TIMES = 1.6
ENOUGH_IDLE = _TIMES - 1
_READY_WITHIN_S = 120.0
_CADDY_SEES_WITHIN_S = 1.5


class _Webs:
    """Two web processes, the contexts in a third, and a Caddy before one and before both."""

    def __init__(self, settings: Settings, folder: DataFolder) -> None:
        self.ports = (choose_port(), choose_port())
        self.one, self.both = choose_port(), choose_port()
        self._settings = settings
        self._folder = folder

    def children(self) -> list[Child]:
        """Describe the processes of the shop."""
        webs = [self._child(f"web{number}", "web", port=port) for number, port in enumerate(self.ports)]
        return [self._child("contexts", *CONTEXTS, "jobs", health_port=choose_port()), *webs]

    def caddy(self) -> Child:
        """Describe Caddy, which is started when the web processes are ready."""
        doors = [Door("one", HOST, self.one, self.ports[:1]), Door("both", HOST, self.both, self.ports)]
        return balancer.child(caddy_program(), doors, folder=self._folder.root / "caddy", try_s=2.0)

    def _child(self, name: str, *roles: str, **ports: int) -> Child:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SPRINGTIDE_")}
        (port,) = ports.values()
        return Child(
            name=name,
            command=(sys.executable, "-m", "springtide.cli", "serve", *roles),
            environ={**kept, **as_environment(replaced(self._settings, drain_s=0.0, **ports))},
            is_ready=http_probe(HOST, port, "/readyz"),
            ready_within_s=_READY_WITHIN_S,
        )


async def measure(bench: Bench) -> list[Figure]:
    """Return how much more two give than one, with what the machine had to spare meanwhile."""
    await bench.rest()
    settings, folder = await bench.engines()
    webs = _Webs(settings, folder)
    pages = [
        request("GET", f"/nl-nl/p/{slug_of(number)}")
        for number in range(min(_PAGES, own_products(bench.options.products)))
    ]
    async with AsyncExitStack() as stack:
        supervisor = Supervisor(webs.children(), logs=folder.logs, run=folder.run, say=bench.say)
        await stack.enter_async_context(supervisor)
        await supervisor.add(webs.caddy())
        await asyncio.sleep(_CADDY_SEES_WITHIN_S)
        return await _compared(bench, webs, pages)


class Run(NamedTuple):
    """Pages per second, and the cores that were idle and that the generator took meanwhile."""

    per_s: float
    idle: float
    generator: float


def times(ones: Sequence[Run], twos: Sequence[Run]) -> float | None:
    """Return the median of what two give against one, round by round; None when no round had a core for the second."""
    found = [two.per_s / one.per_s for one, two in zip(ones, twos, strict=True) if one.idle >= ENOUGH_IDLE]
    return median(found) if found else None


async def _compared(bench: Bench, webs: _Webs, pages: Sequence[bytes]) -> list[Figure]:
    ways = {
        "one, asked directly": webs.ports[:1],
        "two, asked directly": webs.ports,
        "one, through Caddy": (webs.one,),
        "two, through Caddy": (webs.both,),
    }
    found: dict[str, list[Run]] = {name: [] for name in ways}
    seconds = max(2.0, bench.options.seconds / _SHORTER)
    for name in interleaved(tuple(ways), bench.options.rounds):
        await _looked(ways[name], pages, 0.5)
        found[name].append(await _looked(ways[name], pages, seconds))
    return [*_rates(found), _direct(found), _balanced(found)]


def _rates(found: Mapping[str, Sequence[Run]]) -> list[Figure]:
    return [
        Figure(
            row=ROW,
            what=f"product pages, web processes: {name}",
            value=f"{median(run.per_s for run in runs):,.0f}/s",
            detail=f"idle {', '.join(f'{run.idle:.2f}' for run in runs)} of {os.cpu_count()} cores,"
            f" generator {median(run.generator for run in runs):.2f}",
        )
        for name, runs in found.items()
    ]


def _direct(found: Mapping[str, Sequence[Run]]) -> Figure:
    what = "two web processes against one, asked directly"
    ones, twos = found["one, asked directly"], found["two, asked directly"]
    factor, rounds = times(ones, twos), sum(one.idle >= ENOUGH_IDLE for one in ones)
    detail = f"{rounds} of {len(ones)} rounds in which one left {ENOUGH_IDLE:.1f} cores idle"
    if factor is None:
        return Figure(row=ROW, what=what, value="not to be told", detail=detail)
    return Figure(row=ROW, what=what, detail=detail, **at_least(factor, _TIMES, unit=" x", digits=2))


def _balanced(found: Mapping[str, Sequence[Run]]) -> Figure:
    one, two = (median(run.per_s for run in found[f"{many}, through Caddy"]) for many in ("one", "two"))
    return Figure(row=ROW, what="two web processes against one, through Caddy", value=f"{two / one:.2f} x")


async def _looked(ports: Sequence[int], pages: Sequence[bytes], seconds: float) -> Run:
    """Look at pages, the connections shared out over the ports."""
    before, own, since = _idle_s(), time.process_time(), time.perf_counter()
    each = _CONNECTIONS // len(ports)
    runs: list[Looked] = await asyncio.gather(
        *(look((HOST, port), pages, connections=each, seconds=seconds) for port in ports)
    )
    took = time.perf_counter() - since
    others = [run.statuses for run in runs if set(run.statuses) != {200}]
    assert not others, others
    return Run(sum(run.per_s for run in runs), (_idle_s() - before) / took, (time.process_time() - own) / took)


def _idle_s() -> float:
    """Return the seconds that all cores together have been idle."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(fields[4]) / os.sysconf("SC_CLK_TCK")
