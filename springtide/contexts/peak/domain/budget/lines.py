"""What each step of a plan costs, per path and day: the lines of the budget, and the money that comes back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.budget.plan import CostLine, Income, plan_budget
from springtide.contexts.peak.domain.fulfilment.plan import Fulfilment
from springtide.contexts.peak.domain.paths.totals import PathTotals, quantile_of
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.servers.plan import Servers
from springtide.contexts.peak.domain.staff.costs import CostPaths
from springtide.contracts.peak.budget import BudgetFigures, BudgetPlan, BudgetTerms, Firmness
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.stock import StockPlan

_PER_CENT = 100.0
_WORKING_DAYS = 5.0
_DAYS = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps that cost money. `stock` None: nobody counted it, so goods cost what is sold of them.

    `returning`: orders by the day their returns would come, (paths, days), as the staff step counts contacts.
    """

    stock: StockPlan | None
    fulfilment: Fulfilment
    staff: CostPaths
    returning: NDArray[np.float64]
    gateways: GatewayPlan
    servers: Servers


def budget_on(
    totals: PathTotals, company: Company, steps: Steps, terms: BudgetTerms, figures: BudgetFigures
) -> BudgetPlan:
    """Return the budget of a plan; raises InvalidPeakInput for bookings and releases that cannot be."""
    lines = (
        _goods(totals, company, steps.stock, figures),
        _marketing(totals, figures),
        *_parcels(steps.fulfilment, figures),
        *_people(totals, steps.staff),
        *_servers(totals, steps.servers.costs),
        _returns(steps.returning, figures),
        _variable("fees", totals.daily_orders * _fee_of_an_order(totals, steps.gateways)),
    )
    return plan_budget(totals.season, lines, _income(totals, company, steps.gateways, figures), terms)


def _net(totals: PathTotals, figures: BudgetFigures) -> NDArray[np.float64]:
    """Return revenue without VAT, (paths, days): what stays of it belongs to the shop."""
    return totals.revenue_minor / (1.0 + float(figures.vat.value) / _PER_CENT)


def _cost_share(company: Company) -> float:
    return float(np.mean([supplier.cost_share.value for supplier in company.suppliers])) / _PER_CENT


def _goods(totals: PathTotals, company: Company, stock: StockPlan | None, figures: BudgetFigures) -> CostLine:
    """Goods are paid when they are ordered; later orders of the season cost their mean, on their next order day."""
    if stock is None:
        paid = _net(totals, figures) * _cost_share(company)
        return CostLine(line="goods", firmness=Firmness.VARIABLE, paid_minor=paid)
    payments: list[tuple[date, float]] = [(line.order_on, float(line.cost_minor)) for line in stock.lines]
    payments += [
        (order.next_order_on, order.later_spend.mean) for order in stock.suppliers if order.next_order_on is not None
    ]
    return CostLine(line="goods", firmness=Firmness.IN_HAND, paid_minor=_on_days(totals.season, payments))


def _on_days(season: Season, payments: Iterable[tuple[date, float]]) -> NDArray[np.float64]:
    """Return payments by day, (1, days): earlier ones on the first day, those after the season are not of it."""
    paid = np.zeros((1, season.days))
    for day, amount in payments:
        if day <= season.last:
            paid[0, max(0, (day - season.first).days)] += amount
    return paid


def _marketing(totals: PathTotals, figures: BudgetFigures) -> CostLine:
    """Marketing is decided on the expected season, not on the path that comes."""
    expected = _net(totals, figures).mean(axis=0, keepdims=True)
    paid = expected * float(figures.marketing.value) / _PER_CENT
    return CostLine(line="marketing", firmness=Firmness.IN_HAND, paid_minor=paid)


def _parcels(fulfilment: Fulfilment, figures: BudgetFigures) -> Sequence[CostLine]:
    """Return what parcels cost on each path by the lanes they are planned for: post and packing with the external
    warehouse, the carriers' surcharges of the peak, and what the next day costs beyond the usual service.
    """
    packing = fulfilment.due * float(figures.packing.value)
    usual = fulfilment.postage_minor - fulfilment.express_minor
    return (
        _variable("logistics", usual + packing + fulfilment.external_minor),
        _variable("surcharge", fulfilment.surcharge_minor),
        _variable("express", fulfilment.express_minor),
    )


def _returns(returning: NDArray[np.float64], figures: BudgetFigures) -> CostLine:
    """Return what returns cost, when they come: after the sales, presents in January; later ones are not of it."""
    return _variable(
        "returns", returning * (float(figures.returned.value) / _PER_CENT * float(figures.return_cost.value))
    )


def _variable(line: str, paid_minor: NDArray[np.float64]) -> CostLine:
    return CostLine(line=line, firmness=Firmness.VARIABLE, paid_minor=paid_minor)


def _people(totals: PathTotals, costs: CostPaths) -> Sequence[CostLine]:
    """Return people: the desk's own and the call centre are support, everybody else with a contract is staff."""
    days = totals.season.days
    return (
        _even("staff", Firmness.IN_HAND, costs.own - costs.own_support + costs.overtime, days),
        _even("agencies", Firmness.IN_HAND, costs.seasonal, days),
        _even("support", Firmness.VARIABLE, costs.own_support + costs.call_centre, days),
    )


def _even(line: str, firmness: Firmness, per_path: NDArray[np.float64], days: int) -> CostLine:
    """Spread a season's cost evenly over its days."""
    return CostLine(line=line, firmness=firmness, paid_minor=np.repeat(per_path[:, None] / days, days, axis=1))


def _servers(totals: PathTotals, costs: NDArray[np.float64]) -> Sequence[CostLine]:
    """Return what the middle season costs as planned, and what a path costs beyond it as a line of its own."""
    planned = quantile_of(costs, 0.5)
    days = totals.season.days
    return (
        _even("technology", Firmness.IN_HAND, np.minimum(costs, planned), days),
        _even("cloud_overrun", Firmness.CONTINGENCY, np.maximum(costs - planned, 0.0), days),
    )


def _fee_of_an_order(totals: PathTotals, gateways: GatewayPlan) -> float:
    orders = float(totals.daily_orders.sum(axis=1).mean())
    return gateways.fees_minor.mean / orders if orders else 0.0


def _income(totals: PathTotals, company: Company, gateways: GatewayPlan, figures: BudgetFigures) -> Income:
    """Buyers' money arrives when a gateway settles: working days counted as days of a week with two free ones."""
    net = _net(totals, figures)
    received = np.zeros_like(net)
    terms = {gateway.id: gateway for gateway in company.gateways}
    for load in gateways.loads:
        settlement = terms[load.gateway].settlement
        wait = float(settlement.value) * (_DAYS / _WORKING_DAYS if "working" in settlement.unit else 1.0)
        days = int(np.ceil(wait))
        if days < totals.season.days:
            received[:, days:] += load.share * net[:, : totals.season.days - days]
    return Income(received_minor=received, margin_minor=net.sum(axis=1) * (1.0 - _cost_share(company)))
