"""Readers against a shop: each of a number of connections reads one page after the other until the time is over."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.figures import percentile
from bench.wire import Wire


@dataclass(slots=True)
class Looked:
    """What came of a run; `times` in seconds, `bytes_sum` of bodies, `cpu_share` the generator's, of one core."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    bytes_sum: int = 0
    cpu_share: float = 0.0

    @property
    def per_s(self) -> float:
        """Return answers of 200 per second."""
        return self.statuses[200] / self.seconds

    def ms(self, share: float) -> float:
        """Return a percentile of the time to an answer, in ms."""
        return 1000 * percentile(self.times, share)


async def look(address: tuple[str, int], requests: Sequence[bytes], *, connections: int, seconds: float) -> Looked:
    """Read the pages in turn, every connection starting at another one."""
    looked = Looked()
    end = time.perf_counter() + seconds

    async def reader(number: int) -> None:
        wire = Wire(*address)
        turn = number
        while (since := time.perf_counter()) < end:
            status, body = await wire.send(requests[turn % len(requests)])
            looked.times.append(time.perf_counter() - since)
            looked.statuses[status] += 1
            looked.bytes_sum += len(body)
            turn += connections
        wire.close()

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(reader(number) for number in range(connections)))
    looked.seconds = time.perf_counter() - started
    looked.cpu_share = (time.process_time() - cpu) / looked.seconds
    return looked
