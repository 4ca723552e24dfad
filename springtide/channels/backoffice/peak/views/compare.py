"""Figures of two plans with what lies between them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.asking import in_words
from springtide.channels.backoffice.peak.reading import listed, whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import FigureChanged, SettingChanged
from springtide.contracts.peak.budget import BudgetPlan
from springtide.contracts.peak.phrases import sentences
from springtide.contracts.peak.plan import PlanDay
from springtide.contracts.peak.what_if import Scenario

_DAYS, _SCENARIO = ("first", "as_of"), "scenario"
_NUMBERS = ("days", "paths", "seed", "size", "roster_weeks")


class Row(NamedTuple):
    """A figure before and after as text, the difference, and its share of what was before."""

    name: str
    before: str
    after: str
    difference: str
    share: str


def figure_rows(figures: Iterable[FigureChanged], speech: Speech) -> list[Row]:
    """Return the figures, those that changed most first; one that only one plan has comes last."""
    return [_row(figure, speech) for figure in sorted(figures, key=_weight)]


class Fall(NamedTuple):
    """How a number came from one plan to the other: its chart, and its steps as text."""

    figure: figures.Figure
    steps: list[tuple[str, str]]


async def waterfalls(visit: Visit, before: UUID, after: UUID, speech: Speech) -> list[Fall]:
    """Return why orders and money changed, step by step; nothing for a plan that does not have these parts."""
    old_days = await listed(visit, before, "days", PlanDay)
    new_days = await listed(visit, after, "days", PlanDay)
    known = bool(old_days and new_days)
    falls = [_fall(orders_steps(old_days, new_days, speech), "why_orders", "number", speech)] if known else []
    one = await whole(visit, before, "budget", BudgetPlan)
    other = await whole(visit, after, "budget", BudgetPlan)
    if one is not None and other is not None:
        falls.append(_fall(budget_steps(one, other, speech), "why_budget", "money", speech))
    return falls


def orders_steps(before: Sequence[PlanDay], after: Sequence[PlanDay], speech: Speech) -> list[tuple[str, float]]:
    """Return the mean season before, what the forecast changed, what levers and overrides changed.

    The forecast is what history, events and days of the season say before anybody turns a lever; the rest is edits.
    """
    forecast, new_forecast = (sum(day.forecast_orders for day in days) for days in (before, after))
    mean, new_mean = (sum(day.orders.mean for day in days) for days in (before, after))
    by_forecast = mean * (new_forecast / forecast - 1) if forecast else new_mean - mean
    return [
        (speech("before"), mean),
        (speech("step_forecast"), by_forecast),
        (speech("step_edits"), new_mean - mean - by_forecast),
    ]


def budget_steps(before: BudgetPlan, after: BudgetPlan, speech: Speech) -> list[tuple[str, float]]:
    """Return P50 of the total before and what each line changed it by: planned lines add up to P50."""
    old = {line.line: line.planned_minor for line in before.lines}
    new = {line.line: line.planned_minor for line in after.lines}
    changes = {name: float(new.get(name, 0) - old.get(name, 0)) for name in [*new, *(set(old) - set(new))]}
    moved = [(speech(f"line_{name}"), change) for name, change in changes.items() if change]
    return [(speech("before"), float(sum(old.values()))), *sorted(moved, key=lambda step: -abs(step[1]))]


def _fall(steps: list[tuple[str, float]], key: str, kind: str, speech: Speech) -> Fall:
    total = sum(change for _, change in steps)
    drawn = [(name, speech.units(change) if kind == "money" else change) for name, change in steps]
    figure = figures.waterfall(
        drawn,
        totals={},
        last=speech("after"),
        start="before",
        title=speech(key, before=steps[0][1], after=total),
        unit=speech.money_sign if kind == "money" else speech("orders"),
    )
    first = (steps[0][0], speech.write(kind, steps[0][1]))
    changes = [(name, ("+" if change > 0 else "") + speech.write(kind, change)) for name, change in steps[1:]]
    return Fall(figure, [first, *changes, (speech("after"), speech.write(kind, total))])


def _weight(figure: FigureChanged) -> tuple[bool, float, str]:
    if figure.before is None or figure.after is None:
        return True, 0.0, figure.name
    change = abs(figure.after - figure.before)
    return False, -(change / abs(figure.before) if figure.before else float(change > 0)), figure.name


def figure_name(figure: str, speech: Speech) -> str:
    """Return what people call a headline figure ("orders.p50"); its own name where nobody gave it words."""
    name, _, rank = figure.partition(".")
    if f"desk.figure_{name}" not in sentences():
        return figure
    words = speech(f"figure_{name}")
    return speech("figure_rank", name=words, rank=rank.upper()) if rank else words


def setting_rows(settings: Iterable[SettingChanged], speech: Speech) -> list[tuple[str, str, str]]:
    """Return the settings as people call them, before and after."""
    return [
        (
            speech(f"setting_{one.name}") if f"desk.setting_{one.name}" in sentences() else one.name,
            _setting(one.name, one.before, speech),
            _setting(one.name, one.after, speech),
        )
        for one in settings
    ]


def _setting(name: str, value: str, speech: Speech) -> str:
    if value in {"null", ""}:
        return speech("setting_none")
    if name in _DAYS:
        return speech.date(date.fromisoformat(value))
    if name == _SCENARIO:
        return in_words(msgspec.json.decode(value, type=Scenario), speech)
    return speech.number(float(value)) if name in _NUMBERS else value


def _row(figure: FigureChanged, speech: Speech) -> Row:
    kind = "money" if figure.name.partition(".")[0].endswith("_minor") else "number"
    name = figure_name(figure.name, speech)

    def written(value: float | None) -> str:
        return "\u2013" if value is None else speech.write(kind, value)

    if figure.before is None or figure.after is None:
        return Row(name, written(figure.before), written(figure.after), "\u2013", "\u2013")
    change = figure.after - figure.before
    sign = "+" if change > 0 else ""
    share = f"{sign}{speech.percent(change / abs(figure.before))}" if figure.before else "\u2013"
    return Row(name, written(figure.before), written(figure.after), sign + written(change), share)
