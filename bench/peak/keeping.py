"""`python -m bench.peak.keeping`: what it is worth to charge goods until they are sold, replayed on held-out weeks.

The demo shop's products, each review ordering for the week between its arrival and the next one's. Two ways to choose:
"window" charges a unit its keeping for that week alone, "until sold" until a path's buyers have taken it, at most half
a year, when it is sold off (`contexts/peak/domain/stock/until_sold.py` does the same through a season and after it).
Money is the demo company's: goods cost 45 % of their price, keeping them 22 % a year and the rent of their room, and
a buyer who misses an article may not come back (`stock.toml`, `warehouses.toml`). The margin lost is that of the
goods alone, so that what is printed stays comparable when the company's figures change.
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from springtide.commands.peak.past import demo_lines
from springtide.contexts.peak.domain.history.demand_of import demand_of
from springtide.contexts.peak.domain.stock.asked_for import Series
from springtide.contexts.peak.domain.stock.benefit import Needs, UnitCosts, best_quantity
from springtide.contexts.peak.domain.stock.forecaster import draw, outlook
from springtide.contexts.peak.domain.stock.needs import walk
from springtide.contexts.peak.domain.stock.simulate import Policy, Replay, State, World, replay
from springtide.contexts.peak.providers.company_files import read_company, read_stock_terms
from springtide.demo.company import COMPANY_FOLDER

AHEAD_WEEKS, KEPT_WEEKS, USUAL_WEEKS = 26, 26, 8
COST_SHARE = 0.45
PATHS = 200
_WEEK, _PERCENT, _YEAR_WEEKS = 7, 100.0, 52.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Weekly units of products, (products, weeks), their names, and money per unit in minor units, (products,)."""

    series: Series
    cost: Floats
    margin: Floats
    lost_value: Floats
    holding: Floats
    sold_off: Floats


def goods_of(products: int, seed: int) -> Goods:
    """Return products drawn from those that sold in the half year before the replay."""
    terms, past = read_stock_terms(COMPANY_FOLDER), demo_lines()
    demand, _ = demand_of(past)
    weeks, skip = demand.days // _WEEK, demand.days % _WEEK
    units = demand.units[skip:].reshape(weeks, _WEEK, -1).sum(axis=1, dtype=np.float64).T
    before = units[:, weeks - 2 * AHEAD_WEEKS : weeks - AHEAD_WEEKS]
    alive = np.flatnonzero(before.sum(axis=1) > 0)
    chosen = np.sort(np.random.default_rng(seed).choice(alive, products, replace=False))
    cost = COST_SHARE * np.array([demand.products[place].price_minor for place in chosen])
    margin = cost / COST_SHARE - cost
    room = terms.unit_volume.value * rent_per_m3_week()
    buyers = past.frame.height / float(units.sum())  # of a unit: one takes several at a time
    return Goods(
        series=Series(
            skus=tuple(demand.products[place].sku for place in chosen),
            first_day=int((demand.dates[skip] - np.datetime64("1970-01-01")).astype(int)),
            step_days=_WEEK,
            units=units[chosen],
            in_stock=np.ones((products, weeks), dtype=np.bool_),
        ),
        cost=cost,
        margin=margin,
        lost_value=margin + buyers * terms.lost_share.value / _PERCENT * terms.customer_value.value,
        holding=cost * terms.holding.value / _PERCENT / _YEAR_WEEKS + room,
        sold_off=cost * (1 - terms.leftover_value.value / _PERCENT),
    )


def rent_per_m3_week() -> float:
    """Return what a cubic metre of the company's own house costs a week, in minor units."""
    return max(house.storage_cost.value for house in read_company(COMPANY_FOLDER).warehouses if house.kind == "own")


