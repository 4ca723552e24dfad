"""Keys wait here until what they stand for has settled, then every cache is told: together, at a bounded rate, again
until it answers.

    change seen          0 s
    purge               0.8 s   lists of this process may lag a moment (0.3 s in the read model, 0.3 s in the pages),
                                and an answer made just before is still on its way to the cache
    changed again       once more, 0.8 s after the last change; never more than two calls a second to a cache

A cache that does not answer keeps its keys waiting, beside the others' work; too many of them become one: everything.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress

import msgspec

from springtide.edge.purge.port import Edge, PurgeFailed
from springtide.platform.caching import EVERYTHING_KEY
from springtide.platform.telemetry import EDGE_KEYS_WAITING, EDGE_PURGED_KEYS, EDGE_PURGES, logger

SETTLE_S = 0.8
SLOWLY_S = 10.0
"""For what changes all the time and decides nothing: stock words on lists."""

_BETWEEN_CALLS_S = 0.5
_WAITING_LIMIT = 1_000
_ONE_BREATH_S = 0.2
_BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
_LAST_WORD_S = 3.0

log = logger(__name__)


class _Waiting(msgspec.Struct):
    """A key: when to purge it, and the moment from which a purge is certain to have reached every old answer."""

    due: float
    settled: float
    patience_s: float

    @property
    def at(self) -> float:
        """Return when to purge: what changed several times in one breath is purged once, after the last of them."""
        return self.settled if self.due < self.settled <= self.due + _ONE_BREATH_S else self.due


class Outlet:
    """One cache and what it has yet to forget."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self._waiting: dict[str, _Waiting] = {}
        self._noted = asyncio.Event()
        self._failures = 0

    def note(self, keys: Iterable[str], patience_s: float) -> None:
        """Take keys to be purged within `patience_s` seconds, and not before they have settled."""
        now = asyncio.get_running_loop().time()
        for key in keys:
            known = self._waiting.get(key)
            if known is None:
                self._waiting[key] = _Waiting(now + patience_s, now + SETTLE_S, patience_s)
            else:
                known.due = min(known.due, now + patience_s)
                known.patience_s = min(known.patience_s, patience_s)
                known.settled = now + SETTLE_S
        if len(self._waiting) > _WAITING_LIMIT:
            self._waiting = {EVERYTHING_KEY: _Waiting(now + SETTLE_S, now + SETTLE_S, SETTLE_S)}
        EDGE_KEYS_WAITING.labels(self.edge.name).set(len(self._waiting))
        self._noted.set()

    def take(self, now: float) -> list[str]:
        """Return the keys that are due; one that changed a moment ago also stays, to be purged once more."""
        due = [(key, known) for key, known in self._waiting.items() if known.at <= now]
        for key, known in due:
            if known.settled <= now:
                del self._waiting[key]
            else:
                known.due = max(known.settled, now + known.patience_s - SETTLE_S)
        return [key for key, _ in due]

    async def run(self) -> None:
        """Purge for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await self._until_due()
            pause_s = await self._send(self.take(loop.time()))
            EDGE_KEYS_WAITING.labels(self.edge.name).set(len(self._waiting))
            await asyncio.sleep(pause_s)

    async def flush(self) -> None:
        """Send what waits, due or not, once: for a process that leaves."""
        keys = list(self._waiting)
        self._waiting.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_S):
                await self._send(keys)

    async def _until_due(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            earliest = min((known.at for known in self._waiting.values()), default=None)
            if earliest is not None and earliest <= loop.time():
                return
            self._noted.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(earliest):
                    await self._noted.wait()

    async def _send(self, keys: Sequence[str]) -> float:
        """Purge keys, in as many calls as they need; return how long to leave the cache alone."""
        size = self.edge.keys_per_call
        for start in range(0, len(keys), size):
            part = keys[start : start + size]
            try:
                await self.edge.purge(part)
            except PurgeFailed as failure:
                return self._failed(keys[start:], failure)
            self._failures = 0
            EDGE_PURGES.labels(self.edge.name, "done").inc()
            EDGE_PURGED_KEYS.labels(self.edge.name).inc(len(part))
        return _BETWEEN_CALLS_S

    def _failed(self, keys: Sequence[str], failure: PurgeFailed) -> float:
        """Let the keys wait again; a streak of failures is one line in the log."""
        EDGE_PURGES.labels(self.edge.name, "failed").inc()
        if not self._failures:
            log.warning("edge.purge_failed", edge=self.edge.name, keys=len(keys), error=str(failure))
        back_off_s = max(failure.retry_after_s, _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)])
        self._failures += 1
        self.note(keys, max(back_off_s, SETTLE_S))
        return back_off_s


class Purger:
    """Tells every cache of a shop. Without caches, noting costs nothing and `run` has nothing to do."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._outlets = [Outlet(edge) for edge in edges]

    def note(self, keys: Iterable[str], /, *, slowly: bool = False) -> None:
        """Take keys of something that has just changed here; `slowly`: it may wait for `SLOWLY_S` seconds."""
        keys = tuple(keys)
        for outlet in self._outlets:
            outlet.note(keys, SLOWLY_S if slowly else SETTLE_S)

    async def run(self) -> None:
        """Purge until cancelled, then say what is left to say."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for outlet in self._outlets:
                    tasks.create_task(outlet.run())
        finally:
            for outlet in self._outlets:
                await outlet.flush()
                await outlet.edge.close()
