"""A back-test from origins to a report: members, weights and spread are fixed first, then others are judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec
import numpy as np

from springtide.contexts.peak.domain.backtest.choose import chosen_on
from springtide.contexts.peak.domain.backtest.cut import before
from springtide.contexts.peak.domain.backtest.draws import Drawn, drawn_quantiles
from springtide.contexts.peak.domain.backtest.empirical import SPREAD, errors_of
from springtide.contexts.peak.domain.backtest.judge import FORECAST, MEDIAN, judge
from springtide.contexts.peak.domain.backtest.metrics import Interval
from springtide.contexts.peak.domain.backtest.origins import Origin, Tell, ask
from springtide.contexts.peak.domain.backtest.tally import EVENT_KINDS, About, Tally
from springtide.contexts.peak.domain.forecast.combine import Gate
from springtide.contexts.peak.domain.forecast.make import DEFAULT_SEED, forecast_of
from springtide.contexts.peak.domain.forecast.members import BASELINES
from springtide.contexts.peak.domain.forecast.priors import FIRST_PEAK_SD, GENERAL_GOODS
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.seasonal import YEAR
from springtide.contexts.peak.domain.forecast.weeks import floored
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.paths.calibrate import calibrate, spread_for
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contracts.peak.accuracy import AccuracyReport, Comparison, MethodScore, QuantileScore, SeasonSpread
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration

DEFAULT_PATHS = 400
TOP_BASELINES = ("naive", "seasonal_naive_7", "seasonal_naive_364", "moving_average", "moving_average_index")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tested. `fixed_on`: origins the methods and the spread are learned on, with what came after them only up
    to the first of `judged_on`. `paths`: how many draws the quantiles are taken of.
    """

    source: str
    horizon_days: int
    fixed_on: tuple[date, ...]
    judged_on: tuple[date, ...]
    gifts: float = GENERAL_GOODS
    seed: int = DEFAULT_SEED
    paths: int = DEFAULT_PATHS
    engine: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judged origin with its forecast and draws, for files and figures."""

    origin: Origin
    forecast: Forecast
    calibration: Calibration
    drawn: Drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The report, what was fixed, and the last judged origin."""

    report: AccuracyReport
    gate: Gate
    last: Judged


def back_test(demand: Demand, plan: Plan, calendar: EventCalendar, *, tell: Tell = lambda _words: None) -> Result:
    """Fix methods and spread on the first origins, judge the others; raises InvalidPeakInput."""
    if not plan.judged_on:
        raise InvalidPeakInput.of([Mistake(where="origins", rule="none", message="no origin is left to be judged")])
    demand = floored(demand)
    fixed = _asked(before(demand, plan.judged_on[0]), plan.fixed_on, plan, calendar, tell)
    gate = chosen_on(fixed)
    tell(f"products: mean of {', '.join(gate.products)}; totals: mean of {', '.join(gate.top)}")
    learned = calibrate(
        [origin.window(forecast_of(origin.answers, origin.season, gate=gate).units) for origin in fixed]
    )
    errors = errors_of(fixed)
    tally, seasons = Tally(), []
    for last in plan.judged_on:
        (origin,) = _asked(demand, (last,), plan, calendar, tell)
        judged = _judged(origin, gate, learned, plan)
        judge(tally, origin, judged.forecast, gate=gate, drawn=judged.drawn, errors=errors)
        seasons.append(_season(judged))
    report = _report(plan, demand, gate, judged.calibration, tally=tally, seasons=seasons)
    return Result(report=report, gate=gate, last=judged)


def _judged(origin: Origin, gate: Gate, learned: Calibration, plan: Plan) -> Judged:
    forecast = forecast_of(origin.answers, origin.season, gate=gate)
    calibration = _widened(origin, learned)
    joint = draw_paths(
        forecast,
        spread_for(forecast, calibration),
        edits=Edits(as_of=origin.last),
        seed=plan.seed,
        paths=plan.paths,
    )
    return Judged(origin=origin, forecast=forecast, calibration=calibration, drawn=drawn_quantiles(joint))


def _asked(demand: Demand, origins: Sequence[date], plan: Plan, calendar: EventCalendar, tell: Tell) -> list[Origin]:
    return ask(
        demand,
        origins,
        horizon_days=plan.horizon_days,
        calendar=calendar,
        gifts=plan.gifts,
        seed=plan.seed,
        engine=plan.engine,
        tell=tell,
    )


