"""The budget on the paths: lines add up on every path, and only there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.budget.books import books_of, mistakes_of
from springtide.contexts.peak.domain.paths.totals import quantile_of, rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.budget import BudgetLine, BudgetPlan, BudgetTerms, Firmness, Week
from springtide.contracts.peak.common import Band, Decision, Department, Phrase
from springtide.contracts.peak.errors import InvalidPeakInput

_P80 = 0.8
_MIDDLE = 0.5
_DAYS_PER_WEEK = 7
_DAYS_PER_YEAR = 365.0
_AROUND = 0.05  # paths within this share of ranks around it tell which lines made it so


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one line costs, by the day it is paid; a payment before the season counts on its first day.

    `paid_minor`: float64 (paths, days), or (1, days) where every path pays the same.
    """

    line: str
    firmness: Firmness
    paid_minor: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Income:
    """What comes in, float64 (paths, days) by day it is in the bank, and the margin earned on a path, (paths,)."""

    received_minor: NDArray[np.float64]
    margin_minor: NDArray[np.float64]


def plan_budget(season: Season, lines: Sequence[CostLine], income: Income, terms: BudgetTerms) -> BudgetPlan:
    """Return the budget; raises InvalidPeakInput naming bookings and releases that cannot be."""
    mistakes = list(mistakes_of(terms, [line.line for line in lines]))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    paths = income.received_minor.shape[0]
    costs = {line.line: np.broadcast_to(line.paid_minor.sum(axis=1), (paths,)) for line in lines}
    total: NDArray[np.float64] = np.sum(list(costs.values()), axis=0)
    order = np.argsort(total, kind="stable")
    middle, p80 = order[rank_of(_MIDDLE, paths)], quantile_of(total, _P80)
    buffer = quantile_of(total, terms.buffer_at) - float(total[middle])
    swings = _swings(costs, total, order, terms.buffer_at, buffer)
    weeks, lowest = _cash(season, lines, income, terms.cash_minor)
    plan = BudgetPlan(
        total=band_of(total),
        p80_minor=round(p80),
        buffer_minor=round(buffer),
        sum_of_line_p80_minor=round(sum(quantile_of(cost, _P80) for cost in costs.values())),
        buffer_cost_minor=round(buffer * terms.capital_cost * season.days / _DAYS_PER_YEAR),
        lost_without_minor=round(_lost_without(total, float(total[middle]), income.margin_minor)),
        lines=tuple(_line(line, costs[line.line], int(middle), swings[line.line], terms) for line in lines),
        weeks=weeks,
        lowest=lowest,
        decisions=(),
    )
    return msgspec.structs.replace(plan, decisions=tuple(_decisions(plan, season)))


def _line(line: CostLine, cost: NDArray[np.float64], middle: int, swing: float, terms: BudgetTerms) -> BudgetLine:
    books = books_of(line.line, terms)
    planned = round(float(cost[middle]))
    return BudgetLine(
        line=line.line,
        firmness=line.firmness,
        cost=band_of(cost),
        planned_minor=planned,
        committed_minor=books.committed_minor,
        spent_minor=books.spent_minor,
        left_minor=planned - books.committed_minor - books.spent_minor,
        swing_minor=round(swing),
        may_release=tuple(release for release in terms.releases if release.line in {line.line, "*"}),
    )


def _swings(
    costs: dict[str, NDArray[np.float64]],
    total: NDArray[np.float64],
    order: NDArray[np.intp],
    buffer_at: float,
    buffer: float,
) -> dict[str, float]:
    """Share the buffer over the lines: what each has more, on paths near its rank of the total than near P50.

    Shares of the total's own spread: lines' P80 would not add up to it.
    """
    near = max(1, round(total.size * _AROUND))

    def around(share: float) -> NDArray[np.intp]:
        rank = rank_of(share, total.size)
        return order[max(0, rank - near) : rank + near + 1]

    upper, middle = around(buffer_at), around(_MIDDLE)
    more = {name: float(cost[upper].mean() - cost[middle].mean()) for name, cost in costs.items()}
    whole = sum(more.values())
    return {name: part / whole * buffer if whole else 0.0 for name, part in more.items()}


def _lost_without(total: NDArray[np.float64], cap: float, margin: NDArray[np.float64]) -> float:
    """Return the margin lost on average when spending ends at `cap`: in proportion to what could not be paid for."""
    unpaid = np.clip(1.0 - cap / np.maximum(total, 1.0), 0.0, 1.0)
    return float((unpaid * margin).mean())


def _cash(season: Season, lines: Sequence[CostLine], income: Income, cash_minor: int) -> tuple[tuple[Week, ...], Band]:
    out = np.sum([np.broadcast_to(line.paid_minor, income.received_minor.shape) for line in lines], axis=0)
    balance = cash_minor + np.cumsum(income.received_minor - out, axis=1)
    starts = range(0, season.days, _DAYS_PER_WEEK)
    weeks = tuple(
        Week(
            first=season.first + timedelta(days=start),
            out=band_of(out[:, start : start + _DAYS_PER_WEEK].sum(axis=1)),
            back=band_of(income.received_minor[:, start : start + _DAYS_PER_WEEK].sum(axis=1)),
            balance=band_of(balance[:, min(start + _DAYS_PER_WEEK, season.days) - 1]),
        )
        for start in starts
    )
    return weeks, band_of(balance.min(axis=1))


def _decisions(plan: BudgetPlan, season: Season) -> Iterator[Decision]:
    yield Decision(
        what=Phrase(key="budget.keep_buffer", values={"amount": plan.buffer_minor}),
        department=Department.FINANCE,
        by=season.first,
        cost_minor=plan.buffer_cost_minor,
        otherwise=Phrase(key="budget.without_buffer", values={"amount": plan.lost_without_minor}),
    )
    if plan.lowest.p10 < 0:
        yield Decision(
            what=Phrase(key="budget.credit_line", values={"amount": round(-plan.lowest.p10)}),
            department=Department.FINANCE,
            by=season.first,
            cost_minor=0,
            otherwise=Phrase(key="budget.no_cash", values={"amount": round(-plan.lowest.p10)}),
            urgent=plan.lowest.p50 < 0,
        )
    for line in plan.lines:
        if line.left_minor < 0:
            yield Decision(
                what=Phrase(key="budget.over_plan", values={"line": line.line, "amount": -line.left_minor}),
                department=Department.FINANCE,
                by=None,
                cost_minor=0,
                otherwise=Phrase(key="budget.over_plan_if_not", values={"line": line.line}),
                urgent=True,
            )
