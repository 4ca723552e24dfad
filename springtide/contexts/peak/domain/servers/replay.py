"""The autoscaler's rules against a path, 15 seconds at a time, before anybody depends on them.

Rules: Kubernetes' HorizontalPodAutoscaler as `platform.fleet.scaling` states it (one formula for what is planned and
what runs), floors by the clock as KEDA's cron trigger gives them (the largest wish counts), processes that start late,
nodes that start later still. Processes that are not ready count as idle when there should be more.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.platform.fleet.scaling import SCALE_DOWN_WINDOW_S, Scaler

STEP_S = 15.0
_STEPS_PER_HOUR = int(3600 / STEP_S)
_SPIKE_FADES_S = 600.0
_WINDOW_STEPS = int(SCALE_DOWN_WINDOW_S / STEP_S) + 1

Signal = Callable[[float, float], float]
"""What the autoscaler sees of a process: from the requests a second it is offered and what it can do at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a service scales. `target`: of the signal; `carries`: requests a second a process answers at most.

    `floors`: (first step, step after the last, processes) from the clock.
    """

    target: float
    carries: float
    least: int
    most: int
    ready_after_s: float
    node_after_s: float
    per_node: int
    floors: tuple[tuple[int, int, int], ...] = ()
    start: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`unmet`: requests beyond what ready processes carry; `counts`: processes at each step, (steps,)."""

    unmet: float
    asked: float
    process_hours: float
    counts: NDArray[np.int64]


def requests(offered: float, _most: float) -> float:
    """Return the signal of requests a second: what is asked of a process, also what it cannot do."""
    return offered


def cpu(offered: float, most: float) -> float:
    """Return the signal of CPU, 0 to 1: a full process says 1, however much more is asked of it."""
    return min(1.0, offered / most)


def fine_grained(hours: NDArray[np.float64], *, peak_minute: float) -> NDArray[np.float64]:
    """Return requests a second for each 15 s of a day, (5760,), from its hourly means, (24,); totals are kept.

    The fullest hour opens with a spike of `peak_minute` times its mean that fades within minutes: a sale that starts.
    """
    day = np.repeat(hours, _STEPS_PER_HOUR)
    fullest = int(np.argmax(hours))
    at = np.arange(_STEPS_PER_HOUR) * STEP_S
    spike = np.exp(-at / _SPIKE_FADES_S)
    level = (1.0 - peak_minute * float(spike.mean())) / (1.0 - float(spike.mean()))
    if peak_minute > 1.0 and level >= 0.0:
        shape = level + (peak_minute - level) * spike
        day[fullest * _STEPS_PER_HOUR : (fullest + 1) * _STEPS_PER_HOUR] *= shape
    return day


def replay(per_second: NDArray[np.float64], rule: Rule, *, signal: Signal = requests) -> Outcome:
    """Return what the rule does on a day of requests a second, (steps,) of 15 s."""
    fleet = _Fleet(rule, _floor(rule, 0))
    scaler = Scaler(target=rule.target, least=rule.least, most=rule.most)
    counts = np.zeros(per_second.size, dtype=np.int64)
    unmet, steady, before, skipped = 0.0, 0, -1.0, False
    rates: list[float | None] = []
    for step, asked in enumerate(per_second.tolist()):
        ready, count = fleet.ready(step), fleet.count
        unmet += max(0.0, asked - ready * rule.carries) * STEP_S
        counts[step] = count
        floor = _floor(rule, step + 1)
        if steady > _WINDOW_STEPS and asked == before and floor <= count:
            skipped = True
            continue  # all that the autoscaler remembers is like this moment: it decides as it did
        if skipped:
            scaler.decide(rates, now_s=(step - 1) * STEP_S)
            skipped = False
        shown = signal(asked / ready, rule.carries) if ready else math.inf
        rates = [shown] * ready + [None] * (count - ready)
        wanted = max(scaler.decide(rates, now_s=step * STEP_S), floor)
        fleet.become(min(wanted, rule.most), step)
        steady = steady + 1 if asked == before and fleet.count == count == ready else 0
        before = asked
    asked_in_all = float(per_second.sum()) * STEP_S
    return Outcome(unmet=unmet, asked=asked_in_all, process_hours=float(counts.sum()) * STEP_S / 3600.0, counts=counts)


def _floor(rule: Rule, step: int) -> int:
    return max([rule.least, *(count for first, after, count in rule.floors if first <= step < after)])


class _Fleet:
    """Processes with the step at which each is ready; the youngest leave first."""

    def __init__(self, rule: Rule, floor: int) -> None:
        count = rule.start if rule.start is not None else floor
        self._rule = rule
        self._ready_at: list[int] = [0] * count
        self._nodes = math.ceil(count / rule.per_node)

    @property
    def count(self) -> int:
        return len(self._ready_at)

    def ready(self, step: int) -> int:
        return sum(1 for at in self._ready_at if at <= step)

    def become(self, wanted: int, step: int) -> None:
        if wanted < self.count:
            self._ready_at = sorted(self._ready_at)[:wanted]
            self._nodes = max(1, math.ceil(wanted / self._rule.per_node))
        room = self._nodes * self._rule.per_node
        for place in range(self.count, wanted):
            late = self._rule.ready_after_s + (self._rule.node_after_s if place >= room else 0.0)
            self._ready_at.append(step + max(1, math.ceil(late / STEP_S)))
        self._nodes = max(self._nodes, math.ceil(self.count / self._rule.per_node))


def down_by_policy(current: int, *, wanted: int, percent: float, at_least: int) -> int:
    """Return the processes after one period of a policy: down by a share (%) or a number, whatever is more."""
    step = max(math.ceil(current * percent / 100.0 - 1e-9), at_least)
    return max(wanted, current - step)


def floors_in_steps(hours: Sequence[tuple[float, float, int]]) -> tuple[tuple[int, int, int], ...]:
    """Return floors by steps from floors by hours of the day (start, end, processes)."""
    return tuple((int(start * _STEPS_PER_HOUR), int(end * _STEPS_PER_HOUR), count) for start, end, count in hours)