def _widened(origin: Origin, learned: Calibration) -> Calibration:
    """Widen the season's factor where the prior of a first Christmas carries the forecast: nobody saw one here."""
    demand = origin.answers.setting.demand
    season = origin.answers.setting.index[demand.days :]
    usual = origin.answers.setting.calendar_ahead[:, None]
    first_peak = demand.days < YEAR and bool((season > 1.1 * usual).any())
    if not first_peak:
        return learned
    words = f"{learned.learned_on}; first peak: documented prior, sd {FIRST_PEAK_SD}"
    sd = float(np.hypot(learned.common_sd, FIRST_PEAK_SD))
    return msgspec.structs.replace(learned, common_sd=sd, learned_on=words)


def _season(judged: Judged) -> SeasonSpread:
    totals = judged.drawn.season
    return SeasonSpread(
        origin=judged.origin.last,
        days=judged.origin.season.days,
        mean=float(totals.mean()),
        p10=quantile_of(totals, 0.1),
        p50=quantile_of(totals, 0.5),
        p90=quantile_of(totals, 0.9),
        p99=quantile_of(totals, 0.99),
        actual=float(judged.origin.totals["units"].sum()),
    )


def _report(
    plan: Plan, demand: Demand, gate: Gate, calibration: Calibration, *, tally: Tally, seasons: list[SeasonSpread]
) -> AccuracyReport:
    return AccuracyReport(
        source=plan.source,
        horizon_days=plan.horizon_days,
        fixed_on=plan.fixed_on,
        judged_on=plan.judged_on,
        products=len(demand.products),
        members=gate.products,
        top_members=gate.top,
        gate_learned_on=gate.learned_on,
        calibration=calibration,
        methods=tuple(_methods(tally, gate, plan.seed)),
        quantiles=tuple(_quantiles(tally, plan.seed)),
        comparisons=tuple(_comparisons(tally, plan.seed)),
        seasons=tuple(seasons),
    )


def _methods(tally: Tally, gate: Gate, seed: int) -> Iterator[MethodScore]:
    for about in sorted(tally.errors):
        for event in EVENT_KINDS:
            wape = tally.wape(about, event=event, seed=seed)
            if wape is None or (event is not None and about.method not in {FORECAST, MEDIAN, *BASELINES}):
                continue
            yield MethodScore(
                level=about.level,
                measure=about.measure,
                grain=about.grain,
                method=about.method,
                event_weeks=event,
                wape=_number(wape.value),
                low=_number(wape.low),
                high=_number(wape.high),
                bias=_number(tally.bias(about, event=event)),
                weight=_weight(about, gate),
                value_added=gate.value_added.get((about.level, about.method)),
            )


def _weight(about: About, gate: Gate) -> float:
    names = gate.top if about.level == "total" else gate.products
    return 1.0 / len(names) if about.method in names else 0.0


def _quantiles(tally: Tally, seed: int) -> Iterator[QuantileScore]:
    for about, share in sorted(tally.misses):
        for event in EVENT_KINDS:
            covered = tally.coverage(about, share, event=event, seed=seed)
            if covered is None:
                continue
            pinball, width, cells = tally.losses(about, share, event=event)
            yield QuantileScore(
                level=about.level,
                measure=about.measure,
                grain=about.grain,
                method=about.method,
                share=share,
                event_weeks=event,
                coverage=_number(covered.value),
                low=_number(covered.low),
                high=_number(covered.high),
                pinball=_number(pinball),
                width=_number(width),
                cells=cells,
            )


def _comparisons(tally: Tally, seed: int) -> Iterator[Comparison]:
    """Compare with the baseline that turned out best, which nobody knew before: the hardest comparison."""
    for about in sorted(of for of in tally.errors if of.method in {FORECAST, MEDIAN}):
        names = TOP_BASELINES if about.level == "total" else BASELINES
        there = [replace(about, method=name) for name in names if replace(about, method=name) in tally.errors]
        scored = [
            (found.value, of)
            for of in there
            if (found := tally.wape(of, event=None, seed=seed)) is not None and np.isfinite(found.value)
        ]
        if not scored:
            continue
        best = min(scored)[1]
        less = tally.difference(about, best, seed=seed)
        yield _comparison(about, "wape" if about.method == FORECAST else "wape of the median", best.method, less)
    for about in sorted({of for of, _ in tally.misses if of.method == FORECAST}):
        for other in (replace(about, method=method) for method in SPREAD):
            if any(of == other for of, _ in tally.misses):
                less = tally.loss_difference(about, other, seed=seed)
                yield _comparison(about, "pinball", other.method, less)


def _comparison(about: About, figure: str, baseline: str, less: Interval) -> Comparison:
    return Comparison(
        level=about.level,
        measure=about.measure,
        grain=about.grain,
        figure=figure,
        baseline=baseline,
        difference=_number(less.value),
        low=_number(less.low),
        high=_number(less.high),
    )


def _number(value: float) -> float | None:
    """Return the figure; None for one that is none, because JSON has no NaN."""
    return float(value) if np.isfinite(value) else None
