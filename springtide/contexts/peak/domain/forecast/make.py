"""History in, forecast out."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.forecast.combine import OPEN_GATE, SUM_OF_PRODUCTS, Gate, mean_of, scaled_to
from springtide.contexts.peak.domain.forecast.members import MODELS, Rates, members_of
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.seasonal import YEAR, season_index
from springtide.contexts.peak.domain.forecast.setting import Setting, setting_of, top_index, top_uplift
from springtide.contexts.peak.domain.forecast.top import Series, all_top_members
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.calendar import EventCalendar

DEFAULT_SEED = 1
HOURS = 24
_RECENT_DAYS = 182
_PRIOR_DAY_ORDERS = 50.0
TOTALS = ("units", "orders", "lines", "revenue_minor", "visits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything the methods say at one origin: of products by name, of each total by name."""

    setting: Setting
    products: dict[str, Rates]
    top: dict[str, dict[str, NDArray[np.float64]]]


def answers_of(
    demand: Demand,
    last: date,
    calendar: EventCalendar,
    *,
    seed: int = DEFAULT_SEED,
    engine: str | None = None,
) -> Answers:
    """Ask all methods for the days after the history up to `last`, included; raises InvalidPeakInput."""
    setting = setting_of(demand, last, calendar)
    series = [_series(setting, name) for name in TOTALS]
    top = dict(zip(TOTALS, all_top_members(series, engine), strict=True))
    products = members_of(setting, seed=seed)
    ours = [products[name].daily(setting).sum(axis=0, dtype=np.float64) for name in MODELS if name in products]
    top["units"][SUM_OF_PRODUCTS] = np.mean(ours, axis=0)
    return Answers(setting=setting, products=products, top=top)


def forecast_of(answers: Answers, season: Season, *, gate: Gate = OPEN_GATE) -> Forecast:
    """Return the gated mean for a season within the days that were asked, products scaled to the total of units."""
    setting = answers.setting
    first = (season.first - setting.demand.last).days - 1
    days = slice(first, first + season.days)
    top = {name: mean_of(members, gate.top_of(name)) for name, members in answers.top.items()}
    names = [name for name in gate.products if name in answers.products] or ["moving_average_index"]
    units = np.zeros((len(setting.demand.products), setting.ahead))
    for name in names:
        units += answers.products[name].daily(setting) / len(names)
    return Forecast(
        season=season,
        products=setting.demand.products,
        units=scaled_to(units, top["units"])[:, days],
        orders=top["orders"][days],
        lines=top["lines"][days],
        revenue_minor=top["revenue_minor"][days],
        visits=top["visits"][days],
        hours=hours_of(setting)[days],
        event_days=setting.uplift.inside[setting.demand.days :][days],
    )


def make_forecast(
    demand: Demand,
    season: Season,
    calendar: EventCalendar,
    *,
    gate: Gate = OPEN_GATE,
    seed: int = DEFAULT_SEED,
    engine: str | None = None,
) -> Forecast:
    """Return the forecast of a season after the history; raises InvalidPeakInput where nothing can be said."""
    answers = answers_of(demand, season.last, calendar, seed=seed, engine=engine)
    return forecast_of(answers, season, gate=gate)


def _series(setting: Setting, name: str) -> Series:
    """Return a total with an index of its own: orders and money have other seasons than pieces."""
    demand = setting.demand
    calendar = setting.opening.calendar
    sold = _total(demand, name)
    index = top_index(setting)
    if demand.days >= YEAR and name != "units" and np.any(sold):
        index = _own_index(setting, sold)
    return Series(name=name, sold=sold, seen=demand.open_days & np.isfinite(sold), calendar=calendar, index=index)


def _own_index(setting: Setting, sold: NDArray[np.float64]) -> NDArray[np.float64]:
    days = setting.demand.days
    shares = setting.opening.calendar
    column = np.nan_to_num(sold)[:, None]
    season = season_index(column, shares[:days], ahead=setting.ahead, masked=setting.uplift.inside[:days])[:, 0]
    own: NDArray[np.float64] = shares * season * top_uplift(setting)
    return own


def _total(demand: Demand, name: str) -> NDArray[np.float64]:
    values: dict[str, NDArray[np.float64]] = {
        "units": demand.units.sum(axis=1, dtype=np.float64),
        "orders": demand.orders.astype(np.float64),
        "lines": demand.lines.astype(np.float64),
        "revenue_minor": demand.revenue_minor,
        "visits": np.zeros(demand.days) if demand.visits is None else demand.visits.astype(np.float64),
    }
    return values[name]


def hours_of(setting: Setting) -> NDArray[np.float32]:
    """Return shares of a day's orders by hour, float32 (ahead, 24), rows of closed days are 0.

    Each weekday's own hours of the last half year, pulled towards all days' (a Dirichlet prior of 50 orders).
    """
    demand = setting.demand
    weekdays = (np.arange(demand.days + setting.ahead) + demand.first.weekday()) % 7
    recent = np.arange(max(0, demand.days - _RECENT_DAYS), demand.days)
    recent = recent[demand.open_days[recent]]
    pooled = demand.orders_by_hour[recent].sum(axis=0, dtype=np.float64)
    pooled = pooled / pooled.sum() if pooled.sum() > 0 else np.full(HOURS, 1.0 / HOURS)
    by_weekday = np.zeros((7, HOURS))
    np.add.at(by_weekday, weekdays[recent], demand.orders_by_hour[recent])
    shares = by_weekday + _PRIOR_DAY_ORDERS * pooled
    shares /= shares.sum(axis=1, keepdims=True)
    hours: NDArray[np.float64] = shares[weekdays[demand.days :]] * (setting.calendar_ahead > 0)[:, None]
    return hours.astype(np.float32)
