"""How a gateway has answered lately: a sliding window of one-second buckets. Moments are given in, in seconds of any
clock that only goes forward; nothing here looks at a clock.

A gateway that answers "the issuer says no" has answered: that is no failure of the gateway.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

WINDOW_S = 60
# Durations are counted in bins that are 10 % wide: a percentile is exact to that, and a window needs little memory.
_BIN_WIDTH = math.log(1.1)


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the window. `failures`: no answer, or a refusal of the gateway itself; `slow`: answered, but late."""

    attempts: int = 0
    failures: int = 0
    slow: int = 0

    @property
    def success_share(self) -> float:
        """Return which share was answered, 1.0 when nothing was asked."""
        return 1.0 if not self.attempts else 1 - self.failures / self.attempts


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The window for people: the tally, and how many attempts took how long, by the number of the bin.

    Percentiles in milliseconds, None when nothing was asked. Windows of several processes add up.
    """

    tally: Tally = Tally()
    bins: Mapping[int, int] = {}

    @property
    def p50_ms(self) -> int | None:
        """Return what half of the attempts took at most."""
        return _percentile(self.bins, 0.5)

    @property
    def p99_ms(self) -> int | None:
        """Return what 99 of 100 attempts took at most."""
        return _percentile(self.bins, 0.99)


def together(healths: Iterable[Health]) -> Health:
    """Return several windows as one."""
    attempts = failures = slow = 0
    bins = Counter[int]()
    for health in healths:
        attempts += health.tally.attempts
        failures += health.tally.failures
        slow += health.tally.slow
        bins.update(health.bins)
    return Health(tally=Tally(attempts=attempts, failures=failures, slow=slow), bins=bins)


@dataclass(slots=True)
class _Second:
    at: int
    attempts: int = 0
    failures: int = 0
    slow: int = 0
    bins: Counter[int] = field(default_factory=Counter)


class Window:
    """Answers of the last `WINDOW_S` seconds. An answer later than `slow_s` counts as slow."""

    def __init__(self, *, slow_s: float) -> None:
        self._slow_s = slow_s
        self._seconds: deque[_Second] = deque()

    def note(self, at_s: float, *, is_answered: bool, took_s: float) -> None:
        """Count one attempt that ended at `at_s`."""
        second = int(at_s)
        if not self._seconds or self._seconds[-1].at < second:
            self._seconds.append(_Second(second))
        bucket = self._seconds[-1]
        bucket.attempts += 1
        bucket.failures += not is_answered
        bucket.slow += is_answered and took_s > self._slow_s
        bucket.bins[_bin(took_s)] += 1

    def tally(self, now_s: float) -> Tally:
        """Return what is in the window now."""
        self._forget(now_s)
        return Tally(
            attempts=sum(second.attempts for second in self._seconds),
            failures=sum(second.failures for second in self._seconds),
            slow=sum(second.slow for second in self._seconds),
        )

    def health(self, now_s: float) -> Health:
        """Return the window for people."""
        tally, bins = self.tally(now_s), Counter[int]()
        for second in self._seconds:
            bins.update(second.bins)
        return Health(tally=tally, bins=bins)

    def clear(self) -> None:
        """Forget everything: a gateway that came back starts anew."""
        self._seconds.clear()

    def _forget(self, now_s: float) -> None:
        while self._seconds and self._seconds[0].at <= now_s - WINDOW_S:
            self._seconds.popleft()


def _bin(took_s: float) -> int:
    return max(0, math.ceil(math.log(max(took_s * 1000, 1.0)) / _BIN_WIDTH))


def _percentile(bins: Mapping[int, int], share: float) -> int | None:
    """Return the upper end of the bin that holds the percentile, in milliseconds."""
    wanted, seen = math.ceil(sum(bins.values()) * share), 0
    for number in sorted(bins):
        seen += bins[number]
        if seen >= wanted:
            return round(math.exp(number * _BIN_WIDTH))
    return None
