"""What a rehearsal carried: its best minute, how many web processes there were, which gateways were off throughout."""

from collections.abc import Mapping, Sequence

from springtide.contracts.payments.api import GatewaySwitch, PaymentsApi
from springtide.platform.caller import system
from springtide.platform.errors import SpringtideError
from springtide.platform.wiring import Ask
from springtide.rehearsal.load.samples import Sample
from springtide.rehearsal.load.tally import Slice

MINUTE_S = 60
_WINDOW_S = 10.0
_WEB = "web"
_CALLER = system("rehearsal")


def held_per_s(slices: Mapping[int, Slice], seconds: float) -> float:
    """Return the orders a second of the best minute; of a run shorter than a minute, those of all of it.

    A single second says what luck brought; a minute is what was carried.
    """
    span = min(MINUTE_S, max(1, round(seconds)))
    completed = [slices[second].completed if second in slices else 0 for second in range(max(slices, default=0) + 1)]
    starts = range(max(1, len(completed) - span + 1))
    return max(sum(completed[start : start + span]) for start in starts) / span if completed else 0.0


def web_processes(samples: Sequence[Sample]) -> tuple[int, int]:
    """Return how many web processes told of themselves in the first ten seconds, and at most in any ten; 0 for none."""
    seen: dict[int, set[str]] = {}
    for sample in samples:
        if _WEB in _roles(sample.process):
            seen.setdefault(int(sample.at_s // _WINDOW_S), set()).add(sample.process)
    return len(seen.get(0, ())), max((len(processes) for processes in seen.values()), default=0)


def _roles(process: str) -> list[str]:
    """Read the roles in "name (role, role)"; metrics of an address have none."""
    return process.rpartition("(")[2].removesuffix(")").split(", ") if process.endswith(")") else []


async def switched_off(ask: Ask | None) -> frozenset[str]:
    """Return the gateways that are asked nothing now; none where the deployment is not at hand or does not answer."""
    if ask is None:
        return frozenset()
    try:
        gateways = await ask(PaymentsApi).gateways(caller=_CALLER)
    except SpringtideError:
        return frozenset()  # then nobody can say that one was off, and nothing is claimed
    return frozenset(gateway.name for gateway in gateways if gateway.switch is not GatewaySwitch.ON)
