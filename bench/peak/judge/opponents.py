"""What anybody would try first, fitted to every key and to the total: statsforecast's methods, one plain LightGBM."""

import warnings
from dataclasses import dataclass
from time import process_time

import lightgbm
import numpy as np
from numpy.typing import NDArray
from statsforecast.models import AutoETS, CrostonSBA, DynamicOptimizedTheta, Naive, SeasonalNaive, WindowAverage

from bench.peak.judge.case import Case, Floats

_Model = AutoETS | CrostonSBA | DynamicOptimizedTheta | Naive | SeasonalNaive | WindowAverage
SHARES = (0.1, 0.5, 0.9, 0.99)
_LEVELS = [80, 98]
_COLUMNS = ("lo-80", "mean", "hi-80", "hi-98")
_TREES, _MOST_ROWS = 150, 150_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`mean`: (horizon, keys). `total`: (horizon,). `at`, `total_at`: quantiles at SHARES, first axis, or None.

    `seconds`: of processor time for the keys, fits and forecasts, without imports.
    """

    mean: Floats
    total: Floats
    at: Floats | None
    total_at: Floats | None
    seconds: float


def ask_all(case: Case) -> dict[str, Said]:
    """Return what each opponent says of a case, by name."""
    models: dict[str, _Model] = {
        "naive": Naive(),
        "moving average": WindowAverage(window_size=min(28 if case.step_days == 1 else 8, case.known)),
        "Croston SBA": CrostonSBA(),
        "theta": DynamicOptimizedTheta(season_length=_cycle(case)),
        "AutoETS": AutoETS(season_length=_cycle(case)),
    }
    if case.known > case.season:
        models["seasonal naive"] = SeasonalNaive(season_length=case.season)
    said = {name: _said(case, model) for name, model in models.items()}
    trees = _boosted(case)
    return said if trees is None else {**said, "LightGBM": trees}


def at_keys(said: Said, keys: slice) -> Said:
    """Return what was said of some keys; the total is theirs, without quantiles."""
    mean = said.mean[:, keys]
    at = None if said.at is None else said.at[:, :, keys]
    return Said(mean=mean, total=mean.sum(axis=1), at=at, total_at=None, seconds=said.seconds)


def _cycle(case: Case) -> int:
    """Return the cycle of fitted models: of weeks none, a year of them takes minutes for each key."""
    return 7 if case.step_days == 1 and case.known > 14 else 1


def _said(case: Case, model: _Model) -> Said:
    began = process_time()
    answers = [_answer(column, model, case.horizon) for column in case.past.T]
    seconds = process_time() - began
    keys = np.stack(answers, axis=2)
    total = _answer(case.past.sum(axis=1), model, case.horizon)
    quantiles = bool(np.isfinite(total).all())
    return Said(
        mean=keys[1],
        total=total[1],
        at=np.nan_to_num(keys) if quantiles else None,
        total_at=total if quantiles else None,
        seconds=seconds,
    )


def _answer(column: Floats, model: _Model, horizon: int) -> Floats:
    """Return quantiles at SHARES, (shares, horizon), from the first sale on; the mean stands for P50."""
    sold = np.flatnonzero(column)
    if sold.size == 0:
        return np.zeros((len(SHARES), horizon))
    series = column[sold[0] :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = model.forecast(y=series, h=horizon, level=_LEVELS)
        except Exception:  # noqa: BLE001 - a model without intervals, or without an answer, says so in many ways
            return _fallback(series, model, horizon)
    rows = [np.asarray(found.get(name, np.full(horizon, np.nan)), dtype=np.float64) for name in _COLUMNS]
    rows[1] = np.where(np.isfinite(rows[1]), rows[1], series[-1])
    return np.maximum(np.stack(rows), 0.0)


def _fallback(series: Floats, model: _Model, horizon: int) -> Floats:
    """Return the forecast without intervals of a model that has none, or that this series is too short for."""
    try:
        mean = np.asarray(model.forecast(y=series, h=horizon)["mean"], dtype=np.float64)
    except Exception:  # noqa: BLE001 - a series too short for a model: whoever uses it takes the mean then
        mean = np.full(horizon, float(series.mean()))
    mean = np.where(np.isfinite(mean), mean, float(series.mean()))
    empty = np.full(horizon, np.nan)
    return np.stack([empty, np.maximum(mean, 0.0), empty, empty])


def _boosted(case: Case) -> Said | None:
    """Return one global model: lags no younger than the horizon, means before it, calendar; quantiles by their loss."""
    began = process_time()
    short, long = (7, 28) if case.step_days == 1 else (2, 8)
    least = case.horizon + long
    if case.known < least + case.horizon:
        return None
    past = case.past
    features = _features(case, short, long)
    train = range(least, case.known)
    rows = np.concatenate([features[period] for period in train])
    wanted = np.concatenate([past[period] for period in train])
    step = max(1, rows.shape[0] // _MOST_ROWS)
    asked = np.concatenate([features[case.known + ahead] for ahead in range(case.horizon)])
    found = [
        _fitted({"objective": "quantile", "alpha": share}, rows[::step], wanted[::step], asked) for share in SHARES
    ]
    mean = _fitted({"objective": "tweedie", "tweedie_variance_power": 1.1}, rows[::step], wanted[::step], asked)
    shape = (case.horizon, past.shape[1])
    return Said(
        mean=mean.reshape(shape),
        total=mean.reshape(shape).sum(axis=1),
        at=np.stack([one.reshape(shape) for one in found]),
        total_at=None,
        seconds=process_time() - began,
    )


def _fitted(
    options: dict[str, object], rows: NDArray[np.float32], wanted: Floats, asked: NDArray[np.float32]
) -> Floats:
    shared = {"learning_rate": 0.05, "num_leaves": 63, "min_data_in_leaf": 50, "verbose": -1, "num_threads": 1}
    model = lightgbm.train({**shared, **options}, lightgbm.Dataset(rows, wanted), num_boost_round=_TREES)
    return np.maximum(np.asarray(model.predict(asked), dtype=np.float64), 0.0)


def _features(case: Case, short: int, long: int) -> list[NDArray[np.float32]]:
    """Return for each period what was known a horizon before it, (keys, features)."""
    past, keys = case.past, case.past.shape[1]
    sums = np.concatenate([np.zeros((1, keys)), np.cumsum(past, axis=0)])
    dates = np.datetime64(case.first, "D") + np.arange(case.known + case.horizon) * case.step_days
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    found = []
    for period, day in enumerate(of_year.tolist()):
        end = min(max(period - case.horizon + 1, 0), case.known)
        columns = [past[max(end - 1 - lag, 0)] for lag in (0, short - 1)]
        columns += [(sums[end] - sums[max(end - window, 0)]) / window for window in (short, long)]
        year = period - 364 // case.step_days
        columns.append(past[year] if 0 <= year < case.known else np.full(keys, np.nan))
        columns += [np.full(keys, period * case.step_days % 7), np.full(keys, day), np.arange(keys)]
        found.append(np.stack(columns, axis=1).astype(np.float32))
    return found
