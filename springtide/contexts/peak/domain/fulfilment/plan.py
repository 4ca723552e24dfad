"""The fulfilment step: crews for what is due, what of it carriers get, then the season with what is booked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.fulfilment.carriers import (
    CarrierDays,
    bad_years,
    carrier_days,
    late_on_the_road,
)
from springtide.contexts.peak.domain.fulfilment.crews import (
    Crew,
    Work,
    external_price,
    latest_closing,
    plan_crew,
    prefers_external,
)
from springtide.contexts.peak.domain.fulfilment.flow import Flow, Inflow, due_of, flow
from springtide.contexts.peak.domain.fulfilment.hours import clock_of, cut_off_hour, promised_until
from springtide.contexts.peak.domain.fulfilment.lanes import Collections, Lane, collections_of, express_extra, lanes_of
from springtide.contexts.peak.domain.paths.totals import PathTotals, rank_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.company import Company, Warehouse
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.fulfilment import FulfilmentTerms

_PERCENT = 100.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHouse:
    """A warehouse with its share of the orders by day, (days,), its crew and what the paths did with it."""

    warehouse: Warehouse
    share: Floats
    crew: Crew
    inflow: Inflow
    flow: Flow
    cut_offs: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """The step's result. Per path and day, (paths, days), by the day parcels are `due` to leave:

    `late_parcels`: late beyond a usual year's; `missed`: of those, the ones that missed their day at the door;
    `postage_minor`, `surcharge_minor`, `external_minor`: what they cost; `express_minor`: the part of the postage that
    is paid for parcels to arrive the next day, beyond what the usual service of their zone costs.
    `own_share`: of all orders, what our own house ships, (days,).
    """

    season: Season
    houses: tuple[PlannedHouse, ...]
    lanes: tuple[Lane, ...]
    come: Collections
    carriers: CarrierDays
    late_parcels: NDArray[np.float32]
    missed: Floats
    due: Floats
    postage_minor: Floats
    express_minor: Floats
    surcharge_minor: Floats
    external_minor: Floats
    own_share: Floats


def plan_fulfilment(
    totals: PathTotals,
    company: Company,
    terms: FulfilmentTerms | None = None,
    *,
    closed: Sequence[date] = (),
    seed: int = 1,
) -> Fulfilment:
    """Plan houses and carriers for these paths. `closed`: days on which nobody works or collects.

    Raises InvalidPeakInput for times, days and figures that cannot be, Infeasible for zones that nobody delivers to.
    """
    terms = terms or FulfilmentTerms()
    season = totals.season
    _check(company, terms)
    shut = np.array([day in set(closed) for day in season.dates])
    lanes, come = lanes_of(company.carriers, terms), collections_of(company.carriers, season, shut)
    orders = totals.orders.astype(np.float64)
    daily = totals.daily_orders
    lines = np.divide(totals.lines, daily, out=np.ones_like(daily), where=daily > 0).clip(1.0)
    houses = _houses(orders, lines, company, terms, season=season, shut=shut, lanes=lanes, come=come)
    due = np.sum([due_of(house.inflow, house.crew, lanes, come, house.cut_offs) for house in houses], axis=0)
    contract = np.array([carrier.daily_capacity.value for carrier in company.carriers], dtype=np.float64)
    carriers = carrier_days(due, lanes, come, contract, terms)
    booked = replace(come, cap=carriers.available)
    planned = tuple(_run(house, lanes, booked, house.share) for house in houses)
    missed = np.sum([house.flow.late for house in planned], axis=(0, 1))
    on_the_road = late_on_the_road(season, due, lanes, bad_years(totals.paths, terms, seed))
    all_due = due.sum(axis=0)
    still_in_time = 1.0 - np.divide(missed, all_due, out=np.zeros_like(missed), where=all_due > 0)
    external = [house for house in planned if house.warehouse.kind != "own"]
    return Fulfilment(
        season=season,
        houses=planned,
        lanes=lanes,
        come=come,
        carriers=carriers,
        late_parcels=(missed + on_the_road * still_in_time).astype(np.float32),
        missed=missed,
        due=all_due,
        postage_minor=np.einsum("lpd,l->pd", due, np.array([lane.price_minor for lane in lanes])),
        express_minor=np.einsum("lpd,l->pd", due, express_extra(lanes)),
        surcharge_minor=np.einsum("cpd,cd->pd", carriers.due, come.surcharge),
        external_minor=sum((_external_cost(house, daily, lines) for house in external), start=np.zeros_like(daily)),
        own_share=1.0 - sum((house.share for house in external), start=np.zeros(season.days)),
    )


def _houses(
    orders: Floats,
    lines: Floats,
    company: Company,
    terms: FulfilmentTerms,
    *,
    season: Season,
    shut: NDArray[np.bool_],
    lanes: Sequence[Lane],
    come: Collections,
) -> list["_Planned"]:
    """Plan our own house for what it can do in time and the external one for the rest."""
    mean_lines = lines.mean(axis=0)
    own, *others = sorted(company.warehouses, key=lambda warehouse: (warehouse.kind != "own", warehouse.id))
    external = others[0] if others else None
    cheaper_outside = external is not None and prefers_external(company, own, external, float(mean_lines.mean()), terms)
    main = max(range(len(come.hour)), key=lambda carrier: _carried_by(carrier, lanes))
    left = np.ones(season.days)
    found: list[_Planned] = []
    for warehouse in (own, external):
        if warehouse is None:
            continue
        clock = clock_of(warehouse, season, shut)
        cut_offs = np.array([cut_off_hour(warehouse, carrier) for carrier in company.carriers])
        until = promised_until(float(cut_offs[main]), latest_closing(warehouse, clock, season, terms))
        due, after = _due(orders, until, rank=terms.booked_at.value / _PERCENT)
        work = Work(
            due=due * left,
            after=after,
            lines_per_order=mean_lines,
            collection_hour=float(come.hour[main]),
        )
        is_last = warehouse is external or external is None
        may = not cheaper_outside if warehouse is own else False
        crew = plan_crew(warehouse, clock, work, season, terms, may_overtime=may)
        share = left * (1.0 if is_last else _carried(crew))
        left -= share
        inflow = Inflow(
            orders=orders * share[:, None], lines_per_order=lines, parcels_per_order=terms.parcels_per_order.value
        )
        found.append(_Planned(warehouse=warehouse, share=share, crew=crew, inflow=inflow, cut_offs=cut_offs))
    return found


def _carried(crew: Crew) -> Floats:
    """Return the share of each day's orders a house can take: on closed days that of the next open one."""
    fits = crew.fits.copy()
    following = 1.0
    for day in range(len(fits) - 1, -1, -1):
        following = fits[day] if crew.shifts[day] else following
        fits[day] = following
    return fits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    warehouse: Warehouse
    share: Floats
    crew: Crew
    inflow: Inflow
    cut_offs: Floats


