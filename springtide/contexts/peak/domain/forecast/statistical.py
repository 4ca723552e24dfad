"""Exponential smoothing, theta and seasonal decomposition of statsforecast, for few long series: totals, categories."""

import warnings

import numpy as np
from numpy.typing import NDArray
from statsforecast.models import MSTL, AutoETS, DynamicOptimizedTheta

LONGEST = 365
"""Days with sales that are fitted; older ones say little about the level."""
LEAST = 26
_MODELS = ("ets", "theta", "mstl")


def statistical_rates(series: NDArray[np.float64], *, period: int, steps: int) -> dict[str, NDArray[np.float64]]:
    """Return what each model says of the next `steps` points, by name; nothing for fewer than 26 points.

    `series`: (points,), days on which the shop was open, weekday, season and events taken out; `period`: open days of
    a usual week. Where a model finds a weekday's rest it may use it; none of them looks for the year.
    """
    recent = series[-LONGEST:]
    if recent.size < max(LEAST, 2 * period + 1) or steps == 0:
        return {}
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the models warn of series that are flat; flat is what they then answer
        for name in _MODELS:
            model = _model(name, max(period, 1))
            mean = np.asarray(model.forecast(y=recent, h=steps)["mean"], dtype=np.float64)
            if np.isfinite(mean).all():
                found[name] = np.clip(mean, 0.0, 3.0 * float(recent.max()))
    return found


def _model(name: str, period: int) -> AutoETS | DynamicOptimizedTheta | MSTL:
    if name == "ets":
        return AutoETS(season_length=1, model="ZNN")
    if name == "theta":
        return DynamicOptimizedTheta(season_length=1)
    return MSTL(season_length=[max(2, period)])