def policy_of(goods: Goods, *, lead: int, kept_weeks: int) -> Policy:
    """Return the decision that charges a unit for so many weeks after its window, then sells it off; 0 is "window"."""
    leftover = goods.sold_off if kept_weeks else np.zeros_like(goods.sold_off)
    costs = UnitCosts(shortage=goods.lost_value, holding=goods.holding, leftover=leftover)

    def decide(state: State) -> NDArray[np.int64]:
        past = Series(
            skus=goods.series.skus,
            first_day=goods.series.first_day,
            step_days=_WEEK,
            units=state.sales,
            in_stock=state.in_stock,
        )
        ahead = outlook(past, lead + 1)
        mean = np.concatenate([ahead.mean, np.repeat(ahead.mean[:, -1:], kept_weeks, axis=1)], axis=1)
        spreads = zip(past.skus, mean, ahead.lasting.tolist(), ahead.passing.tolist(), strict=True)
        draws = [
            draw(sku, rate, lasting=lasting, passing=passing, paths=PATHS, seed=1)
            for sku, rate, lasting, passing in spreads
        ]
        receipts = np.zeros(mean.shape, dtype=np.float32)
        receipts[:, : state.pipeline.shape[1]] = state.pipeline
        walked = walk(np.stack(draws), on_hand=state.on_hand.astype(np.float32), receipts=receipts)
        arrives = np.full(PATHS, lead)
        ends = [np.full(PATHS, lead + 1 + week) for week in range(kept_weeks + 1)]
        needs = Needs(
            units=np.stack([walked.need(arrives, end) for end in ends]), periods=np.ones(len(ends)), window_end=0
        )
        return best_quantity(needs, costs, np.ones(len(past.skus), dtype=np.int64))

    return decide


def world_of(goods: Goods, lead: int) -> World:
    """Return the held-out weeks, beginning with two usual weeks on the shelf and one on its way for each week."""
    units, begins = goods.series.units, goods.series.periods - AHEAD_WEEKS
    usual = np.round(units[:, begins - USUAL_WEEKS : begins].mean(axis=1))
    return World(
        demand=units[:, begins:],
        before=units[:, :begins],
        before_in_stock=np.ones((len(units), begins), dtype=np.bool_),
        on_hand=2 * usual,
        pipeline=np.repeat(usual[:, None], lead + 1, axis=1),
        holding=goods.holding,
        shortage=goods.margin,
    )


def too_much(goods: Goods, done: Replay, lead: int) -> float:
    """Return what keeping the goods that the replay leaves behind still costs, at the rate of its weeks, minor units.

    What sells while the last orders arrive is not counted; a unit never costs more than selling it off.
    """
    rate = np.maximum((done.sold + done.lost).mean(axis=1), 1e-6)
    left = np.maximum(done.stock[:, -1] + done.ordered[:, -lead - 1 :].sum(axis=1) - rate * (lead + 1), 0.0)
    kept = goods.holding * left**2 / (2 * rate)
    return float(np.minimum(kept, goods.sold_off * left).sum())


def main() -> int:
    """Replay both ways for a near and a far supplier; prints a table in units of the currency."""
    parser = argparse.ArgumentParser(prog="python -m bench.peak.keeping")
    parser.add_argument("--products", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    goods = goods_of(options.products, options.seed)
    sys.stdout.write("| lead, weeks | charged | bought | kept | lost margin | service | left behind | all |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|---|\n")
    for lead in (2, 9):
        for name, kept in (("window", 0), ("until sold", KEPT_WEEKS)):
            done = replay(policy_of(goods, lead=lead, kept_weeks=kept), world_of(goods, lead))
            left = too_much(goods, done, lead)
            bought = float(done.ordered.sum(axis=1) @ goods.cost)
            money = [f"{value / 100:,.0f}" for value in (bought, done.holding_cost, done.shortage_cost)]
            row = [str(lead), name, *money, f"{done.service:.1%}", f"{left / 100:,.0f}"]
            sys.stdout.write(f"| {' | '.join([*row, f'{(done.cost + left) / 100:,.0f}'])} |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
