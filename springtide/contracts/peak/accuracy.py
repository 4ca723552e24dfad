"""How good forecasts of the past were: what `scores.json` holds and what the planner is shown."""

from datetime import date

import msgspec

from springtide.contracts.peak.paths import Calibration


class MethodScore(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one level over all origins.

    `level`: total, category, product. `measure`: units, orders, revenue. `grain`: day, week. `event_weeks`: whether
    only weeks that touch an event's window count (True), only the others (False), or all (None).
    `wape`: sum of absolute errors over what was sold, `low` to `high` its 90 % interval (weeks resampled).
    `bias`: forecast less actual, over what was sold. `weight`: the method's share in the forecast.
    `value_added`: by which share its error was below the benchmark's when the members were chosen; None where it was
    not asked.
    """

    level: str
    measure: str
    grain: str
    method: str
    event_weeks: bool | None
    wape: float | None
    low: float | None
    high: float | None
    bias: float | None
    weight: float = 0.0
    value_added: float | None = None


class QuantileScore(msgspec.Struct, frozen=True, kw_only=True):
    """One quantile at one level: of the joint draws (`method` forecast), or of a moving average with its past errors.

    `coverage`: share of cells at or below it, `low` to `high` its 90 % interval. `pinball`: twice the loss over what
    was sold. `width`: the quantile less the median, over what was sold.
    """

    level: str
    measure: str
    grain: str
    method: str
    share: float
    event_weeks: bool | None
    coverage: float | None
    low: float | None
    high: float | None
    pinball: float | None
    width: float | None
    cells: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The forecast against a baseline on the same weeks, in a `figure`.

    `wape` and `wape of the median`: against the baseline that turned out best. `pinball`: twice the loss over what was
    sold, the mean over P1, P10, P50, P90 and P99, against moving averages with their own past errors.
    `difference`: below 0 the forecast is better; `low` to `high` its 90 % interval, weeks resampled together.
    """

    level: str
    measure: str
    grain: str
    figure: str
    baseline: str
    difference: float | None
    low: float | None
    high: float | None


class SeasonSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The whole horizon's total on the joint paths beside what happened, for one origin. Figures of `units`."""

    origin: date
    days: int
    mean: float
    p10: float
    p50: float
    p90: float
    p99: float
    actual: float


class AccuracyReport(msgspec.Struct, frozen=True, kw_only=True):
    """A back-test. Members, weights and spread were fixed on `fixed_on`; everything else is about `judged_on`."""

    source: str
    horizon_days: int
    fixed_on: tuple[date, ...]
    judged_on: tuple[date, ...]
    products: int
    members: tuple[str, ...]
    top_members: tuple[str, ...]
    gate_learned_on: str
    calibration: Calibration
    methods: tuple[MethodScore, ...]
    quantiles: tuple[QuantileScore, ...]
    comparisons: tuple[Comparison, ...]
    seasons: tuple[SeasonSpread, ...]
    notes: tuple[str, ...] = ()
