"""When a process is started again: the table in `restarts`, line by line."""

from springtide.platform.embedded.restarts import Restarts


def test_one_that_worked_is_started_again_at_once_and_then_ever_more_slowly() -> None:
    restarts = Restarts()
    delays = [restarts.delay_after_end(now_s=float(at), was_ready=True, ran_s=1.0) for at in range(20)]
    assert delays[:4] == [0.1, 0.2, 0.4, 0.8]
    assert delays[-1] == 10.0
    assert delays == sorted(delay or 0.0 for delay in delays)


def test_a_long_healthy_run_forgets_the_past() -> None:
    restarts = Restarts()
    for at in range(10):
        restarts.delay_after_end(now_s=float(at), was_ready=True, ran_s=1.0)
    assert restarts.delay_after_end(now_s=100.0, was_ready=True, ran_s=31.0) == 0.1


def test_one_that_never_starts_is_given_up_at_the_third_time_however_slow() -> None:
    restarts = Restarts()
    ends = [restarts.delay_after_end(now_s=at, was_ready=False, ran_s=20.0) for at in (20.0, 40.0, 60.0)]
    assert [end is None for end in ends] == [False, False, True]


def test_one_that_worked_before_gets_more_patience_unless_it_fails_fast() -> None:
    slow, fast = Restarts(), Restarts()
    for restarts in (slow, fast):
        restarts.delay_after_end(now_s=0.0, was_ready=True, ran_s=60.0)
    slow_ends = [slow.delay_after_end(now_s=20.0 * i, was_ready=False, ran_s=20.0) for i in range(1, 11)]
    fast_ends = [fast.delay_after_end(now_s=1.0 * i, was_ready=False, ran_s=0.1) for i in range(1, 4)]
    assert [end is None for end in slow_ends] == [False] * 9 + [True]
    assert [end is None for end in fast_ends] == [False, False, True]


def test_becoming_ready_clears_the_failed_starts() -> None:
    restarts = Restarts()
    for at in (0.0, 1.0):
        restarts.delay_after_end(now_s=at, was_ready=False, ran_s=0.1)
    assert restarts.delay_after_end(now_s=2.0, was_ready=True, ran_s=0.5) is not None
    assert restarts.delay_after_end(now_s=3.0, was_ready=False, ran_s=0.1) is not None
