"""The circuit breaker of a gateway, as values: each function takes one and returns the next.

    closed     everything passes; too many failures, or too many slow answers, in the window  -> open
    open       nothing passes, until its pause is over                                        -> half open
    half open  one probe at a time; a good answer each time, `probes` times                   -> closed
               one bad answer                                                 -> open, for twice as long

A probe is a buyer's own attempt: gateways have no other way to be asked whether they work.
"""

from enum import StrEnum

import msgspec

from springtide.contexts.payments.domain.health import Tally


class BreakerState(StrEnum):
    """Whether attempts pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a breaker opens, and how it comes back. Shares are of the attempts in the window; times in seconds."""

    least_attempts: int = 10
    failed_share: float = 0.5
    slow_share: float = 0.8
    pause_s: float = 10.0
    longest_pause_s: float = 120.0
    probes: int = 3


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """Where a breaker stands. `until_s`: when an open one lets probes pass; `trips`: how often in a row it opened."""

    state: BreakerState = BreakerState.CLOSED
    until_s: float = 0.0
    trips: int = 0
    probing: int = 0
    passed: int = 0


CLOSED = Breaker()


def at(breaker: Breaker, now_s: float) -> Breaker:
    """Return the breaker as it stands now: a pause that is over leaves it half open."""
    if breaker.state is BreakerState.OPEN and now_s >= breaker.until_s:
        return Breaker(state=BreakerState.HALF_OPEN, trips=breaker.trips)
    return breaker


def admits(breaker: Breaker) -> bool:
    """Tell whether an attempt may pass."""
    if breaker.state is BreakerState.HALF_OPEN:
        return breaker.probing == 0
    return breaker.state is BreakerState.CLOSED


def entered(breaker: Breaker) -> Breaker:
    """Return the breaker after an attempt was let pass; in a half-open one it is a probe."""
    if breaker.state is BreakerState.HALF_OPEN:
        return msgspec.structs.replace(breaker, probing=breaker.probing + 1)
    return breaker


def left(breaker: Breaker) -> Breaker:
    """Return the breaker after a probe that nobody waited for: it says nothing."""
    return msgspec.structs.replace(breaker, probing=max(0, breaker.probing - 1))


def answered(
    breaker: Breaker, *, is_good: bool, is_probe: bool, tally: Tally, rules: BreakerRules, now_s: float
) -> Breaker:
    """Return the breaker after an attempt ended; `tally` has it in. What began before the last change says nothing."""
    if breaker.state is BreakerState.CLOSED:
        return _opened(breaker, rules, now_s) if is_tripped(tally, rules) else breaker
    if breaker.state is BreakerState.OPEN or not is_probe:
        return breaker
    if not is_good:
        return _opened(breaker, rules, now_s)
    passed = breaker.passed + 1
    return CLOSED if passed >= rules.probes else msgspec.structs.replace(left(breaker), passed=passed)


def is_tripped(tally: Tally, rules: BreakerRules) -> bool:
    """Tell whether the window is bad enough to open."""
    if tally.attempts < rules.least_attempts:
        return False
    return (
        tally.failures >= tally.attempts * rules.failed_share
        or tally.failures + tally.slow >= tally.attempts * rules.slow_share
    )


def _opened(breaker: Breaker, rules: BreakerRules, now_s: float) -> Breaker:
    trips = breaker.trips + 1
    pause_s = min(rules.pause_s * 2 ** min(trips - 1, 16), rules.longest_pause_s)
    return Breaker(state=BreakerState.OPEN, until_s=now_s + pause_s, trips=trips)
