"""When visitors arrive: a Poisson process whose rate follows the phases. They do not wait for each other's answers.

The process is made from a unit-rate one by turning the expected number of arrivals back into time, so a seed gives the
same arrivals whatever the machine does. With several workers each makes its own at its share of the rate: together they
are again such a process.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from random import Random

from springtide.rehearsal.load.scenario import Phase


def expected(phases: Sequence[Phase]) -> float:
    """Return how many arrive on average."""
    return sum(phase.seconds * (phase.from_per_s + phase.to_per_s) / 2 for phase in phases)


def rate_at(phases: Sequence[Phase], at_s: float) -> float:
    """Return the arrival rate per second at a moment; 0 before and after."""
    for phase in phases:
        if 0 <= at_s < phase.seconds:
            return phase.from_per_s + (phase.to_per_s - phase.from_per_s) * at_s / phase.seconds
        at_s -= phase.seconds
    return 0.0


def arrivals(phases: Sequence[Phase], random: Random, *, share: float = 1.0) -> Iterator[float]:
    """Yield the seconds after the start at which visitors arrive, in order. `share`: of the rate."""
    began_s, due = 0.0, random.expovariate(1.0)
    for phase in phases:
        low, high = phase.from_per_s * share, phase.to_per_s * share
        mass = phase.seconds * (low + high) / 2
        while due < mass:
            yield began_s + _when(due, low, high, phase.seconds)
            due += random.expovariate(1.0)
        due -= mass
        began_s += phase.seconds


def _when(mass: float, low: float, high: float, seconds: float) -> float:
    """Return until when `mass` arrivals are expected: the root of low t + slope t^2 / 2 = mass, in seconds."""
    slope = (high - low) / seconds
    if abs(slope) * seconds < 1e-9 * max(low, high):
        return mass / low
    return min(seconds, (sqrt(max(0.0, low * low + 2 * slope * mass)) - low) / slope)
