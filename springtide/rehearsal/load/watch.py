"""Watching a deployment under load: its /metrics every second, its processes' vitals where the bus is at hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol
from urllib.parse import urlsplit

from springtide.platform.http_client import HttpClient, OutboundError
from springtide.platform.tasks import stopped
from springtide.platform.vitals import EVERYBODY
from springtide.rehearsal.load.guard import resolved
from springtide.rehearsal.load.samples import Sample, of_machine, of_metrics, of_vitals

_EVERY_S = 1.0
_DEADLINE_S = 2.5


class Hearing(Protocol):
    """The bus, as far as it is needed."""

    def hearing(self, subject: str, take: Callable[[bytes], None]) -> AbstractAsyncContextManager[None]:
        """Hand over what is told on a subject while the block runs."""
        ...


class Watch:
    """Collects samples from its creation on."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self.samples: list[Sample] = []

    def now_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._began_s

    def begin(self) -> None:
        """Start anew: what was before, the generator's own start among it, is no load."""
        self._began_s = time.monotonic()
        self.samples.clear()

    def hear(self, body: bytes) -> None:
        """Take the vitals of a process."""
        sample = of_vitals(self.now_s(), body)
        if sample is not None:
            self.samples.append(sample)

    async def read_metrics(self, url: str) -> None:
        """Read an address for ever; no answer is a sample too."""
        async with HttpClient(base_url="", deadline_s=_DEADLINE_S) as client:
            while True:
                asked_s = self.now_s()
                try:
                    answer = await client.request("GET", url)
                    sample = of_metrics(asked_s, url, answer.body.decode()) if answer.is_success else None
                except (OutboundError, ValueError):
                    sample = None
                self.samples.append(sample or Sample(asked_s, url, None))
                await asyncio.sleep(max(0.0, asked_s + _EVERY_S - self.now_s()))

    async def read_machine(self) -> None:
        """Read this machine for ever."""
        while (sample := of_machine(self.now_s())) is not None:
            self.samples.append(sample)
            await asyncio.sleep(_EVERY_S)


@asynccontextmanager
async def watching(metrics: Sequence[str], *, bus: Hearing | None, url: str) -> AsyncIterator[Watch]:
    """Watch while the block runs: addresses of metrics, vitals, and this machine if the shop is on it."""
    watch = Watch()
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(watch.read_metrics(address)) for address in metrics]
        host = urlsplit(url).hostname or ""
        if any(address.startswith("127.") or address == "::1" for address in resolved(host)):
            tasks.append(asyncio.create_task(watch.read_machine()))
        stack.push_async_callback(stopped, tasks)
        if bus is not None:
            await stack.enter_async_context(bus.hearing(EVERYBODY, watch.hear))
        yield watch
