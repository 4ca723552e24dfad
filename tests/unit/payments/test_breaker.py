"""The circuit breaker: when it opens, how it probes, when it closes."""

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from springtide.contexts.payments.domain import breaker as breakers
from springtide.contexts.payments.domain.breaker import CLOSED, Breaker, BreakerRules, BreakerState, is_tripped
from springtide.contexts.payments.domain.health import Tally

RULES = BreakerRules()
BAD, FINE = Tally(attempts=10, failures=5), Tally(attempts=10, failures=4)
OPEN = Breaker(state=BreakerState.OPEN, until_s=10.0, trips=1)


def after(breaker: Breaker, *, is_good: bool, tally: Tally = FINE, is_probe: bool = True, now_s: float = 0) -> Breaker:
    return breakers.answered(breaker, is_good=is_good, is_probe=is_probe, tally=tally, rules=RULES, now_s=now_s)


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(attempts=9, failures=9), False),
        (FINE, False),
        (BAD, True),
        (Tally(attempts=10, slow=7), False),
        (Tally(attempts=10, slow=8), True),
        (Tally(attempts=10, failures=4, slow=4), True),
    ],
)
def test_when_it_opens(tally: Tally, expected: bool) -> None:  # noqa: FBT001 - a row of the table
    assert is_tripped(tally, RULES) is expected
    assert (after(CLOSED, is_good=False, tally=tally).state is BreakerState.OPEN) is expected


def test_nothing_passes_until_the_pause_is_over_and_then_one_at_a_time() -> None:
    opened = after(CLOSED, is_good=False, tally=BAD, now_s=100)
    assert not breakers.admits(breakers.at(opened, 109.9))
    half = breakers.at(opened, 110.0)
    assert breakers.admits(half)
    assert not breakers.admits(breakers.entered(half))


def test_good_probes_close_it() -> None:
    breaker = breakers.at(OPEN, 10)
    for _ in range(RULES.probes):
        assert breaker.state is BreakerState.HALF_OPEN
        breaker = after(breakers.entered(breaker), is_good=True)
    assert breaker == CLOSED


def test_a_bad_probe_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    breaker, pauses_s = OPEN, []
    for _ in range(6):
        half = breakers.at(breaker, breaker.until_s)
        breaker = after(breakers.entered(half), is_good=False, now_s=1_000)
        pauses_s.append(breaker.until_s - 1_000)
        breaker = msgspec.structs.replace(breaker, until_s=0)
    assert pauses_s == [20, 40, 80, 120, 120, 120]


def test_what_began_before_says_nothing() -> None:
    half = breakers.at(OPEN, 10)
    assert after(half, is_good=False, is_probe=False) == half
    assert after(OPEN, is_good=False) == OPEN


def test_a_probe_that_nobody_waited_for_makes_room_for_the_next() -> None:
    assert breakers.admits(breakers.left(breakers.entered(breakers.at(OPEN, 10))))


class AnyOrder(RuleBasedStateMachine):
    """Attempts enter and end in any order while time goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now_s, self.under_way = CLOSED, 0.0, []

    @rule(seconds=st.floats(0, 60))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.breaker = breakers.at(self.breaker, self.now_s)

    @precondition(lambda self: breakers.admits(self.breaker))
    @rule()
    def enter(self) -> None:
        self.under_way.append(self.breaker.state is BreakerState.HALF_OPEN)
        self.breaker = breakers.entered(self.breaker)

    @precondition(lambda self: self.under_way)
    @rule(is_good=st.booleans(), tally=st.sampled_from([BAD, FINE]))
    def end(self, is_good: bool, tally: Tally) -> None:  # noqa: FBT001 - a value of the rule
        is_probe = self.under_way.pop(0)
        self.breaker = after(self.breaker, is_good=is_good, tally=tally, is_probe=is_probe, now_s=self.now_s)

    @invariant()
    def one_probe_at_most(self) -> None:
        assert 0 <= self.breaker.probing <= 1
        assert self.breaker.passed < RULES.probes

    @invariant()
    def open_has_an_end(self) -> None:
        if self.breaker.state is BreakerState.OPEN:
            assert self.now_s <= self.breaker.until_s + RULES.longest_pause_s


TestAnyOrder = AnyOrder.TestCase
