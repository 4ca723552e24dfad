"""The stock step of a plan: from joint paths and what is on hand to what to order now, from whom and where it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.products import ProductPaths
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.stock.articles import Articles, articles_of
from springtide.contexts.peak.domain.stock.choose import Limits, Offer, Purchase, choose
from springtide.contexts.peak.domain.stock.weigh import Sums, Timing, Weighed, joined, lies_there, timing_of, weigh
from springtide.contracts.peak.company import Company, Warehouse
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.stock import StockRow, StockTerms

_WEEK_DAYS = 7

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Room for goods in m3: our own, what may be had outside, and what a m3 costs there per week."""

    own: float
    external: float
    external_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StockResult:
    """The purchase with everything it was chosen on. Per path, (paths,), in minor units:

    `lost_margin_without`, `lost_margin`: of sales lost in the season without and with the orders of now;
    `later_spend`: what later orders will cost, also by supplier, (suppliers, paths);
    `write_off`: value lost on seasonal goods that are left over.
    `volume`: m3 in stock at each day's end with the purchase, (paths, days). `lost_after`: mean units lost between this
    arrival and the next with the orders, `own_units`: what of each order our own house takes, (products,) as in
    `articles`. `timings`: per supplier, None for one without products.
    """

    season: Season
    today: date
    articles: Articles
    timings: tuple[Timing | None, ...]
    weighed: Weighed
    purchase: Purchase
    house: House
    own_units: NDArray[np.int64]
    lost_after: Floats
    lost_margin_without: Floats
    lost_margin: Floats
    later_spend: Floats
    later_spend_by_supplier: Floats
    write_off: Floats
    volume: Floats

    def saved_by_supplier(self) -> dict[str, float]:
        """Return the margin that each supplier's order of now saves, mean over the paths."""
        need = self.weighed.need.mean(axis=1, dtype=np.float64)
        saved = (need - self.lost_after) * self.articles.margin
        places = [self.articles.of_supplier(place) for place in range(len(self.articles.suppliers))]
        return {
            supplier.id: float(saved[mine].sum())
            for supplier, mine in zip(self.articles.suppliers, places, strict=True)
        }


def plan_stock(
    paths: ProductPaths,
    rows: Sequence[StockRow],
    company: Company,
    *,
    terms: StockTerms | None = None,
    today: date | None = None,
    budget_minor: int | None = None,
    seed: int = 1,
) -> StockResult:
    """Decide what to order at every supplier's next order day.

    `today`: the day of the stock count, the season's first by default; the paths have to begin there. Raises
    InvalidPeakInput for rows that do not fit, Infeasible when no purchase keeps all limits.
    """
    terms = terms or StockTerms()
    season = paths.season
    today = today or season.first
    if not rows:
        raise InvalidPeakInput.of(
            [Mistake(where="stock", rule="empty", message="no product has a count and a supplier")]
        )
    articles = articles_of(rows, paths, company, terms)
    sums = Sums(
        lost_margin=np.zeros(paths.paths),
        later_spend=np.zeros((len(articles.suppliers), paths.paths)),
        write_off=np.zeros(paths.paths),
        volume=np.zeros((paths.paths, season.days)),
    )
    timings: list[Timing | None] = []
    parts: list[Weighed] = []
    for place in range(len(articles.suppliers)):
        mine = articles.of_supplier(place)
        timing = timing_of(articles, place, paths, today=today, seed=seed) if mine.stop > mine.start else None
        timings.append(timing)
        if timing is not None:
            parts.append(weigh(articles, place, timing, paths, sums=sums))
    weighed, house = joined(parts), house_of(company.warehouses)
    limits = _limits(articles, timings, sums, house, budget_minor)
    offer = Offer(
        curves=weighed.curves,
        unit_cost=articles.unit_cost,
        unit_volume=articles.volume,
        pack=articles.pack,
        supplier=articles.supplier,
    )
    purchase = choose(offer, limits)
    bought = purchase.quantity.astype(np.float32)[:, None]
    in_season = np.minimum(bought, weighed.sold)
    return StockResult(
        season=season,
        today=today,
        articles=articles,
        timings=tuple(timings),
        weighed=weighed,
        purchase=purchase,
        house=house,
        own_units=_own_units(articles, purchase, house),
        lost_after=np.maximum(weighed.need - bought, 0).mean(axis=1, dtype=np.float64),
        lost_margin_without=sums.lost_margin,
        lost_margin=sums.lost_margin - articles.margin @ in_season,
        later_spend=sums.later_spend.sum(axis=0),
        later_spend_by_supplier=sums.later_spend,
        write_off=sums.write_off + (articles.sold_off * articles.is_seasonal) @ (bought - in_season),
        volume=sums.volume + _added(articles, timings, purchase, season.days),
    )


def house_of(warehouses: Sequence[Warehouse]) -> House:
    """Return the room of the company's warehouses together."""
    own = [warehouse for warehouse in warehouses if warehouse.kind == "own"]
    external = [warehouse for warehouse in warehouses if warehouse.kind != "own"]
    return House(
        own=float(sum(warehouse.capacity.value for warehouse in own)),
        external=float(sum(warehouse.capacity.value for warehouse in external)),
        external_cost=float(min((warehouse.storage_cost.value for warehouse in external), default=0)),
    )


def _limits(
    articles: Articles, timings: Sequence[Timing | None], sums: Sums, house: House, budget_minor: int | None
) -> Limits:
    by_week = sums.volume.mean(axis=0)[::_WEEK_DAYS]
    there = [np.zeros(len(by_week)) if timing is None else lies_there(timing, len(by_week)) for timing in timings]
    return Limits(
        minimum=np.array([supplier.minimum_order.value for supplier in articles.suppliers], dtype=np.float64),
        budget=None if budget_minor is None else float(budget_minor),
        free=house.own - by_week,
        lies_there=np.stack(there),
        overflow_cost=house.external_cost,
        overflow_most=house.external,
    )


def _added(articles: Articles, timings: Sequence[Timing | None], purchase: Purchase, days: int) -> Floats:
    """Return the volume of the purchase in stock on each day, (days,)."""
    added = np.zeros(days)
    for place, timing in enumerate(timings):
        if timing is not None:
            mine = articles.of_supplier(place)
            volume = float(purchase.quantity[mine] @ articles.volume[mine])
            added += volume * np.repeat(lies_there(timing, -(-days // _WEEK_DAYS)), _WEEK_DAYS)[:days]
    return added


def _own_units(articles: Articles, purchase: Purchase, house: House) -> NDArray[np.int64]:
    """Return the units of each order that our own house takes: goods asked for most often per m3 come first.

    What does not fit in the fullest week goes to the external house in whole packs.
    """
    volume = purchase.quantity * articles.volume
    room = max(float(volume.sum()) - float(purchase.overflow.max(initial=0.0)), 0.0) if house.external else np.inf
    speed = articles.weekly_units / np.maximum(volume, 1e-9)
    order = np.argsort(-speed, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(volume[order])[:-1]])
    pack_volume = np.maximum(articles.pack * articles.volume, 1e-9)[order]
    packs = np.floor(np.maximum(room - before, 0.0) / pack_volume + 1e-9)
    units = np.empty_like(purchase.quantity)
    units[order] = np.minimum(packs, purchase.quantity[order] // articles.pack[order]) * articles.pack[order]
    return units
