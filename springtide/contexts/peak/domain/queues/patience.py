"""Erlang A: callers wait, and hang up when their patience ends (M/M/n+M).

Every load has a steady state. The sums run over q_j = y^j / ((x+1)...(x+j)), where x = agents x patience / service and
y = load x patience / service: how much more probable j waiting callers are than none. Below full load they are added up
as they stand (all terms positive, nothing cancels); from full load on, the incomplete gamma function gives them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaln

from springtide.contexts.peak.domain.queues.delay import Floats, erlang_b

_NEGLIGIBLE = 1e-18


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What callers meet, arrays of one shape.

    `waiting`: share who do not get through at once. `abandoned`: share who hang up. `mean_wait_s`: over all callers,
    also those who hang up. `answered_within`: share of all callers who are answered within the target wait.
    """

    waiting: Floats
    abandoned: Floats
    mean_wait_s: Floats
    occupancy: Floats
    answered_within: Floats


def erlang_a(
    load: ArrayLike, agents: ArrayLike, *, service_s: float, patience_s: float, within_s: float = 0.0
) -> Patient:
    """Return what callers meet; `patience_s` is the mean time until a waiting caller hangs up, above 0."""
    if not (service_s > 0 and 0 < patience_s < np.inf and within_s >= 0):
        message = "service and patience are above 0 and finite, the target wait is 0 or more"
        raise ValueError(message)
    a, n = np.broadcast_arrays(np.asarray(load, dtype=np.float64), np.asarray(agents, dtype=np.float64))
    blocked = erlang_b(a, n)
    x, y = n * (patience_s / service_s), a * (patience_s / service_s)
    log_sum, lost = _queue(x, y)
    with np.errstate(divide="ignore", over="ignore"):
        waiting = 1.0 / (1.0 + (1.0 / blocked - 1.0) * np.exp(-log_sum))
    abandoned = waiting * lost
    late = waiting * _late_and_answered(x, y, log_sum, within_s / patience_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(n > 0, a * (1.0 - abandoned) / n, 0.0)
    return Patient(
        waiting=waiting,
        abandoned=abandoned,
        mean_wait_s=abandoned * patience_s,
        occupancy=busy,
        answered_within=np.clip(1.0 - abandoned - late, 0.0, 1.0),
    )


def _queue(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return log(sum of q_j), and the share of those who wait that hang up."""
    log_sum = np.empty(x.shape)
    lost = np.empty(x.shape)
    light = y < x
    total, weighted = _series(x[light], y[light])
    log_sum[light] = np.log(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost[light] = np.where(y[light] > 0, weighted / (y[light] * total), 1.0 / (x[light] + 1.0))
    heavy = ~light
    log_sum[heavy] = _log_sum_heavy(x[heavy], y[heavy])
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(y[heavy] > 0, x[heavy] / y[heavy] * -np.expm1(-log_sum[heavy]), 0.0)
    lost[heavy] = 1.0 - kept
    return log_sum, lost


def _late_and_answered(x: Floats, y: Floats, log_sum: Floats, wait: float) -> Floats:
    """Return which share of those who wait are answered after `wait` (in units of patience)."""
    still = y * np.exp(-wait)
    log_tail = _log_sum(x + 1.0, still)
    log_share = log_tail - log_sum - (x + 1.0) * wait - (still - y)
    late: Floats = np.where(x > 0, x / (x + 1.0) * np.exp(log_share), 0.0)
    return late


def _log_sum(x: Floats, y: Floats) -> Floats:
    logs = np.empty(x.shape)
    light = y < x
    logs[light] = np.log(_series(x[light], y[light])[0])
    logs[~light] = _log_sum_heavy(x[~light], y[~light])
    return logs


def _series(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the sums of q_j and of j q_j where y < x: the terms only fall."""
    total, weighted, term = np.ones_like(x), np.zeros_like(x), np.ones_like(x)
    j = 0
    while term.size and float(term.max()) > _NEGLIGIBLE:
        j += 1
        term = term * (y / (x + j))
        total += term
        weighted += j * term
    return total, weighted


def _log_sum_heavy(x: Floats, y: Floats) -> Floats:
    """Return log(sum of q_j) = log(e^y y^-x Gamma(x+1) P(x, y)) where y >= x, so that P(x, y) is far from 0."""
    with np.errstate(divide="ignore"):
        powers = np.where(x > 0, x * np.log(np.maximum(y, np.finfo(np.float64).tiny)), 0.0)
        logs: Floats = y - powers + gammaln(x + 1.0) + np.log(gammainc(x, y))
    return np.where(y > 0, logs, 0.0)
