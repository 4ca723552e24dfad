"""All paths of all products of a supplier, block by block: what its next order would be for, and what goes wrong."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.products import ProductBlock, ProductPaths
from springtide.contexts.peak.domain.paths.totals import rank_of
from springtide.contexts.peak.domain.stock.articles import Articles, receipts_of
from springtide.contexts.peak.domain.stock.benefit import Curves, UnitCosts, curves_of
from springtide.contexts.peak.domain.stock.calendar import SupplierCalendar, lead_time_draws, order_days
from springtide.contexts.peak.domain.stock.items import Weekly, joined_weeks, weekly_of
from springtide.contexts.peak.domain.stock.needs import Walk, walk
from springtide.contexts.peak.domain.stock.until_sold import holding_until_sold, needs_until_sold, sold_by_season_end

_LONGEST_CYCLE_WEEKS = 8
_WEEK_DAYS = 7

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A supplier's next order. `order_on` and its two arrivals: None when no order can be placed in the season.

    `arrives`, `until`: days from the season's first, per path, (paths,): from when this order and from when the next
    one can be sold, never after the season's end, which is day `days`.
    """

    calendar: SupplierCalendar
    cycle_weeks: int
    order_on: date | None
    arrives_p50: date | None
    arrives_p90: date | None
    next_order_on: date | None
    arrives: Ints
    until: Ints

    @property
    def is_useful(self) -> bool:
        """Return whether on some path the order can still sell something."""
        return bool((self.arrives < self.until).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """Per product, (products,) unless said. Units and days; shares of paths are ranks.

    `need`, `sold`: what is sold of an order that is large enough before the next one arrives, and by the season's end
    if no other comes, (products, paths). `out_day`, `out_day_early`: first day on which half and a tenth of the paths
    lose a sale, the number of days where they do not. `out_chance`: of losing any.
    `lost`: mean units lost in the season without orders, `lost_before`: of those, before the order arrives.
    `later`: mean units that are lost after the next order arrives. `left`: mean units in stock at the season's end.
    `weeks`: demand and stock week by week, at ranks of each product's own paths.
    """

    curves: Curves
    need: NDArray[np.float32]
    sold: NDArray[np.float32]
    out_day: Ints
    out_day_early: Ints
    out_chance: Floats
    lost: Floats
    lost_before: Floats
    later: Floats
    left: Floats
    weeks: Weekly


@dataclass(slots=True, kw_only=True)
class Sums:
    """Money and volume over all products, added up block by block; minor units and m3.

    `lost_margin`, `write_off`: (paths,) without an order, `volume`: (paths, days) likewise.
    `later_spend`: (suppliers, paths), of the orders after the next one.
    """

    lost_margin: Floats
    later_spend: Floats
    write_off: Floats
    volume: Floats


def timing_of(articles: Articles, place: int, paths: ProductPaths, *, today: date, seed: int) -> Timing:
    """Return when a supplier's next order is placed, arrives and is followed by another."""
    calendar, supplier = articles.calendars[place], articles.suppliers[place]
    mine = articles.of_supplier(place)
    weekly = float(articles.weekly_units[mine] @ articles.unit_cost[mine])
    wanted = ceil(supplier.minimum_order.value / weekly) if weekly > 0 else _LONGEST_CYCLE_WEEKS
    cycle = min(max(wanted, 1), _LONGEST_CYCLE_WEEKS)
    season = paths.season
    days = order_days(calendar, first=today, last=season.last, every_weeks=cycle)[:2]
    end = np.full(paths.paths, season.days)
    lead = lead_time_draws(calendar, name=supplier.id, paths=paths.paths, seed=seed)
    arrivals = [np.clip(calendar.arrivals(day, lead, season.first), 0, end) for day in days]
    return Timing(
        calendar=calendar,
        cycle_weeks=cycle,
        order_on=days[0] if days else None,
        arrives_p50=calendar.arrival(days[0], calendar.lead_days) if days else None,
        arrives_p90=calendar.arrival(days[0], calendar.lead_days_p90) if days else None,
        next_order_on=days[1] if len(days) > 1 else None,
        arrives=arrivals[0] if arrivals else end,
        until=arrivals[1] if len(arrivals) > 1 else end,
    )


def weigh(articles: Articles, place: int, timing: Timing, paths: ProductPaths, *, sums: Sums) -> Weighed:
    """Weigh all products of one supplier; adds to `sums`."""
    mine = articles.of_supplier(place)
    found: list[Weighed] = []
    start = mine.start
    for block in _one_ahead(paths.blocks(skus=[row.sku for row in articles.rows[mine]])):
        part = slice(start, start + len(block.skus))
        walked = walk(
            block.units, on_hand=articles.on_hand[part], receipts=receipts_of(articles.rows[part], paths.season)
        )
        found.append(_weigh_block(articles, part, timing, walked, block.units, sums=sums))
        start = part.stop
    return joined(found)


def _one_ahead(blocks: Iterator[ProductBlock]) -> Iterator[ProductBlock]:
    """Yield the blocks, each while the next one is being drawn: at most two are in memory."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = pool.submit(next, blocks, None)
            yield block


def _weigh_block(
    articles: Articles, part: slice, timing: Timing, walked: Walk, units: NDArray[np.float32], *, sums: Sums
) -> Weighed:
    lost, before = walked.lost[:, :, -1], walked.lost_before(timing.arrives)
    left = walked.on_hand[:, None] - walked.free[:, :, -1] + lost
    after = articles.after_season[part].astype(np.float32)
    needs = needs_until_sold(
        walked, timing.arrives, timing.until, rate_after=units.mean(axis=2) * after[:, None], left=left
    )
    costs = UnitCosts(
        shortage=articles.lost_value[part],
        holding=holding_until_sold(articles.holding[part], keeps_after=after > 0),
        leftover=articles.sold_off[part],
    )
    curves = curves_of(needs, costs, articles.pack[part])
    later = np.maximum(lost - before - np.maximum(curves.best[:, None], needs.window), 0)
    out = np.sort(walked.first_out(), axis=1)
    paths = lost.shape[1]
    sums.lost_margin += articles.margin[part] @ lost
    sums.later_spend[articles.supplier[part.start]] += articles.unit_cost[part] @ later
    sums.write_off += (articles.sold_off * articles.is_seasonal)[part] @ left
    sums.volume += walked.volume(articles.volume[part].astype(np.float32))
    return Weighed(
        curves=curves,
        need=needs.window,
        sold=sold_by_season_end(needs),
        out_day=out[:, rank_of(0.5, paths)],
        out_day_early=out[:, rank_of(0.1, paths)],
        out_chance=(lost > 0).mean(axis=1),
        lost=lost.mean(axis=1, dtype=np.float64),
        lost_before=before.mean(axis=1, dtype=np.float64),
        later=later.mean(axis=1, dtype=np.float64),
        left=left.mean(axis=1, dtype=np.float64),
        weeks=weekly_of(units, walked),
    )


def joined(parts: Sequence[Weighed]) -> Weighed:
    """Put parts after one another."""
    curves = [part.curves for part in parts]
    return Weighed(
        curves=Curves(
            levels=np.concatenate([curve.levels for curve in curves]),
            benefit=np.concatenate([curve.benefit for curve in curves]),
            best=np.concatenate([curve.best for curve in curves]),
        ),
        need=np.concatenate([part.need for part in parts]),
        sold=np.concatenate([part.sold for part in parts]),
        out_day=np.concatenate([part.out_day for part in parts]),
        out_day_early=np.concatenate([part.out_day_early for part in parts]),
        out_chance=np.concatenate([part.out_chance for part in parts]),
        lost=np.concatenate([part.lost for part in parts]),
        lost_before=np.concatenate([part.lost_before for part in parts]),
        later=np.concatenate([part.later for part in parts]),
        left=np.concatenate([part.left for part in parts]),
        weeks=joined_weeks([part.weeks for part in parts]),
    )


def lies_there(timing: Timing, weeks: int) -> Floats:
    """Return the share of an order that is in stock in each week of the season, (weeks,).

    All of it in the week it arrives, then evenly less until the next one does; by the middle path's days.
    """
    arrives, until = float(np.median(timing.arrives)), float(np.median(timing.until))
    first = np.arange(weeks) * _WEEK_DAYS
    share = 1.0 - (first - arrives) / max(until - arrives, 1.0)
    return np.where((first + _WEEK_DAYS > arrives) & (first < until), np.clip(share, 0.0, 1.0), 0.0)
