"""`python -m bench.peak.replay`: the buy decision on held-out weeks, one review at a time, beside other policies.

The rules are those of the VN2 inventory planning challenge: one order at the end of each week, the first before the
first week; it can be sold from the start of the third week after; what is on hand and on its way is carried on. A unit
left at the end of a week costs 0.20, a sale lost 1.00. What was asked for beyond the shelf is hidden from everybody: a
policy sees sales and whether the shelf was empty at the week's end.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from springtide.commands.peak.backtest import SEES_THE_FUTURE
from springtide.commands.peak.past import demo_lines
from springtide.contexts.peak.domain.history.demand_of import demand_of
from springtide.contexts.peak.domain.stock.asked_for import Series, season_index
from springtide.contexts.peak.domain.stock.policies import Shop, springtide_policy
from springtide.contexts.peak.domain.stock.review import Terms
from springtide.contexts.peak.domain.stock.simulate import Policy, Replay, State, World, replay

HOLDING, SHORTAGE = 0.2, 1.0
LEAD_WEEKS, SCORED_WEEKS, COVER_WEEKS = 2, 8, 4
AVERAGED_WEEKS, SPREAD_WEEKS, USUAL_WEEKS = 13, 26, 8
_WEEK = 7

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Weekly units that were asked for, (products, weeks), and the weeks before whose start a replay begins."""

    name: str
    skus: tuple[str, ...]
    first: date
    units: Floats
    starts: tuple[int, ...]


def demo_problem(products: int) -> Problem:
    """Return the demo shop's products that sold most before the first replay; its past ends on 2011-08-31."""
    demand, _ = demand_of(demo_lines(), keep=frozenset(SEES_THE_FUTURE))
    skip = -demand.first.weekday() % _WEEK
    weeks = (demand.days - skip) // _WEEK
    daily = np.maximum(demand.units[skip : skip + weeks * _WEEK], 0)
    weekly = daily.reshape(weeks, _WEEK, -1).sum(axis=1, dtype=np.float64).T
    starts = tuple(range(weeks - 4 * SCORED_WEEKS, weeks - SCORED_WEEKS + 1, SCORED_WEEKS))
    most = np.sort(np.argsort(-weekly[:, : starts[0]].sum(axis=1), kind="stable")[:products])
    return Problem(
        name="demo shop",
        skus=tuple(demand.products[place].sku for place in most),
        first=date.fromordinal(demand.first.toordinal() + skip),
        units=weekly[most],
        starts=starts,
    )


def made_up_problem(products: int, seed: int = 11) -> Problem:
    """Return three years of made-up weeks: four kinds of goods with seasons of their own, levels that drift, noise."""
    random = np.random.Generator(np.random.Philox(seed))
    weeks = np.arange(157)
    kind = np.arange(products)[:, None] % 4
    season = 1 + 0.45 * np.cos(2 * np.pi * (weeks - np.array([48, 26, 12, 36])[kind]) / 52)
    christmas = 1 + 1.5 * np.exp(-(((weeks % 52 - 49) / 1.5) ** 2)) * (kind == 0)
    drift = np.exp(np.cumsum(random.normal(0, 0.04, (products, weeks.size)), axis=1))
    mean = random.lognormal(1.2, 1.3, (products, 1)) * season * christmas * drift
    units = random.poisson(mean * random.gamma(3, 1 / 3, mean.shape)).astype(np.float64)
    skus = tuple(f"sku{number:04d}" for number in range(products))
    return Problem(name="made-up shop", skus=skus, first=date(2021, 4, 12), units=units, starts=(110, 125, 140, 149))


def world_of(problem: Problem, start: int) -> World:
    """Return the weeks from `start` on; on hand and on each way is what a week of the last eight sold."""
    before = problem.units[:, :start]
    usual = np.round(before[:, -USUAL_WEEKS:].mean(axis=1))
    return World(
        demand=problem.units[:, start : start + SCORED_WEEKS],
        before=before,
        before_in_stock=np.ones(before.shape, dtype=np.bool_),
        on_hand=usual,
        pipeline=np.repeat(usual[:, None], LEAD_WEEKS, axis=1),
        holding=np.full(len(usual), HOLDING),
        shortage=np.full(len(usual), SHORTAGE),
        orders_first=True,
    )


