"""What stands before every contract call: limits per method, and switches that turn a method off.

A process has one gate. It asks it as the caller of a method (before the call leaves, or is made in this process) and as
the one who answers (calls that arrived over the bus). So a runaway caller stops itself, and many callers together stop
at whoever answers. Refusals are `Unavailable`: nothing was done, ask again later.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from springtide.platform.errors import Unavailable
from springtide.platform.telemetry import CALLS_REFUSED

_RETRY_BUSY_S = 1
_RETRY_SWITCHED_OFF_S = 30


class Busy(Unavailable):
    """As many calls of this method are under way in a process, or came within a second, as may; facts: method."""

    code = "method_busy"
    title = "Too much at once"


class SwitchedOff(Unavailable):
    """Somebody has switched the method off; facts: method. Why is for staff: `springtide switches`."""

    code = "switched_off"
    title = "This is switched off at the moment"


class _Rate:
    """At most so many a second, and as many at once after a quiet second: a bucket that fills up by itself."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = max(1.0, per_s)
        self._left = self._most
        self._at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Side:
    """One side of a process's calls: those it makes, or those it answers."""

    def __init__(self, name: str, limits: Mapping[str, int], rates: Mapping[str, float], off: set[str]) -> None:
        self._name = name
        self._limits = dict(limits)
        self._rates = {method: _Rate(per_s) for method, per_s in rates.items()}
        self._off = off
        self._under_way = dict.fromkeys(limits, 0)

    def enter(self, method: str) -> bool:
        """Let a call of "<context>.<verb>" through; `Busy`, `SwitchedOff`. True: `leave` when it is over."""
        if method in self._off:
            msg = f"{method} is switched off at the moment."
            self._count(method, "switched_off")
            raise SwitchedOff(msg, method=method, retry_after_s=_RETRY_SWITCHED_OFF_S)
        limit = self._limits.get(method)
        if limit is not None and self._under_way[method] >= limit:
            msg = f"{limit} calls of {method} are under way."
            self._count(method, "in_flight")
            raise Busy(msg, method=method, retry_after_s=_RETRY_BUSY_S)
        rate = self._rates.get(method)
        if rate is not None and not rate.take():
            msg = f"{method} was called too often within a second."
            self._count(method, "rate")
            raise Busy(msg, method=method, retry_after_s=_RETRY_BUSY_S)
        if limit is None:
            return False
        self._under_way[method] += 1
        return True

    def leave(self, method: str) -> None:
        """Count a call as over."""
        self._under_way[method] -= 1

    @contextmanager
    def passing(self, method: str, *, always: bool) -> Iterator[None]:
        """Let a call through while the block runs; `always`: unasked."""
        counts = not always and self.enter(method)
        try:
            yield
        finally:
            if counts:
                self.leave(method)

    def _count(self, method: str, why: str) -> None:
        context, _, verb = method.partition(".")
        CALLS_REFUSED.labels(context, verb, self._name, why).inc()


class Gate:
    """The gate of a process. `limits`: method -> calls under way at once; `rates`: method -> calls a second."""

    def __init__(self, limits: Mapping[str, int] | None = None, rates: Mapping[str, float] | None = None) -> None:
        self._off: set[str] = set()
        self.making = Side("caller", limits or {}, rates or {}, self._off)
        self.answering = Side("answerer", limits or {}, rates or {}, self._off)

    @property
    def off(self) -> frozenset[str]:
        """Return what is switched off."""
        return frozenset(self._off)

    def switch_off_only(self, methods: frozenset[str]) -> None:
        """Take over which methods are off now."""
        self._off.clear()
        self._off.update(methods)