def _run(house: "_Planned", lanes: Sequence[Lane], come: Collections, room: Floats) -> PlannedHouse:
    """Run a house's season with its part of the carriers' room."""
    done = flow(house.inflow, house.crew, lanes, replace(come, cap=come.cap * room), house.cut_offs)
    return PlannedHouse(
        warehouse=house.warehouse,
        share=house.share,
        crew=house.crew,
        inflow=house.inflow,
        flow=done,
        cut_offs=house.cut_offs,
    )


def _due(orders: Floats, until: Floats, *, rank: float) -> tuple[Floats, Floats]:
    """Return the orders due by each day's cut-off at a rank of the paths, (days,); none on days without one.

    And the share of them, on the mean path, that comes at or after each hour, (days, 24); what came before the day is
    there at hour 0.
    """
    daily = orders.sum(axis=2)
    weight = np.clip(until[:, None] - np.arange(orders.shape[2]), 0.0, 1.0)
    placed = np.cumsum(daily, axis=1) - daily + np.einsum("pdh,dh->pd", orders, weight)
    known = np.maximum.accumulate(np.where(until > 0, placed, 0.0), axis=1)
    due = np.diff(known, axis=1, prepend=0.0)
    within = orders.mean(axis=0) * weight
    mean = np.maximum(due.mean(axis=0), 1e-9)[:, None]
    after = np.minimum(np.flip(np.cumsum(np.flip(within, axis=1), axis=1), axis=1) / mean, 1.0)
    after[:, 0] = 1.0
    ranked: Floats = np.sort(due, axis=0)[rank_of(rank, len(due))]
    return ranked, after


def _external_cost(house: PlannedHouse, daily: Floats, lines: Floats) -> Floats:
    first, each = external_price(house.warehouse, 1.0), external_price(house.warehouse, 2.0)
    cost: Floats = daily * house.share * (first + (each - first) * (lines - 1.0))
    return cost


def _check(company: Company, terms: FulfilmentTerms) -> None:
    mistakes = [*_mistakes_of_company(company)]
    for name in ("booked_at", "option_at"):
        if not 0 < getattr(terms, name).value <= _PERCENT:
            message = f"{name} is {getattr(terms, name).value:g} %, not above 0 and up to 100"
            mistakes.append(Mistake(where="fulfilment terms", rule=name, message=message))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)


def _mistakes_of_company(company: Company) -> Iterator[Mistake]:
    if not company.warehouses:
        yield Mistake(where="warehouses.toml", rule="no_warehouse", message="there is no warehouse")
    if not company.carriers:
        yield Mistake(where="carriers.toml", rule="no_carrier", message="there is no carrier")
    for warehouse in company.warehouses:
        for field in ("pick_rate", "pack_rate", "pick_stations", "pack_stations"):
            if getattr(warehouse, field).value <= 0:
                message = f"{field} of {warehouse.id} is not above 0"
                yield Mistake(where="warehouses.toml", rule=f"{field}_not_positive", message=message)
    for carrier in company.carriers:
        if carrier.peak_capacity.value < carrier.daily_capacity.value:
            message = f"{carrier.id} takes fewer parcels in the peak than usually"
            yield Mistake(where="carriers.toml", rule="peak_below_usual", message=message)


def _carried_by(carrier: int, lanes: Sequence[Lane]) -> float:
    return sum(lane.share for lane in lanes if lane.carrier == carrier)
