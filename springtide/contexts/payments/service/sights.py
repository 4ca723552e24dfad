"""What the payments processes see of the gateways: each tells it as rows, and whoever is asked adds them up.

Nothing here is on a buyer's path. A process that asks no gateway tells only now and then that it is there.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contexts.payments.domain.health import Health, Tally
from springtide.contexts.payments.service.desk import Desk
from springtide.contexts.payments.service.tools import Tools
from springtide.contexts.payments.store.gateways import SightRow, tell_sights
from springtide.contracts.payments.api import GatewaySight

TOLD_AGAIN_AFTER_S = 5.0
SILENT_AFTER = timedelta(seconds=15)
FORGOTTEN_AFTER = timedelta(seconds=60)
_WORST_FIRST = (BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What one process sees of one gateway."""

    process: str
    gateway: str
    breaker: BreakerState
    diverted: int
    in_flight: int
    health: Health

    def told(self, seen_at: datetime) -> GatewaySight:
        """Return it in the contract's words."""
        return GatewaySight(
            process=self.process,
            seen_at=seen_at,
            breaker=str(self.breaker),
            diverted=self.diverted,
            attempts=self.health.tally.attempts,
            failures=self.health.tally.failures,
            p50_ms=self.health.p50_ms,
            p99_ms=self.health.p99_ms,
            in_flight=self.in_flight,
        )

    def row(self, seen_at: datetime) -> SightRow:
        """Return it as it is stored."""
        tally = self.health.tally
        return SightRow(
            process=self.process,
            gateway=self.gateway,
            seen_at=seen_at,
            breaker=self.breaker,
            diverted=self.diverted,
            in_flight=self.in_flight,
            attempts=tally.attempts,
            failures=tally.failures,
            slow=tally.slow,
            bins={str(number): count for number, count in self.health.bins.items()},
        )


def worst(states: Sequence[BreakerState]) -> BreakerState:
    """Return the state furthest from taking attempts."""
    return min(states, key=_WORST_FIRST.index, default=BreakerState.CLOSED)


def own_sights(desk: Desk) -> tuple[Sight, ...]:
    """Return what this process sees now."""
    return tuple(
        Sight(
            process=desk.process,
            gateway=name,
            breaker=desk.breaker(name).state,
            diverted=counter.diverted,
            in_flight=counter.in_flight,
            health=desk.health(name),
        )
        for name, counter in desk.counters.items()
    )


async def all_sights(tools: Tools) -> Mapping[str, Sequence[tuple[Sight, datetime]]]:
    """Return by gateway what each process sees, and when it told so: this one now, others when they told it last."""
    async with tools.db.read() as read:
        now = await read.value("kernel_now")
        params = {"process": tools.desk.process, "since": now - SILENT_AFTER}
        others = await read.all("sights_of_others", params, row=SightRow)
    found = {sight.gateway: [(sight, now)] for sight in own_sights(tools.desk)}
    for row in others:
        found.setdefault(row.gateway, []).append((_sight(row), row.seen_at))
    return found


class Teller:
    """Writes down what this process sees. `clock`: seconds that only go forward."""

    def __init__(self, tools: Tools, clock: Callable[[], float] = time.monotonic) -> None:
        self._tools = tools
        self._clock = clock
        self._told: tuple[Sight, ...] = ()
        self._again_at_s = 0.0

    async def tell(self) -> bool:
        """Tell what has changed since the last turn, and everything once in a while; return whether it did."""
        sights, now_s = own_sights(self._tools.desk), self._clock()
        if not sights or (sights == self._told and now_s < self._again_at_s):
            return False
        async with self._tools.db.tx(self._tools.caller) as tx:
            await tell_sights(tx, [sight.row(tx.now) for sight in sights])
            await tx.run("forget_sights", {"before": tx.now - FORGOTTEN_AFTER})
        self._told, self._again_at_s = sights, now_s + TOLD_AGAIN_AFTER_S
        return True


def _sight(row: SightRow) -> Sight:
    return Sight(
        process=row.process,
        gateway=row.gateway,
        breaker=row.breaker,
        diverted=row.diverted,
        in_flight=row.in_flight,
        health=Health(
            tally=Tally(attempts=row.attempts, failures=row.failures, slow=row.slow),
            bins={int(number): count for number, count in row.bins.items()},
        ),
    )
