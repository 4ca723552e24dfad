"""Buyers first: the pace of what happens after a sale.

A turn of a relay, a consumer or the mail costs almost the same for one event as for a hundred. So a turn that follows
closely on another waits a little and finds more to do, and while buyers are waiting for an answer of this process it
waits longer. Nobody starves: the wait is bounded. After a pause the first turn waits for nothing.
"""

import asyncio
from typing import Protocol
from weakref import WeakValueDictionary

_REST_S = 0.2
_LONGEST_REST_S = 0.25
_LOOK_EVERY_S = 0.01


class Waited(Protocol):
    """Where buyers wait: `platform.coalesce.Lane`."""

    name: str

    @property
    def waiting(self) -> int:
        """Return how many calls wait."""
        ...


_buyers: WeakValueDictionary[int, Waited] = WeakValueDictionary()


def watch(lane: Waited) -> None:
    """Let background work of this process give way while calls wait in `lane`."""
    _buyers[id(lane)] = lane


def waiting() -> dict[str, int]:
    """Return how many calls wait in this process, by lane."""
    found: dict[str, int] = {}
    for lane in _living():
        found[lane.name] = found.get(lane.name, 0) + lane.waiting
    return found


def is_busy() -> bool:
    """Tell whether buyers are waiting for an answer of this process."""
    return any(lane.waiting for lane in _living())


def _living() -> list[Waited]:
    """Return the lanes that live. Figures are read in another thread, while lanes may be made and forgotten here."""
    return [lane for known in _buyers.valuerefs() if (lane := known()) is not None]


class Turns:
    """The turns of one background lane."""

    def __init__(self, *, rest_s: float = _REST_S, longest_rest_s: float = _LONGEST_REST_S) -> None:
        self._rest_s = rest_s
        self._longest_rest_s = longest_rest_s
        self._last = -longest_rest_s

    async def next(self, *, has_more: bool = False) -> None:
        """Wait until the next turn may begin. `has_more`: a backlog is worked off without resting."""
        clock = asyncio.get_running_loop().time
        if not has_more:
            await asyncio.sleep(max(0.0, self._last + self._rest_s - clock()))
        while is_busy() and clock() < self._last + self._longest_rest_s:  # noqa: ASYNC110 - lanes tell nobody that they are empty
            await asyncio.sleep(_LOOK_EVERY_S)
        self._last = clock()
