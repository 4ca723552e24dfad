"""A back-test from origins to a report: members, weights and spread are fixed first, then others are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.backtest.choose import chosen_on
from springtide.contexts.peak.domain.backtest.cut import before
from springtide.contexts.peak.domain.backtest.draws import Drawn, drawn_quantiles
from springtide.contexts.peak.domain.backtest.empirical import MEASURES, errors_of
from springtide.contexts.peak.domain.backtest.judge import judge
from springtide.contexts.peak.domain.backtest.origins import Origin, Tell, ask
from springtide.contexts.peak.domain.backtest.report import comparisons_of, methods_of, quantiles_of, value_added_of
from springtide.contexts.peak.domain.backtest.seasons import checks_of, seasons_of
from springtide.contexts.peak.domain.backtest.tally import Tally
from springtide.contexts.peak.domain.forecast.combine import Gate
from springtide.contexts.peak.domain.forecast.make import DEFAULT_SEED, forecast_of
from springtide.contexts.peak.domain.forecast.priors import FIRST_PEAK_SD
from springtide.contexts.peak.domain.forecast.result import Forecast
from springtide.contexts.peak.domain.forecast.seasonal import YEAR
from springtide.contexts.peak.domain.forecast.weeks import floored
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.paths.calibrate import calibrate, spread_for
from springtide.contexts.peak.domain.paths.edits import Edits
from springtide.contexts.peak.domain.paths.joint import draw_paths
from springtide.contracts.peak.accuracy import AccuracyReport, SeasonCheck, SeasonSpread
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.paths import Calibration

DEFAULT_PATHS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tested. `fixed_on`: origins the methods and the spread are learned on, with what came after them only up
    to the first of `judged_on`. `paths`: how many draws the quantiles are taken of. `told_until`: the last day that has
    come, None: all of the history has; later days are forecast and not judged.
    """

    source: str
    horizon_days: int
    fixed_on: tuple[date, ...]
    judged_on: tuple[date, ...]
    seed: int = DEFAULT_SEED
    paths: int = DEFAULT_PATHS
    engine: str | None = None
    told_until: date | None = None


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


def back_test(
    demand: Demand,
    plan: Plan,
    calendar: EventCalendar,
    *,
    known: NDArray[np.bool_] | None = None,
    tell: Tell = lambda _words: None,
) -> Result:
    """Fix methods and spread on the first origins, judge the others; raises InvalidPeakInput.

    `known`: bool (days, products) of the history, False where a quantity is missing; None: all are there.
    """
    if not plan.judged_on:
        raise InvalidPeakInput.of([Mistake(where="origins", rule="none", message="no origin is left to be judged")])
    demand = floored(demand)
    fixed = _asked(before(demand, plan.judged_on[0]), plan.fixed_on, plan, calendar, tell)
    gate = chosen_on(fixed)
    tell(f"products: mean of {', '.join(gate.products)}; {gate_in_words(gate)}")
    windows = [origin.window(forecast_of(origin.answers, origin.season, gate=gate)) for origin in fixed]
    learned = calibrate(windows)
    errors = errors_of(fixed)
    tally = Tally()
    seasons: list[SeasonSpread] = []
    for last in plan.judged_on:
        (origin,) = _asked(demand, (last,), plan, calendar, tell, known=known)
        judged = _judged(origin, gate, learned, plan)
        judge(tally, origin, judged.forecast, gate=gate, drawn=judged.drawn, errors=errors)
        seasons += seasons_of(origin, judged.drawn)
    checks = tuple(checks_of(seasons, windows))
    report = _report(plan, demand, gate, judged.calibration, tally=tally, seasons=seasons, checks=checks)
    return Result(report=report, gate=gate, last=judged)


def gate_in_words(gate: Gate) -> str:
    """Return what totals are the mean of, in a line for the terminal."""
    return "; ".join(f"total {MEASURES[name]}: mean of {', '.join(members)}" for name, members in gate.top.items())


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


def _asked(
    demand: Demand,
    origins: Sequence[date],
    plan: Plan,
    calendar: EventCalendar,
    tell: Tell,
    *,
    known: NDArray[np.bool_] | None = None,
) -> list[Origin]:
    return ask(
        demand,
        origins,
        horizon_days=plan.horizon_days,
        calendar=calendar,
        known=known,
        told_until=plan.told_until,
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


def _report(
    plan: Plan,
    demand: Demand,
    gate: Gate,
    calibration: Calibration,
    *,
    tally: Tally,
    seasons: list[SeasonSpread],
    checks: tuple[SeasonCheck, ...],
) -> AccuracyReport:
    return AccuracyReport(
        source=plan.source,
        horizon_days=plan.horizon_days,
        fixed_on=plan.fixed_on,
        judged_on=plan.judged_on,
        products=len(demand.products),
        members=gate.products,
        top_members={MEASURES[name]: members for name, members in gate.top.items()},
        gate_learned_on=gate.learned_on,
        calibration=calibration,
        methods=tuple(methods_of(tally, gate, plan.seed)),
        quantiles=tuple(quantiles_of(tally, plan.seed)),
        comparisons=tuple(comparisons_of(tally, plan.seed)),
        seasons=tuple(seasons),
        checks=checks,
        value_added=tuple(value_added_of(gate)),
    )
