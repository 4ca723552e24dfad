"""Every method's forecast of each product, by name: weekly rates spread over days by the index."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast import baselines
from springtide.contexts.peak.domain.forecast.boosted import boosted_rates
from springtide.contexts.peak.domain.forecast.features import known
from springtide.contexts.peak.domain.forecast.setting import Setting

BENCHMARK = "moving_average_index"
"""What every other method has to beat: the moving average of 13 weeks x the pooled index."""
BASELINES = (
    "naive",
    "seasonal_naive_52",
    "moving_average_4",
    "moving_average_13",
    BENCHMARK,
    "croston_sba",
    "tsb",
)
MODELS = ("steady", "fading", "boosted")
"""Ours: averages without huge days; chance of a sale x size without them; the boosted trees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Rates per usual week, float64 (steps, products) or, the same for every week, (1, products).

    `indexed`: season and events are to be put on them; otherwise only opening days are.
    """

    values: NDArray[np.float64]
    indexed: bool

    def daily(self, setting: Setting) -> NDArray[np.float32]:
        """Return means per day ahead, float32 (products, ahead)."""
        step = np.minimum(setting.step_of, self.values.shape[0] - 1)
        share = setting.index_ahead() if self.indexed else setting.calendar_ahead[:, None]
        mean: NDArray[np.float32] = np.ascontiguousarray((self.values[step] * share).T, dtype=np.float32)
        return mean


def members_of(setting: Setting, *, seed: int) -> dict[str, Rates]:
    """Return all methods that this much history allows; the benchmark is always among them."""
    weeks = setting.weeks
    plain, indexed = (weeks.units, weeks.plain), (weeks.units, weeks.indexed)
    found = {
        "naive": _flat(baselines.naive(*plain), indexed=False),
        "moving_average_4": _flat(baselines.moving_average(*plain, 4), indexed=False),
        "moving_average_13": _flat(baselines.moving_average(*plain, 13), indexed=False),
        BENCHMARK: _flat(baselines.moving_average(*indexed, 13), indexed=True),
        "croston_sba": _flat(baselines.croston_sba(*indexed), indexed=True),
        "tsb": _flat(baselines.tsb(*indexed), indexed=True),
        "steady": _flat(_steady(setting), indexed=True),
        "fading": _flat(baselines.tsb(weeks.tame, weeks.indexed), indexed=True),
    }
    year_ago = baselines.same_week_last_year(weeks.units, weeks.plain, setting.steps)
    if year_ago is not None:
        found["seasonal_naive_52"] = Rates(values=year_ago, indexed=False)
    prices = np.array([product.price_minor for product in setting.demand.products], dtype=np.float64)
    boosted = boosted_rates(known(weeks, setting.groups, prices), setting.coming_weeks(), seed=seed)
    if boosted is not None:
        found["boosted"] = Rates(values=boosted, indexed=True)
    return found


def _flat(rate: NDArray[np.float64], *, indexed: bool) -> Rates:
    return Rates(values=rate[None, :], indexed=indexed)


def _steady(setting: Setting) -> NDArray[np.float64]:
    """Return the mean of the averages over 4, 8 and 13 weeks, huge days cut."""
    weeks = setting.weeks
    averages = [baselines.moving_average(weeks.tame, weeks.indexed, window) for window in (4, 8, 13)]
    steady: NDArray[np.float64] = np.mean(averages, axis=0)
    return steady
