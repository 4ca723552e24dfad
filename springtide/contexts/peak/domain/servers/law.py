"""The Universal Scalability Law: X(n) = g n / (1 + a (n - 1) + b n (n - 1)).

Gunther, N. J. (2007), Guerrilla Capacity Planning. `a` is what waits for its turn (contention), `b` what talks to
everybody else (coherency), `g` the throughput of one alone.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake

_LEAST_OBSERVATIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """A fitted law. Throughputs in the unit of what was observed."""

    contention: float
    coherency: float
    alone: float

    def at(self, load: float) -> float:
        """Return the throughput at a load."""
        return float(_throughput(np.float64(load), self.contention, self.coherency, self.alone))

    @property
    def best_load(self) -> float:
        """Return the load with the most throughput, math.inf when it only levels off."""
        return math.sqrt((1.0 - self.contention) / self.coherency) if self.coherency > 0 else math.inf

    @property
    def most(self) -> float:
        """Return the most throughput there is, math.inf when nothing limits it."""
        if math.isfinite(self.best_load):
            return self.at(self.best_load)
        return self.alone / self.contention if self.contention > 0 else math.inf


def fit(loads: NDArray[np.float64], throughputs: NDArray[np.float64]) -> Law:
    """Fit by least squares; raises InvalidPeakInput for too few, or useless, observations."""
    if len(set(loads.tolist())) < _LEAST_OBSERVATIONS:
        raise _refusal(f"at least {_LEAST_OBSERVATIONS} different loads are needed, not {len(set(loads.tolist()))}")
    if not ((loads > 0).all() and (throughputs > 0).all()):
        message = "loads and throughputs lie above 0"
        raise _refusal(message)
    start = (0.01, 1e-5, float(throughputs[0] / loads[0]))
    found, _ = curve_fit(
        _throughput, loads, throughputs, p0=start, bounds=((0.0, 0.0, 0.0), (1.0, np.inf, np.inf)), max_nfev=10_000
    )
    return Law(contention=float(found[0]), coherency=float(found[1]), alone=float(found[2]))


def _throughput(load: NDArray[np.float64] | np.float64, a: float, b: float, g: float) -> NDArray[np.float64]:
    return np.asarray(g * load / (1.0 + a * (load - 1.0) + b * load * (load - 1.0)))


def _refusal(message: str) -> InvalidPeakInput:
    return InvalidPeakInput.of([Mistake(where="hosting.toml: observations", rule="law", message=message)])
