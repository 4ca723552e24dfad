"""What those who watch from outside say, read again and again and kept."""

from collections.abc import Sequence
from datetime import datetime

from springtide.contexts.insight.providers.port import Reading, Watcher, WatcherProblem
from springtide.platform.caller import system
from springtide.platform.db import Database
from springtide.platform.telemetry import logger

log = logger(__name__)

_CALLER = system("insight")


async def read_monitors(db: Database, watchers: Sequence[Watcher]) -> None:
    """Ask every source; one that cannot be read keeps what was known, with the reason."""
    for watcher in watchers:
        async with db.read() as read:
            now: datetime = await read.value("kernel_now")
        try:
            readings = await watcher.read(now)
        except WatcherProblem as problem:
            log.warning("insight.monitors_not_read", source=watcher.name, why=str(problem))
            async with db.tx(_CALLER) as tx:
                marked = {"source": watcher.name, "problem": str(problem), "now": tx.now}
                await tx.run("mark_monitors", marked)
            continue
        await _keep(db, watcher.name, readings)


async def _keep(db: Database, source: str, readings: Sequence[Reading]) -> None:
    async with db.tx(_CALLER) as tx:
        for reading in sorted(readings, key=lambda one: one.id):
            row = {
                "source": source,
                "id": reading.id,
                "name": reading.name,
                "state": reading.state,
                "up_30d": "" if reading.up_30d is None else str(reading.up_30d),
                "response_ms": reading.response_ms,
                "now": tx.now,
            }
            await tx.run("put_monitor", row)
        await tx.run("drop_monitors", {"source": source, "ids": [reading.id for reading in readings]})
