"""When buyers arrive and in which order runs are made."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Run = TypeVar("Run")


def arrivals(rate_per_s: float, seconds: float) -> Iterator[float]:
    """Yield when each buyer of an open loop arrives, in seconds from the start, evenly spread."""
    for number in range(int(rate_per_s * seconds)):
        yield number / rate_per_s


def interleaved(runs: Sequence[Run], rounds: int) -> Iterator[Run]:
    """Yield every run once per round; every other round backwards, so that nobody always goes first."""
    for number in range(rounds):
        yield from runs if number % 2 == 0 else reversed(runs)


class Bisection:
    """Finds the highest rate that holds between `low` (known to hold) and `high` (known not to), to within `step`."""

    def __init__(self, low: float, high: float, *, step: float) -> None:
        self.low = low
        self.high = high
        self._step = step

    @property
    def next(self) -> float | None:
        """Return the rate to try, None when the answer (`low`) is close enough."""
        return None if self.high - self.low <= self._step else (self.low + self.high) / 2

    def tell(self, rate: float, *, holds: bool) -> None:
        """Take a result in."""
        if holds:
            self.low = max(self.low, rate)
        else:
            self.high = min(self.high, rate)
