"""The throw-away deployment a drill happens to: processes, engines, disk, gateway, and two ways to look inside."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from springtide.platform.embedded.small_disk import SmallDisk
from springtide.platform.embedded.switchboard import Switchboard
from springtide.platform.wiring import Ask
from springtide.rehearsal.drill.gateway import SandboxGateway
from springtide.rehearsal.fleet import Failpoints, Fleet

CONTEXTS_WITH_CLOCKS = (
    "catalog",
    "pricing",
    "inventory",
    "customers",
    "checkout",
    "payments",
    "orders",
    "insight",
    "peak",
)


@dataclass(frozen=True, slots=True)
class Inside:
    """A process beside the shop's, with every context in it: `ask` reads facts; `is_settled`: every event is taken."""

    ask: Ask
    is_settled: Callable[[], Awaitable[bool]]


@dataclass(slots=True, kw_only=True)
class Stage:
    """See the module. `outside` calls the shop's own processes; `look_inside` needs no process of the shop.

    `disk` is None where none can be made, and `no_disk` says why. `role_of`: role -> name of the process that holds
    it. `offsets_s`: how far each context's clock is ahead.
    """

    fleet: Fleet
    failpoints: Failpoints
    board: Switchboard
    gateway: SandboxGateway
    shop_url: str
    disk: SmallDisk | None
    no_disk: str
    role_of: dict[str, str]
    outside: Ask
    look_inside: Callable[[], AbstractAsyncContextManager[Inside]]
    offsets_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CONTEXTS_WITH_CLOCKS, 0.0))
