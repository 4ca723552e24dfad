"""Kill switches for calls between contexts, shared by all processes: one entry of a key-value bucket on NATS.

The entry is the whole table of what is off, replaced only by whoever saw the newest one; the bucket remembers the last
64. Processes read it twice a second. A process that cannot reach NATS keeps what it knew; one that starts without NATS
knows of nothing switched off, and makes no calls to other processes either.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from springtide.platform.bus import Bus
from springtide.platform.errors import Conflict, Unavailable
from springtide.platform.gate import Gate
from springtide.platform.telemetry import logger

READ_EVERY_S = 0.5
_KEY = "off"
_ATTEMPTS = 5

log = logger(__name__)


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """A switch was moved: a method is `on` again or off, by whom, when (their clock stamps a log), and why."""

    method: str
    on: bool
    by: str
    at: datetime
    reason: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is off, by method, and the move that led to this table."""

    off: dict[str, Switched] = {}
    last: Switched | None = None


class SwitchesContended(Conflict):
    """Others move switches at the same moment, again and again."""

    code = "switches_contended"


class Switches:
    """The switches of one shop."""

    def __init__(self, bus: Bus) -> None:
        self._bucket = bus.bucket("SWITCHES")

    async def table(self) -> Table:
        """Return what is off now. `BusUnavailable`."""
        entry = await self._bucket.get(_KEY)
        return Table() if entry is None else msgspec.json.decode(entry.value, type=Table)

    async def move(self, method: str, *, on: bool, by: str, reason: str) -> Switched:
        """Switch a method off, or on again. `BusUnavailable`, `SwitchesContended`."""
        switched = Switched(method=method, on=on, by=by, at=datetime.now(UTC), reason=reason)
        for _ in range(_ATTEMPTS):
            entry = await self._bucket.get(_KEY)
            before = Table() if entry is None else msgspec.json.decode(entry.value, type=Table)
            off = {name: move for name, move in before.off.items() if name != method}
            if not on:
                off[method] = switched
            after = msgspec.json.encode(Table(off=off, last=switched))
            if await self._bucket.replace(_KEY, after, seen=0 if entry is None else entry.revision):
                return switched
        msg = "Others are moving switches: look at them, and try again."
        raise SwitchesContended(msg)

    async def history(self) -> list[Switched]:
        """Return the last moves, newest first. `BusUnavailable`."""
        tables = [msgspec.json.decode(value, type=Table) for value in await self._bucket.history(_KEY)]
        return [table.last for table in reversed(tables) if table.last is not None]

    async def follow(self, gate: Gate, *, known: Callable[[], None] = lambda: None) -> None:
        """Keep a gate as the switches are, for ever; `known` is called at each reading."""
        while True:
            try:
                off = frozenset((await self.table()).off)
            except Unavailable as error:
                log.debug("switches.wait", error=error.detail)
            else:
                if off != gate.off:
                    log.warning("switches.changed", off=sorted(off))
                    gate.switch_off_only(off)
                known()
            await asyncio.sleep(READ_EVERY_S)
