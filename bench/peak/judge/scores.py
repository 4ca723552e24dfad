"""How far off a method was: by key and period, and of the total."""

from dataclasses import dataclass

import numpy as np

from bench.peak.judge.case import Case, Floats
from bench.peak.judge.opponents import SHARES, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """WAPE and coverage are shares; a pinball loss is twice the mean loss at SHARES over what was sold; None: none.

    `rmsse`: the mean over keys, each by its own in-sample naive error. `covered`: of P10, P50, P90, P99.
    """

    wape: float
    wape_median: float | None
    rmsse: float
    pinball: float | None
    covered: tuple[float, ...] | None
    total_wape: float
    total_bias: float
    total_covered: tuple[float, ...] | None
    total_pinball: float | None
    seconds: float


def score_of(case: Case, said: Said) -> Score:
    """Return the score of one method on one case."""
    came = case.came
    total = came.sum(axis=1)
    return Score(
        wape=_wape(came, said.mean),
        wape_median=None if said.at is None else _wape(came, said.at[SHARES.index(0.5)]),
        rmsse=_rmsse(case, said.mean),
        pinball=None if said.at is None else _pinball(came, said.at),
        covered=None if said.at is None else _covered(came, said.at),
        total_wape=_wape(total, said.total),
        total_bias=float(said.total.sum() / total.sum() - 1.0),
        total_covered=None if said.total_at is None else _covered(total, said.total_at),
        total_pinball=None if said.total_at is None else _pinball(total, said.total_at),
        seconds=said.seconds,
    )


def _wape(came: Floats, said: Floats) -> float:
    return float(np.abs(came - said).sum() / came.sum())


def _rmsse(case: Case, said: Floats) -> float:
    errors = []
    for key in range(case.past.shape[1]):
        sold = np.flatnonzero(case.past[:, key])
        steps = np.diff(case.past[sold[0] :, key]) if sold.size else np.zeros(0)
        scale = float(np.mean(steps**2)) if steps.size else 0.0
        if scale > 0:
            errors.append(np.sqrt(np.mean((case.came[:, key] - said[:, key]) ** 2) / scale))
    return float(np.mean(errors))


def _pinball(came: Floats, at: Floats) -> float:
    losses = [
        np.maximum(share * (came - said), (share - 1.0) * (came - said)).sum()
        for share, said in zip(SHARES, at, strict=True)
    ]
    return float(2.0 * np.mean(losses) / came.sum())


def _covered(came: Floats, at: Floats) -> tuple[float, ...]:
    """Return the share of cells at or below each quantile; half a thousandth of a unit forgives float32."""
    return tuple(float((came <= said + 5e-4).mean()) for said in at)
