"""Buyers against a shop: a closed loop (everybody buys again at once) or an open one (buyers arrive, come what may)."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.buyer import COMPLETED, buy
from bench.figures import percentile
from bench.schedule import arrivals
from bench.wire import Wire

_IDLE_S = 5.0
"""A connection that was idle for longer is opened anew: the shop closes it after 10 s, perhaps in this very moment."""
_MOST_AT_ONCE = 4_000


@dataclass(slots=True)
class Bought:
    """What came of a run. `times` in seconds, of completed purchases; `cpu_share` is the generator's, of one core."""

    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    cpu_share: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Return completed orders per second."""
        return self.outcomes[COMPLETED] / self.seconds if self.seconds else 0.0

    def ms(self, share: float) -> float:
        """Return a percentile of the time a purchase took, in ms; NaN when there was none."""
        return 1000 * percentile(self.times, share) if self.times else float("nan")

    def others(self) -> str:
        """Return what did not complete, in words; empty when everything did."""
        return ", ".join(f"{name}: {count}" for name, count in self.outcomes.items() if name != COMPLETED)

    def note(self, outcome: str, took: float) -> None:
        """Count a purchase."""
        self.outcomes[outcome] += 1
        if outcome == COMPLETED:
            self.times.append(took)


class _Meter:
    """Measures wall time and this process's CPU time of a block into a result."""

    def __init__(self, into: Bought) -> None:
        self._into = into

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self._into.seconds = time.perf_counter() - self._wall
        self._into.cpu_share = (time.process_time() - self._cpu) / self._into.seconds


async def _timed(wire: Wire, sku: str, bought: Bought, since: float) -> None:
    try:
        outcome = await buy(wire, sku)
    except OSError as problem:
        outcome = "connection lost"
        bought.problems.append(repr(problem))
    bought.note(outcome, time.perf_counter() - since)


async def closed_loop(address: tuple[str, int], skus: Sequence[str], *, buyers: int, seconds: float) -> Bought:
    """Let so many buyers buy one thing after the other until the time is over."""
    bought = Bought()
    end = time.perf_counter() + seconds

    async def buyer(number: int) -> None:
        wire = Wire(*address)
        turn = number
        while time.perf_counter() < end:
            await _timed(wire, skus[turn % len(skus)], bought, time.perf_counter())
            turn += buyers
        wire.close()

    with _Meter(bought):
        await asyncio.gather(*(buyer(number) for number in range(buyers)))
    return bought


async def open_loop(address: tuple[str, int], skus: Sequence[str], *, rate: float, seconds: float) -> Bought:
    """Let buyers arrive at a rate; their time counts from when they were due. More than 4,000 at once: turned away."""
    bought = Bought()
    idle: list[tuple[Wire, float]] = []
    tasks: set[asyncio.Task[None]] = set()

    async def arrive(number: int, due: float) -> None:
        wire, since = idle.pop() if idle else (Wire(*address), due)
        if due - since > _IDLE_S:
            wire.close()
        await _timed(wire, skus[number % len(skus)], bought, due)
        idle.append((wire, time.perf_counter()))

    with _Meter(bought):
        started = time.perf_counter()
        for number, after in enumerate(arrivals(rate, seconds)):
            due = started + after
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if len(tasks) >= _MOST_AT_ONCE:
                bought.note("turned away", 0.0)
                continue
            task = asyncio.create_task(arrive(number, due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)
    for wire, _ in idle:
        wire.close()
    return bought
