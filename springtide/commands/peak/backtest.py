"""`springtide peak backtest FILE`: forecast from a day on as if it were today, and compare."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from springtide.commands.output import say
from springtide.commands.peak.past import Past, read_past
from springtide.contexts.peak.domain.backtest.cut import known_of, longer, on_one_day
from springtide.contexts.peak.domain.backtest.origins import origins_before, told_of
from springtide.contexts.peak.domain.backtest.run import Plan, Result, back_test, gate_in_words
from springtide.contexts.peak.domain.events.weekly import for_weeks
from springtide.contexts.peak.domain.plan.inputs import hash_of
from springtide.contexts.peak.providers.forecast_files import write_back_test
from springtide.contracts.peak.accuracy import AccuracyReport
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.settings import Settings

_WEEK = 7
_LATE_STEPS = 7
"""A history may end so many days (weeks) before the last day that is known; a later day is taken for a mistake."""
SEES_THE_FUTURE = ("bulk", "stock_out_suspected")
"""Rules of the history that look at days around a line: in a back-test they would know what comes."""


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Write forecast.parquet, scores.json, calibration.json and accuracy.json; print what matters."""
    del settings
    past, history = judged_past(options)
    last = _last_known(past, options.train_until)
    horizon = -(-options.horizon_days // past.step_days) * past.step_days
    plan = Plan(
        source=options.file,
        horizon_days=horizon,
        fixed_on=origins_before(past.demand, min(last, past.demand.last), horizon_days=horizon),
        judged_on=(last,),
        seed=options.seed,
        paths=options.paths,
        engine=options.engine,
        told_until=past.demand.last,
    )
    _warn(past, last, horizon)
    demand = longer(past.demand, last + timedelta(days=horizon))
    result = back_test(demand, plan, past.calendar, known=known_of(past.demand, past.ready, demand), tell=say)
    keep_and_tell(options, past, result, history=history)
    return 0


def keep_and_tell(options: argparse.Namespace, past: Past, result: Result, *, history: str) -> None:
    """Write what a back-test found and print what matters of it."""
    write_back_test(
        Path(options.out),
        result,
        history=history,
        counted=past.report is not None,
        step_days=past.step_days,
        currency=options.currency,
    )
    for line in summary(result):
        say(line)


def judged_past(options: argparse.Namespace) -> tuple[Past, str]:
    """Read a past for judging forecasts: rules that know the future are taken back, weeks stay whole.

    And the hash of the history as plans read it, with all rules: by it a plan knows that the back-test was its own.
    """
    past = read_past(options)
    history = hash_of(past.demand)
    if past.ready is None:
        options.keep = sorted({*options.keep, *SEES_THE_FUTURE})
        past = read_past(options)
    if past.step_days == 1:
        return past, history
    return replace(past, demand=on_one_day(past.demand), calendar=for_weeks(past.calendar)), history


def _last_known(past: Past, wanted: date) -> date:
    """Return the last day that may be known; of weekly series the end of the last week that began by then.

    A history that ends a few days earlier sold nothing since, for all that anybody knows.
    """
    demand = past.demand
    if not demand.first <= wanted <= demand.last + timedelta(days=past.step_days * _LATE_STEPS):
        message = f"{wanted} is not within the history, {demand.first} to {demand.last}"
        raise InvalidPeakInput.of([Mistake(where="--train-until", rule="outside", message=message)])
    if past.step_days == 1:
        return wanted
    weeks = (wanted - demand.first).days // _WEEK + 1
    return demand.first + timedelta(days=weeks * _WEEK - 1)


def _warn(past: Past, last: date, horizon: int) -> None:
    """Say what of the horizon cannot be judged."""
    told = told_of(last, horizon, past.demand.last)
    if told < horizon:
        there = max(0, (past.demand.last - last).days)
        say(f"the history knows {there} of {horizon} days after {last}: {told} are judged, all are forecast")


def summary(result: Result) -> list[str]:
    """Return the report's main figures in a few lines."""
    report = result.report
    lines = [
        f"products: mean of {', '.join(report.members)}; {gate_in_words(result.gate)}",
        f"chosen on: {report.gate_learned_on}",
        f"spread: {report.calibration.learned_on}",
    ]
    for level in ("total", "category", "product"):
        lines += [
            f"{level} {measure}, WAPE per week: {_scores(report, level, measure)}"
            for measure in _measures(report, level)
        ]
    covered = [
        f"{score.level} {score.coverage:.1%}"
        for score in report.quantiles
        if (score.method, score.share, score.grain, score.measure, score.event_weeks)
        == ("forecast", 0.9, "week", "units", None)
        and score.coverage is not None
    ]
    if not report.methods:
        return [*lines, "nothing of the horizon is known, so nothing is judged"]
    return [*lines, f"at or below P90, units per week: {', '.join(covered)}", *_outlooks(report)]


def _outlooks(report: AccuracyReport) -> Iterator[str]:
    """Yield how often outlooks from the middle of a season held, by thirds of it."""
    for one in report.outlooks:
        name = f"third {one.part}" if one.part else "all days"
        yield (
            f"orders still to come, {name}: {one.within_80:.1%} of {one.outlooks:,} from P10 to P90"
            f" ({one.below:.1%} below, {one.above:.1%} above), width {one.width:.3f}, off {one.off:.3f};"
            f" as planned {one.planned_within_80:.1%}, width {one.planned_width:.3f}, off {one.planned_off:.3f}"
        )


def _measures(report: AccuracyReport, level: str) -> tuple[str, ...]:
    """Return what is worth a line: of ready series units alone, whose orders nobody counted."""
    counted = any(score.measure == "revenue" for score in report.methods)
    return ("units", "orders", "revenue") if level == "total" and counted else ("units",)


def _scores(report: AccuracyReport, level: str, measure: str) -> str:
    found = sorted(
        (score.wape, score.method)
        for score in report.methods
        if (score.level, score.measure, score.grain, score.event_weeks) == (level, measure, "week", None)
        and score.wape is not None
    )
    return ", ".join(f"{method} {wape:.1%}" for wape, method in found)
