"""A gateway's switch, and what processes saw of it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from springtide.contexts.payments.domain.breaker import BreakerState
from springtide.contracts.payments.api import GatewaySwitch, GatewaySwitched
from springtide.platform.batch import rows
from springtide.platform.db import Tx


class SwitchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway's switch stands, and who moved it there."""

    gateway: str
    state: GatewaySwitch
    reason: str
    changed_by: str
    changed_at: datetime
    before: GatewaySwitch = GatewaySwitch.ON

    def __post_init__(self) -> None:
        """Return the driver gives text for the states."""
        msgspec.structs.force_setattr(self, "state", GatewaySwitch(self.state))
        msgspec.structs.force_setattr(self, "before", GatewaySwitch(self.before))

    def told(self) -> GatewaySwitched:
        """Return the move in the contract's words."""
        return GatewaySwitched(
            gateway=self.gateway,
            before=self.before,
            state=self.state,
            by=self.changed_by,
            at=self.changed_at,
            reason=self.reason,
        )


class SightRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a process saw of a gateway at `seen_at`. `bins`: number of a bin of durations -> attempts."""

    process: str
    gateway: str
    seen_at: datetime
    breaker: BreakerState
    diverted: int
    in_flight: int
    attempts: int
    failures: int
    slow: int
    bins: dict[str, int]

    def __post_init__(self) -> None:
        """Return the driver gives text for the state."""
        msgspec.structs.force_setattr(self, "breaker", BreakerState(self.breaker))


async def tell_sights(tx: Tx, sights: Sequence[SightRow]) -> None:
    """Write what a process sees of its gateways, over what it told before."""
    params = {**rows(sights), "process": sights[0].process, "now": sights[0].seen_at}
    await tx.run("tell_sights", params)
