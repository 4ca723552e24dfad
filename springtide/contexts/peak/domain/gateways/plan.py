"""The payment plan on the paths."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.gateways.attempts import PaymentClass, busiest_second, classes_of
from springtide.contexts.peak.domain.gateways.split import HEADROOM, Rates, Split, fee_minor, split
from springtide.contexts.peak.domain.paths.totals import PathTotals, quantile_of
from springtide.contexts.peak.domain.season import Season
from springtide.contracts.peak.common import Deadline, Decision, Department, Phrase
from springtide.contracts.peak.company import Company, Gateway
from springtide.contracts.peak.gateways import GatewayLoad, GatewayPlan, Part, WithoutOne

_PLANNED_AT = 0.9
_SHOWN = 5e-5


def plan_gateways(totals: PathTotals, company: Company) -> GatewayPlan:
    """Return the split for the P90 of the busiest second; raises Infeasible when agreed shares leave no plan."""
    gateways, classes = company.gateways, classes_of(company.payment_habits)
    seconds = busiest_second(totals)
    per_path = seconds.max(axis=1)
    rates = _rates(totals, company, orders_per_s=quantile_of(per_path, _PLANNED_AT))
    found = split(gateways, classes, rates)
    loads = tuple(_load(index, gateways, classes, found, per_path) for index in range(len(gateways)))
    worst = [_worst_per_order(index, classes, found) for index in range(len(gateways))]
    daily = np.array([quantile_of(seconds[:, day], _PLANNED_AT) for day in range(totals.season.days)])
    deadlines = tuple(_deadlines(gateways, loads, worst, daily, totals.season))
    without = tuple(_without(index, gateways, classes, found, rates) for index in range(len(gateways)))
    orders = totals.daily_orders.sum(axis=1)
    return GatewayPlan(
        attempts_per_s=band_of(per_path * (1.0 + float(company.payment_habits.retries.value))),
        parts=_parts(gateways, classes, found.shares),
        loads=loads,
        without=without,
        authorised=float(found.shares.sum(axis=1) @ [gateway.authorisation_rate.value / 100.0 for gateway in gateways]),
        fees_minor=band_of(orders * _fee_per_order(gateways, found, rates)),
        decisions=(*_asks(gateways, loads, deadlines), *_gaps(gateways, without, totals)),
        deadlines=deadlines,
    )


def _rates(totals: PathTotals, company: Company, *, orders_per_s: float) -> Rates:
    order_minor = float(totals.revenue_minor.sum() / max(1.0, float(totals.daily_orders.sum())))
    cost_share = np.mean([supplier.cost_share.value for supplier in company.suppliers]) / 100.0
    return Rates(orders_per_s=orders_per_s, order_minor=order_minor, margin_minor=order_minor * float(1.0 - cost_share))


def _fee_per_order(gateways: Sequence[Gateway], found: Split, rates: Rates) -> float:
    without_declines = Rates(orders_per_s=rates.orders_per_s, order_minor=rates.order_minor, margin_minor=0.0)
    return float(found.shares.sum(axis=1) @ [fee_minor(gateway, without_declines) for gateway in gateways])


def _parts(
    gateways: Sequence[Gateway], classes: Sequence[PaymentClass], shares: NDArray[np.float64]
) -> tuple[Part, ...]:
    return tuple(
        Part(gateway=gateway.id, method=paid.method, country=paid.country, share=float(shares[row, column]))
        for row, gateway in enumerate(gateways)
        for column, paid in enumerate(classes)
        if shares[row, column] > _SHOWN
    )


def _load(
    index: int,
    gateways: Sequence[Gateway],
    classes: Sequence[PaymentClass],
    found: Split,
    per_path: NDArray[np.float64],
) -> GatewayLoad:
    requests = band_of(per_path * _requests_per_order(found.shares[index], classes))
    limit = float(gateways[index].rate_limit.value)
    asked = float(found.asked[index])
    return GatewayLoad(
        gateway=gateways[index].id,
        share=float(found.shares[index].sum()),
        requests_per_s=requests,
        limit_per_s=limit,
        used=requests.p90 / limit,
        limit_needed_per_s=math.ceil(limit + asked) if asked > _SHOWN else 0.0,
    )


def _requests_per_order(shares: NDArray[np.float64], classes: Sequence[PaymentClass]) -> float:
    return float(shares @ [paid.requests for paid in classes])


def _without(
    index: int, gateways: Sequence[Gateway], classes: Sequence[PaymentClass], found: Split, rates: Rates
) -> WithoutOne:
    shares, open_shares = found.lost[index], found.uncovered[index]
    return WithoutOne(
        lost=gateways[index].id,
        parts=_parts(gateways, classes, shares),
        used={
            gateway.id: _requests_per_order(shares[row], classes) * rates.orders_per_s / float(gateway.rate_limit.value)
            for row, gateway in enumerate(gateways)
            if row != index
        },
        uncovered=float(open_shares.sum()),
        uncovered_classes=tuple(paid.name for paid, share in zip(classes, open_shares, strict=True) if share > _SHOWN),
    )


def _worst_per_order(index: int, classes: Sequence[PaymentClass], found: Split) -> float:
    """Return what a limit has to carry per order: with headroom when all are there, without when one is gone."""
    return max(
        _requests_per_order(found.shares[index], classes) / HEADROOM,
        *(_requests_per_order(lost[index], classes) for lost in found.lost),
    )


def _deadlines(
    gateways: Sequence[Gateway],
    loads: Sequence[GatewayLoad],
    worst: Sequence[float],
    daily: NDArray[np.float64],
    season: Season,
) -> Iterator[Deadline]:
    """Yield one for each limit that is too small: the first day whose P90 needs more, less the lead time."""
    for terms, load, per_order in zip(gateways, loads, worst, strict=True):
        if load.limit_needed_per_s:
            over = np.flatnonzero(daily * per_order > load.limit_per_s)
            needed_on = season.first + timedelta(days=int(over[0]) if over.size else 0)
            lead = int(terms.limit_lead.value)
            yield Deadline(
                kind="gateway",
                name=terms.name,
                last_day=needed_on - timedelta(days=lead),
                needed_on=needed_on,
                lead_days=lead,
            )


def _asks(gateways: Sequence[Gateway], loads: Sequence[GatewayLoad], deadlines: Sequence[Deadline]) -> list[Decision]:
    needed = {gateway.name: load for gateway, load in zip(gateways, loads, strict=True)}
    return [
        Decision(
            what=Phrase(
                key="gateways.ask_limit",
                values={"gateway": deadline.name, "limit": needed[deadline.name].limit_needed_per_s},
            ),
            department=Department.FINANCE,
            by=deadline.last_day,
            cost_minor=0,
            otherwise=Phrase(
                key="gateways.limit_too_small",
                values={"gateway": deadline.name, "limit": needed[deadline.name].limit_per_s},
            ),
            urgent=True,
        )
        for deadline in deadlines
    ]


def _gaps(gateways: Sequence[Gateway], without: Sequence[WithoutOne], totals: PathTotals) -> list[Decision]:
    names = {gateway.id: gateway.name for gateway in gateways}
    return [
        Decision(
            what=Phrase(
                key="gateways.second_taker",
                values={"gateway": names[one.lost], "what": ", ".join(one.uncovered_classes)},
            ),
            department=Department.FINANCE,
            by=totals.season.first,
            cost_minor=0,
            otherwise=Phrase(
                key="gateways.single_taker", values={"gateway": names[one.lost], "share": round(one.uncovered, 4)}
            ),
        )
        for one in without
        if one.uncovered > _SHOWN
    ]
