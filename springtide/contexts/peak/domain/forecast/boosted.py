"""One global LightGBM for all products: it corrects a moving average, on the log scale, for any number of weeks ahead.

Direct: the number of weeks ahead is a feature, and no forecast is fed back. The Tweedie loss with the moving average as
offset scales every product by itself: a fast mover weighs more, but does not drown the others.
"""

from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.features import Known, asked, standing

TREES = 100
POWER = 1.2
THREADS = 1
"""One thread: the same trees on every machine, and no fight with the shop for its cores."""
FIRST_ORIGIN = 14
LEAST_WEEKS = 26
HORIZONS_PER_ORIGIN = 2
MOST_ROWS = 200_000
HALF_LIFE_WEEKS = 52.0
_LEAST_EXPOSURE = 0.2
_ALIVE_WEEKS = 26
_OPTIONS = {
    "objective": "tweedie",
    "tweedie_variance_power": POWER,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.8,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": THREADS,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    features: NDArray[np.float32]
    sold: NDArray[np.float64]
    offset: NDArray[np.float64]
    weight: NDArray[np.float64]


def boosted_rates(of: Known, coming: NDArray[np.float64], *, seed: int) -> NDArray[np.float64] | None:
    """Return rates per usual week, (steps, products); None for fewer than 26 weeks or products without sales.

    `coming`: indexed exposure of the next weeks, (steps, products).
    """
    steps, now = coming.shape[0], of.weeks.count
    if now < LEAST_WEEKS:
        return None
    rows = _training(of, steps=steps, seed=seed)
    if rows is None:
        return None
    data = lightgbm.Dataset(rows.features, rows.sold, weight=rows.weight, init_score=rows.offset)
    model = lightgbm.train({**_OPTIONS, "seed": seed}, data, num_boost_round=TREES)
    known_now = standing(of, now)
    base = of.base(now)
    rates = np.zeros((steps, base.size))
    for step in range(1, steps + 1):
        features = np.concatenate([known_now, asked(of, now, step, coming[step - 1])], axis=1)
        rates[step - 1] = np.exp(np.asarray(model.predict(features, raw_score=True))) * base
    return np.where(of.weeks.born < now, rates, 0.0)


def _training(of: Known, *, steps: int, seed: int) -> _Rows | None:
    """Return past origins with some of their horizons each, drawn from the seed, thinned to the most rows."""
    now = of.weeks.count
    chance = np.random.Generator(np.random.Philox(seed))
    every = 1 if now < 2 * LEAST_WEEKS else 2
    parts: list[_Rows] = []
    origins = range(now - 1, FIRST_ORIGIN - 1, -every)
    products = of.groups.of.size
    stride = max(1, -(-products * len(origins) * HORIZONS_PER_ORIGIN // (2 * MOST_ROWS)))
    for number, origin in enumerate(origins):
        ahead = min(steps, now - origin)
        for step in sorted(chance.permutation(ahead)[:HORIZONS_PER_ORIGIN].tolist()):
            parts += _rows(of, origin, step + 1, np.arange(number % stride, products, stride))
    if not parts:
        return None
    rows = _Rows(
        features=np.concatenate([part.features for part in parts]),
        sold=np.concatenate([part.sold for part in parts]),
        offset=np.concatenate([part.offset for part in parts]),
        weight=np.concatenate([part.weight for part in parts]),
    )
    return rows if rows.sold.any() else None


def _rows(of: Known, origin: int, step: int, among: NDArray[np.intp]) -> list[_Rows]:
    """Return the products that sold in the half year before the origin and could sell in the asked week."""
    target = origin + step - 1
    exposure = of.weeks.indexed[target]
    sold_lately = of.sales[origin] > of.sales[max(0, origin - _ALIVE_WEEKS)]
    used = among[(exposure[among] > _LEAST_EXPOSURE) & sold_lately[among]]
    if used.size == 0:
        return []
    features = np.concatenate([standing(of, origin), asked(of, origin, step, exposure)], axis=1)[used]
    return [
        _Rows(
            features=features,
            sold=of.weeks.units[target][used],
            offset=np.log(of.base(origin)[used] * exposure[used]),
            weight=np.full(used.size, 0.5 ** ((of.weeks.count - origin) / HALF_LIFE_WEEKS)),
        )
    ]