def policies(problem: Problem, start: int, paths: int) -> Iterator[tuple[str, Policy]]:
    """Yield the decision of `springtide peak buy`, and what it has to beat; the last one knows the future."""
    count = len(problem.skus)
    terms = Terms(holding=np.full(count, HOLDING), shortage=np.full(count, SHORTAGE), pack=np.ones(count, np.int64))
    before = problem.units[:, :start]
    history = Series(
        skus=problem.skus,
        first_day=(problem.first - date(1970, 1, 1)).days,
        step_days=_WEEK,
        units=before,
        in_stock=np.ones(before.shape, dtype=np.bool_),
    )
    yield "buy", springtide_policy(Shop(history=history, terms=terms, lead_periods=LEAD_WEEKS), paths=paths)
    yield "four weeks of cover", _up_to(history, lambda _state, weeks: weeks[:, :COVER_WEEKS].sum(axis=1))
    yield "base stock, critical fractile", _up_to(history, _fractile)
    yield "hindsight", _hindsight(problem.units[:, start:])


def _up_to(history: Series, level: Callable[[State, Floats], Floats]) -> Policy:
    """Return an order-up-to policy on a seasonal moving average; `level`: of the state and the weeks ahead."""

    def order(state: State) -> NDArray[np.int64]:
        missing = level(state, _seasonal_average(history, state)) - state.on_hand - state.pipeline.sum(axis=1)
        whole: NDArray[np.int64] = np.rint(np.maximum(missing, 0.0)).astype(np.int64)
        return whole

    return order


def _seasonal_average(history: Series, state: State) -> Floats:
    """Return the next weeks by the mean of 13 weeks with goods on the shelf x pooled index, (products, cover)."""
    index, plain = _without_season(history, state)
    seen = state.in_stock[:, -AVERAGED_WEEKS:]
    mean = (plain[:, -AVERAGED_WEEKS:] * seen).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    weeks: Floats = mean[:, None] * index[state.sales.shape[1] :]
    return weeks


def _without_season(history: Series, state: State) -> tuple[Floats, Floats]:
    known = state.sales.shape[1]
    so_far = Series(
        skus=history.skus,
        first_day=history.first_day,
        step_days=history.step_days,
        units=state.sales,
        in_stock=state.in_stock,
    )
    index = season_index(so_far, known + COVER_WEEKS)
    return index, state.sales / np.maximum(index[:known], 0.05)


def _fractile(state: State, weeks: Floats) -> Floats:
    """Return what the weeks until the order after next ask for, and safety for the critical fractile, normal."""
    protected = LEAD_WEEKS + 1
    sd = state.sales[:, -SPREAD_WEEKS:].std(axis=1)
    safety = float(ndtri(SHORTAGE / (SHORTAGE + HOLDING))) * sd * np.sqrt(protected)
    level: Floats = weeks[:, :protected].sum(axis=1) + safety
    return level


def _hindsight(demand: Floats) -> Policy:
    """Return the orders of somebody who knows what comes: nothing but the first weeks can cost anything."""

    def order(state: State) -> NDArray[np.int64]:
        on_hand = state.on_hand
        for week in range(LEAD_WEEKS):
            on_hand = np.maximum(on_hand + state.pipeline[:, week] - demand[:, state.period + 1 + week], 0.0)
        return np.maximum(demand[:, state.period + 1 + LEAD_WEEKS] - on_hand, 0.0).astype(np.int64)

    return order


def lines_of(problem: Problem, paths: int) -> Iterator[str]:
    """Yield a line for each policy: what it cost over all replays, and after the weeks no order could change."""
    done: dict[str, list[tuple[World, Replay]]] = {}
    for start in problem.starts:
        world = world_of(problem, start)
        for name, policy in policies(problem, start, paths):
            done.setdefault(name, []).append((world, replay(policy, world)))
    yield f"{problem.name}: {len(problem.skus)} products, {len(problem.starts)} replays of {SCORED_WEEKS} weeks"
    for name, runs in done.items():
        kept = sum(run.holding_cost for _, run in runs)
        lost = sum(run.shortage_cost for _, run in runs)
        fixed = sum(_of_first_weeks(run) for _, run in runs)
        each = ", ".join(f"{run.cost:,.0f}" for _, run in runs)
        yield (f"| {name} | {kept + lost:,.0f} | {kept:,.0f} | {lost:,.0f} | {kept + lost - fixed:,.0f} | {each} |")


def _of_first_weeks(run: Replay) -> float:
    first = slice(0, LEAD_WEEKS)
    return float(HOLDING * run.stock[:, first].sum() + SHORTAGE * run.lost[:, first].sum())


def main(words: Sequence[str] | None = None) -> int:
    """Print the table of costs of both problems."""
    parser = argparse.ArgumentParser(prog="python -m bench.peak.replay", description="Replay the buy decision.")
    parser.add_argument("--products", type=int, default=599)
    parser.add_argument("--paths", type=int, default=1000)
    options = parser.parse_args(words)
    for problem in (demo_problem(options.products), made_up_problem(options.products)):
        for line in lines_of(problem, options.paths):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
