"""How good forecasts of the past were: what `scores.json` holds and what the planner is shown."""

from datetime import date

import msgspec

from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration

ACCURACY_DOCUMENT = "accuracy.json"
"""The kept accuracy of a shop's forecasts, one of the documents a plan is made of."""


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
    """The whole horizon's total of a `measure` on the joint paths beside what happened, for one origin.

    `sd`: of the log of the total over the paths.
    """

    origin: date
    measure: str
    days: int
    mean: float
    p10: float
    p50: float
    p90: float
    p99: float
    sd: float
    actual: float


class SeasonCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the paths spread a season's total as far as forecasts were off, of one `measure`, over judged origins.

    `empirical`: root mean square of log(came / mean), bias included; `bias`: the mean of it. `drawn`: the paths'
    standard deviation of the log, the mean over origins. `within_p90`: share of origins that came at or below P90;
    `within_80`: between P10 and P90. `independent`: how many horizons' worth of days the `origins` have: they overlap.
    `learned`: root mean square of the log over the origins that the spread was learned on.
    """

    measure: str
    origins: int
    independent: float
    learned: float | None
    empirical: float | None
    bias: float | None
    drawn: float
    within_p90: float
    within_80: float


class OutlookCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How often the outlook of what is still to come held, taken anew on every day of judged horizons; of orders.

    `part`: of the horizon, 1 to 3 (its thirds), 0 for all. Days 1 to seven before the end count, one outlook each.
    `within_80`: share of what came that lay from P10 to P90, `below` and `above` the rest. `width`: mean of the log of
    P90 / P10; `off`: mean of the absolute log of came / P50. `planned_…`: the same of the paths as they were planned.
    """

    part: int
    outlooks: int
    within_80: float
    below: float
    above: float
    width: float
    off: float
    planned_within_80: float
    planned_width: float
    planned_off: float


class ValueAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A method before the gate: by which share its error was below the benchmark's, and whether it is in the mean.

    `level`: total or product. `measure`: units, orders, revenue. A baseline is shown and never averaged, but for the
    benchmark itself.
    """

    level: str
    measure: str
    method: str
    share: float
    is_in: bool


class AccuracyReport(msgspec.Struct, frozen=True, kw_only=True):
    """A back-test. Members, weights and spread were fixed on `fixed_on`; everything else is about `judged_on`."""

    source: str
    horizon_days: int
    fixed_on: tuple[date, ...]
    judged_on: tuple[date, ...]
    products: int
    members: tuple[str, ...]
    top_members: dict[str, tuple[str, ...]]
    gate_learned_on: str
    calibration: Calibration
    methods: tuple[MethodScore, ...]
    quantiles: tuple[QuantileScore, ...]
    comparisons: tuple[Comparison, ...]
    seasons: tuple[SeasonSpread, ...]
    checks: tuple[SeasonCheck, ...]
    value_added: tuple[ValueAdded, ...]
    notes: tuple[str, ...] = ()
    outlooks: tuple[OutlookCheck, ...] = ()


class KeptAccuracy(msgspec.Struct, frozen=True, kw_only=True):
    """accuracy.json: what a plan reads of a back-test, and what planners are shown of it. Small enough for a document.

    `history`: SHA-256 of the history the plans of this shop are made of (`PlanInputs.hashes["demand"]`): a plan of
    another history does not use the gate. `members`: methods of products that are averaged; `top_members`: of totals,
    by measure. `coverage`: of the joint draws, P50, P90 and P99 per week. Origins before the first of `judged_on` fixed
    everything, what came after the others was judged.
    """

    history: str
    source: str
    horizon_days: int
    fixed_on: tuple[date, ...]
    judged_on: tuple[date, ...]
    members: tuple[str, ...]
    top_members: dict[str, tuple[str, ...]]
    learned_on: str
    value_added: tuple[ValueAdded, ...]
    scores: tuple[MethodScore, ...]
    coverage: tuple[QuantileScore, ...]
    seasons: tuple[SeasonSpread, ...]
    checks: tuple[SeasonCheck, ...]


def kept(report: AccuracyReport, *, history: str) -> KeptAccuracy:
    """Return what is kept of a report: WAPE per week of all methods, coverage of the draws, seasons, the gate."""
    return KeptAccuracy(
        history=history,
        source=report.source,
        horizon_days=report.horizon_days,
        fixed_on=report.fixed_on,
        judged_on=report.judged_on,
        members=report.members,
        top_members=report.top_members,
        learned_on=report.gate_learned_on,
        value_added=report.value_added,
        scores=tuple(score for score in report.methods if score.grain == "week" and score.event_weeks is None),
        coverage=tuple(
            score
            for score in report.quantiles
            if (score.method, score.grain, score.event_weeks) == ("forecast", "week", None) and score.share in SHOWN
        ),
        seasons=report.seasons,
        checks=report.checks,
    )


SHOWN = (0.5, 0.9, 0.99)


def decode_accuracy(document: bytes) -> KeptAccuracy:
    """Read `accuracy.json`, as `springtide peak accuracy` writes it; raises InvalidPeakInput."""
    try:
        return msgspec.json.decode(document, type=KeptAccuracy)
    except msgspec.DecodeError as error:
        mistake = Mistake(where=ACCURACY_DOCUMENT, rule="not_readable", message=str(error))
        raise InvalidPeakInput.of([mistake]) from error
