"""Vitals of many processes: counts are added up, percentiles read from the sum, silence is seen."""

import random

import msgspec
import pytest

from springtide.platform.fleet_view import FORGOTTEN_AFTER_S, MOST_BYTES, MOST_PROCESSES, FleetHub, percentile_ms
from springtide.platform.vitals import (
    BOUNDS_S,
    MOST_CHANNELS,
    MOST_QUEUES,
    Answers,
    PoolUse,
    Queue,
    Snapshot,
    Vitals,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def snapshot(
    process: str, vitals: Vitals | None = None, *, queues: tuple[Queue, ...] = (), leaving: bool = False
) -> Snapshot:
    return Snapshot(
        process=process,
        roles=("web",),
        up_s=60,
        answers=(vitals or Vitals()).answers(),
        queues=queues,
        pools=(PoolUse("orders", 1, 4, 0),),
        failing=(),
        lag_ms=2,
        cpu_percent=30,
        memory_mib=90,
        leaving=leaving,
    )


def test_a_percentile_is_at_most_a_fifth_too_high() -> None:
    chance = random.Random(7)
    times = sorted(chance.lognormvariate(-4, 1.2) for _ in range(5_000))
    vitals = Vitals()
    for seconds in times:
        vitals.answered("storefront", "GET", 200, seconds)
    for share in (0.5, 0.99):
        exact = 1000 * times[int(share * len(times))]
        told = percentile_ms(vitals.answers()[0].buckets, share)
        assert told is not None
        assert exact * 0.8 <= told <= exact * 1.2 + 1


def test_percentiles_of_two_processes_are_read_from_the_sum_never_averaged() -> None:
    clock, fast, slow = Clock(), Vitals(), Vitals()
    hub = FleetHub(clock=clock)
    hub.add(snapshot("a", fast))
    hub.add(snapshot("b", slow))
    for _ in range(990):
        fast.answered("storefront", "GET", 200, 0.010)
    for _ in range(10):
        slow.answered("storefront", "GET", 200, 2.0)
    clock.now += 2
    hub.add(snapshot("a", fast))
    hub.add(snapshot("b", slow))
    view = hub.view()
    assert view.p50_ms == pytest.approx(10, rel=0.2)
    assert view.p99_ms == pytest.approx(10, rel=0.2)  # the mean of both p99 would be a second
    assert [process.p99_ms for process in view.processes] == [pytest.approx(10, rel=0.2), pytest.approx(2000, rel=0.2)]
    assert view.requests_per_s == pytest.approx(500)


def test_a_lost_snapshot_costs_nothing_and_failures_are_counted() -> None:
    clock, vitals = Clock(), Vitals()
    hub = FleetHub(clock=clock)
    hub.add(snapshot("a", vitals))
    for _ in range(40):
        vitals.answered("shop_api", "POST", 503, 0.2)
    clock.now += 3  # two were lost on the way
    hub.add(snapshot("a", vitals))
    assert hub.view().failed_per_s == pytest.approx(40 / 3)


def test_a_process_that_went_silent_is_shown_and_later_forgotten() -> None:
    clock = Clock()
    hub = FleetHub(clock=clock)
    hub.add(snapshot("a", queues=(Queue("lane", "orders", 3),)))
    hub.add(snapshot("b", queues=(Queue("lane", "orders", 2), Queue("outbox", "orders", 9))))
    assert [(queue.name, queue.waiting) for queue in hub.view().queues] == [("orders", 5), ("orders", 9)]
    clock.now += 5
    hub.add(snapshot("b"))
    assert [process.silent_s for process in hub.view().processes] == [5, None]
    assert hub.view().silent == 1
    clock.now += FORGOTTEN_AFTER_S
    assert not hub.view().processes


def test_who_says_goodbye_is_gone_at_once() -> None:
    hub = FleetHub(clock=Clock())
    hub.add(snapshot("a"))
    hub.add(snapshot("a", leaving=True))
    assert not hub.view().processes


async def test_what_is_no_snapshot_is_dropped() -> None:
    hub = FleetHub(clock=Clock())
    for body in (b"", b"\x00", msgspec.msgpack.encode({"process": 1}), b"x" * (MOST_BYTES + 1)):
        hub.take(body)
    assert not hub.view().processes


def test_the_hub_holds_a_bounded_number_of_processes() -> None:
    hub = FleetHub(clock=Clock())
    for number in range(MOST_PROCESSES + 5):
        hub.add(snapshot(f"p{number}"))
    assert len(hub.view().processes) == MOST_PROCESSES


def test_the_largest_snapshot_is_far_below_what_is_taken() -> None:
    full = snapshot("x" * 60, queues=tuple(Queue("lane", "n" * 30, 10_000) for _ in range(MOST_QUEUES)))
    buckets = tuple([10_000_000] * (len(BOUNDS_S) + 1))
    answers = tuple(Answers("storefront", 10**9, 10**6, buckets) for _ in range(MOST_CHANNELS))
    assert len(msgspec.msgpack.encode(msgspec.structs.replace(full, answers=answers))) < 8 * 1024


def test_buyers_writes_are_told_apart_and_channels_are_bounded() -> None:
    vitals = Vitals()
    vitals.answered("shop_api", "POST", 200, 0.01)
    vitals.answered("storefront", "POST", 500, 0.01)
    vitals.answered("storefront", "GET", 500, 0.01)
    vitals.answered("backoffice", "POST", 500, 0.01)
    assert (vitals.sales().good, vitals.sales().bad) == (1, 1)
    for number in range(50):
        vitals.answered(f"made-up-{number}", "GET", 200, 0.01)
    assert len(vitals.answers()) == MOST_CHANNELS


def test_a_loop_fails_until_it_does_not() -> None:
    vitals = Vitals()
    vitals.turned("orders.send_mails", failed=True)
    assert vitals.failing() == ("orders.send_mails",)
    vitals.turned("orders.send_mails", failed=False)
    assert not vitals.failing()
