"""The fulfilment step in figures and words."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.fulfilment.crews import external_price
from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment, PlannedHouse
from springtide.contexts.peak.domain.paths.totals import quantile_of
from springtide.contracts.peak.common import Deadline, Decision, Department, Phrase
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.fulfilment import (
    Booking,
    CarrierDay,
    CarrierPlan,
    ExternalWeek,
    FulfilmentPlan,
    HeatMap,
    House,
    HouseDay,
    LanePlan,
    WorstDay,
)

_WEEK_DAYS = 7
_URGENT_DAYS = 14
_RISKY_COVER = 0.5
_LATE_WORTH_SAYING = 0.02


def report_of(found: Fulfilment, company: Company, worst: Sequence[WorstDay], *, today: date) -> FulfilmentPlan:
    """Return the plan for people; bookings only for days on which a carrier takes more than its contract says."""
    bookings = tuple(_bookings(found, company))
    external = tuple(_external(found))
    carriers = tuple(_carriers(found, company))
    parcels, missed = found.due.sum(axis=1), found.missed.sum(axis=1)
    return FulfilmentPlan(
        first=found.season.first,
        days=found.season.days,
        paths=len(parcels),
        houses=tuple(_house(house, found, company) for house in found.houses),
        lanes=tuple(_lanes(found, company)),
        carriers=carriers,
        bookings=bookings,
        external=external,
        worst_days=tuple(worst),
        parcels=band_of(parcels),
        late=band_of(missed),
        late_share=band_of(np.divide(missed, parcels, out=np.zeros_like(missed), where=parcels > 0)),
        decisions=(
            *_carrier_decisions(company, bookings, today),
            *_external_decisions(external, today),
            *_warnings(found, carriers),
        ),
        deadlines=tuple(_deadlines(company, bookings, external)),
    )


def _house(house: PlannedHouse, found: Fulfilment, company: Company) -> House:
    crew, flow = house.crew, house.flow
    names = {carrier.id: carrier.name for carrier in company.carriers}
    orders, late = house.inflow.orders.sum(axis=2), flow.late.sum(axis=0)
    busy = np.maximum(flow.pick, flow.pack)
    used = house.share[house.share > 0]
    return House(
        warehouse=house.warehouse.id,
        name=house.warehouse.name,
        kind=house.warehouse.kind,
        share=round(float(used.mean()), 4) if used.size else 0.0,
        days=tuple(
            HouseDay(
                day=day,
                shifts=int(crew.shifts[at]),
                overtime_h=float(crew.overtime_h[at]),
                pickers=int(crew.pickers[at]),
                packers=int(crew.packers[at]),
                orders=band_of(orders[:, at]),
                utilisation=round(float(busy[at][busy[at] >= 0].mean()), 4) if (busy[at] >= 0).any() else 0.0,
                late=band_of(late[:, at]),
                backlog=band_of(flow.backlog[:, at]),
            )
            for at, day in enumerate(found.season.dates)
        ),
        heat=HeatMap(
            pick_utilisation=_rows(flow.pick, 3),
            pack_utilisation=_rows(flow.pack, 3),
            backlog_p50=_rows(flow.backlog_p50, 1),
            backlog_p90=_rows(flow.backlog_p90, 1),
            ship_utilisation=_rows(flow.ship, 3),
        ),
        cut_offs={names[one.carrier]: one.order_by for one in house.warehouse.cut_offs},
    )


def _rows(values: NDArray[np.float64], digits: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in np.round(values, digits).tolist())


def _bookings(found: Fulfilment, company: Company) -> Iterator[Booking]:
    for place, carrier in enumerate(company.carriers):
        for at, day in enumerate(found.season.dates):
            booked, option = int(found.carriers.booked[place, at]), int(found.carriers.option[place, at])
            if booked + option <= carrier.daily_capacity.value:
                continue
            yield Booking(
                carrier=carrier.id,
                day=day,
                due=band_of(found.carriers.due[place, :, at]),
                booked=booked,
                option=option,
                cap=round(float(found.come.cap[place, at])),
                above_cap=int(found.carriers.above_cap[place, at]),
                surcharge_minor=round(booked * float(found.come.surcharge[place, at])),
            )


def _carriers(found: Fulfilment, company: Company) -> Iterator[CarrierPlan]:
    for place, carrier in enumerate(company.carriers):
        lanes = [at for at, lane in enumerate(found.lanes) if lane.carrier == place]
        parcels = found.carriers.due[place]
        price = sum(found.lanes[at].price_minor * found.lanes[at].share for at in lanes)
        share = sum(found.lanes[at].share for at in lanes)
        cost = parcels.sum(axis=1) * (price / share if share else 0.0) + parcels @ found.come.surcharge[place]
        busy = parcels.mean(axis=0) > 0
        covered = found.carriers.covered[place][busy]
        punctual = [found.lanes[at].product for at in lanes] or list(carrier.products)
        yield CarrierPlan(
            carrier=carrier.id,
            name=carrier.name,
            parcels=band_of(parcels.sum(axis=1)),
            cost=band_of(cost),
            covered_share=round(float(covered.mean()), 4) if covered.size else 1.0,
            covered_worst=round(float(covered.min()), 4) if covered.size else 1.0,
            on_time_good=min((product.on_time_peak_good.value for product in punctual), default=0.0) / 100,
            on_time_bad=min((product.on_time_peak_bad.value for product in punctual), default=0.0) / 100,
            contract=round(carrier.daily_capacity.value),
            days=tuple(
                CarrierDay(
                    day=day,
                    due=band_of(parcels[:, at]),
                    takes=round(float(found.carriers.available[place, at])),
                    covered=round(float(found.carriers.covered[place, at]), 4),
                )
                for at, day in enumerate(found.season.dates)
            ),
        )


def _lanes(found: Fulfilment, company: Company) -> Iterator[LanePlan]:
    for lane in found.lanes:
        yield LanePlan(
            zone=lane.zone,
            is_express=lane.is_express,
            carrier=company.carriers[lane.carrier].id,
            service=lane.product.name,
            backup=company.carriers[lane.backup].id if lane.backup >= 0 else "",
            share=round(lane.share, 4),
            price_minor=round(lane.price_minor),
            on_time_good=lane.product.on_time_peak_good.value / 100,
            on_time_bad=lane.product.on_time_peak_bad.value / 100,
        )


def _external(found: Fulfilment) -> Iterator[ExternalWeek]:
    for house in found.houses:
        if house.warehouse.kind == "own" or not (house.share > 0).any():
            continue
        notice = round(house.warehouse.notice.value) if house.warehouse.notice else 0
        orders = house.inflow.orders.sum(axis=2)
        for start in range(0, found.season.days, _WEEK_DAYS):
            week = slice(start, start + _WEEK_DAYS)
            per_path = orders[:, week].sum(axis=1)
            first = found.season.first + timedelta(days=start)
            if per_path.any():
                yield ExternalWeek(
                    first=first,
                    orders=round(quantile_of(per_path, 0.9)),
                    announce_by=first - timedelta(days=notice),
                    cost=band_of(found.external_minor[:, week].sum(axis=1)),
                )


def _carrier_decisions(company: Company, bookings: Sequence[Booking], today: date) -> Iterator[Decision]:
    """Yield what to book before the carriers fix their caps, and what no booking covers."""
    for carrier in company.carriers:
        own = [booking for booking in bookings if booking.carrier == carrier.id]
        if not own:
            continue
        most = max(own, key=lambda booking: (booking.booked, booking.option))
        by = own[0].day - timedelta(days=round(carrier.booking_lead.value))
        yield Decision(
            what=Phrase(
                key="fulfilment.book_carrier",
                values={"carrier": carrier.name, "parcels": most.booked, "option": most.option, "days": len(own)},
            ),
            department=Department.WAREHOUSE,
            by=by,
            cost_minor=sum(booking.surcharge_minor for booking in own),
            otherwise=Phrase(
                key="fulfilment.parcels_refused",
                values={"parcels": round(sum(b.booked - carrier.daily_capacity.value for b in own if b.booked > 0))},
            ),
            urgent=(by - today).days < _URGENT_DAYS,
        )
        if above := sum(booking.above_cap for booking in own):
            yield Decision(
                what=Phrase(key="fulfilment.find_carrier", values={"carrier": carrier.name, "parcels": above}),
                department=Department.OWNER,
                by=by,
                cost_minor=0,
                otherwise=Phrase(key="fulfilment.parcels_refused", values={"parcels": above}),
                urgent=True,
            )


def _external_decisions(external: Sequence[ExternalWeek], today: date) -> Iterator[Decision]:
    if external:
        yield Decision(
            what=Phrase(
                key="fulfilment.announce_external",
                values={"orders": sum(week.orders for week in external), "weeks": len(external)},
            ),
            department=Department.WAREHOUSE,
            by=external[0].announce_by,
            cost_minor=round(sum(week.cost.mean for week in external)),
            otherwise=Phrase(key="fulfilment.late_without", values={"orders": external[0].orders}),
            urgent=(external[0].announce_by - today).days < _URGENT_DAYS,
        )


def _warnings(found: Fulfilment, carriers: Sequence[CarrierPlan]) -> Iterator[Decision]:
    """Yield what no booking mends: carriers that nobody can stand in for, and parcels late all the same."""
    for carrier in carriers:
        if carrier.covered_share < _RISKY_COVER and carrier.parcels.p50 > 0:
            values: dict[str, str | int | float] = {"carrier": carrier.name, "share": carrier.covered_share}
            yield Decision(
                what=Phrase(key="fulfilment.find_backup", values=values),
                department=Department.OWNER,
                by=None,
                cost_minor=0,
                otherwise=Phrase(key="fulfilment.stands_still", values=values),
            )
    missed, due = float(found.missed.sum()), float(found.due.sum())
    if due > 0 and missed / due > _LATE_WORTH_SAYING:
        day = found.season.dates[int(found.missed.mean(axis=0).argmax())].isoformat()
        yield Decision(
            what=Phrase(key="fulfilment.add_capacity", values={"day": day, "share": round(missed / due, 4)}),
            department=Department.WAREHOUSE,
            by=None,
            cost_minor=0,
            otherwise=Phrase(key="fulfilment.late_parcels", values={"parcels": round(missed / len(found.missed))}),
        )


def _deadlines(company: Company, bookings: Sequence[Booking], external: Sequence[ExternalWeek]) -> Iterator[Deadline]:
    for carrier in company.carriers:
        days = [booking.day for booking in bookings if booking.carrier == carrier.id]
        if days:
            lead = round(carrier.booking_lead.value)
            last = days[0] - timedelta(days=lead)
            yield Deadline(kind="carrier", name=carrier.name, last_day=last, needed_on=days[0], lead_days=lead)
    for warehouse in company.warehouses:
        if external and warehouse.kind != "own" and external_price(warehouse, 1.0) > 0:
            week = external[0]
            yield Deadline(
                kind="partner",
                name=warehouse.name,
                last_day=week.announce_by,
                needed_on=week.first,
                lead_days=(week.first - week.announce_by).days,
            )
