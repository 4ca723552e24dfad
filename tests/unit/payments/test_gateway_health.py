"""The sliding window, and how fast a gateway may be asked."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from springtide.contexts.payments.domain.health import WINDOW_S, Tally, Window, together
from springtide.contexts.payments.domain.limits import Pace

answers = st.lists(
    st.tuples(st.floats(0, 20), st.booleans(), st.floats(0.001, 10)), max_size=60
)  # (seconds since the one before, answered, took)


@given(answers=answers)
def test_the_window_counts_what_a_plain_list_would(answers: list[tuple[float, bool, float]]) -> None:
    window, plain, now = Window(slow_s=2.0), [], 0.0
    for pause_s, is_answered, took_s in answers:
        now += pause_s
        window.note(now, is_answered=is_answered, took_s=took_s)
        plain.append((int(now), is_answered, took_s))
    inside = [one for one in plain if one[0] > now - WINDOW_S]
    assert window.tally(now) == Tally(
        attempts=len(inside),
        failures=sum(not is_answered for _, is_answered, _ in inside),
        slow=sum(is_answered and took_s > 2.0 for _, is_answered, took_s in inside),
    )


@given(times_ms=st.lists(st.integers(1, 30_000), min_size=1, max_size=200))
def test_percentiles_are_right_within_a_tenth(times_ms: list[int]) -> None:
    window = Window(slow_s=60)
    for took_ms in times_ms:
        window.note(5.0, is_answered=True, took_s=took_ms / 1000)
    health, ordered = window.health(5.0), sorted(times_ms)
    for found, share in ((health.p50_ms, 0.5), (health.p99_ms, 0.99)):
        exact = ordered[math.ceil(len(ordered) * share) - 1]
        assert found is not None
        assert exact - 1 <= found <= exact * 1.11 + 1


@given(answers=answers, places=st.lists(st.integers(0, 2), min_size=60, max_size=60))
def test_windows_of_several_processes_are_one(answers: list[tuple[float, bool, float]], places: list[int]) -> None:
    whole, parts, now = Window(slow_s=2.0), [Window(slow_s=2.0) for _ in range(3)], 0.0
    for (pause_s, is_answered, took_s), place in zip(answers, places, strict=False):
        now += pause_s
        for window in (whole, parts[place]):
            window.note(now, is_answered=is_answered, took_s=took_s)
    assert together(part.health(now) for part in parts) == whole.health(now)


def test_nothing_asked_is_no_bad_sign() -> None:
    health = Window(slow_s=1).health(100.0)
    assert (health.tally.success_share, health.p50_ms, health.p99_ms) == (1.0, None, None)


def test_old_answers_are_forgotten() -> None:
    window = Window(slow_s=1)
    window.note(0.0, is_answered=False, took_s=0.1)
    assert window.tally(WINDOW_S - 0.1).failures == 1
    assert window.tally(WINDOW_S + 0.1) == Tally()


@given(pauses_s=st.lists(st.floats(0, 2), max_size=100), per_s=st.integers(1, 20))
def test_never_more_than_the_pace_and_one_burst(pauses_s: list[float], per_s: int) -> None:
    pace, now, made = Pace(per_s), 0.0, 0
    for pause_s in pauses_s:
        now += pause_s
        if pace.wait_s(now) == 0.0:
            pace.take(now)
            made += 1
    assert made <= now * per_s + per_s + 1e-6


def test_the_wait_is_as_long_as_it_says() -> None:
    pace = Pace(2)
    pace.take(10.0)
    pace.take(10.0)
    wait_s = pace.wait_s(10.0)
    assert wait_s == pytest.approx(0.5)
    assert pace.wait_s(10.0 + wait_s) == 0.0


def test_no_limit() -> None:
    pace = Pace(0)
    for _ in range(1_000):
        assert pace.wait_s(0.0) == 0.0
        pace.take(0.0)
