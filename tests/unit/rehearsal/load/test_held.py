"""What a rehearsal carried."""

import pytest

from springtide.rehearsal.load.held import held_per_s, switched_off, web_processes
from springtide.rehearsal.load.samples import Sample
from springtide.rehearsal.load.tally import Slice


def bought(*completed: int) -> dict[int, Slice]:
    return {second: Slice(completed=count) for second, count in enumerate(completed) if count}


def test_the_best_minute_counts_not_the_best_second() -> None:
    calm, rush = [1] * 100, [5] * 60
    assert held_per_s(bought(*calm, *rush, *calm), 260) == 5
    assert held_per_s(bought(*[0] * 59, 60, *[0] * 100), 160) == 1


def test_a_short_run_counts_whole_and_an_empty_one_is_nothing() -> None:
    assert held_per_s(bought(0, 4, 2), 4) == pytest.approx(6 / 4)
    assert held_per_s({}, 30) == 0


def test_web_processes_are_counted_at_the_start_and_at_most() -> None:
    samples = [
        Sample(at_s, f"{name} ({roles})", {})
        for at_s, name, roles in (
            (1, "a", "web, catalog"),
            (2, "b", "web"),
            (3, "c", "payments"),
            (12, "a", "web, catalog"),
            (13, "b", "web"),
            (14, "d", "web"),
            (31, "d", "web"),
        )
    ]
    assert web_processes(samples) == (2, 3)
    assert web_processes([Sample(1, "http://shop/metrics", {})]) == (0, 0)


async def test_of_a_deployment_out_of_reach_no_gateway_is_said_to_be_off() -> None:
    assert await switched_off(None) == frozenset()
