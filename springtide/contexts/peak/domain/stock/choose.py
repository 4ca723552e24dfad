"""One optimisation for all suppliers: how far up its curve each product goes, and who is ordered from at all.

Curves are concave, so their steps fill in order by themselves and only "order or not" per supplier is a whole number.
That choice is made on steps put together by supplier and worth, a small mixed-integer programme whatever the number
of products; how much of each product follows from a linear programme over all steps. HiGHS solves both with a limit on
nodes, not on time, so that the same input gives the same plan; it is the one inside SciPy, because highspy and OR-Tools
bring two libraries of one name and cannot be loaded in one process. What remains of a pack is rounded down
afterwards, and a minimum order that this undercuts is filled up with the packs that were cut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_matrix

from springtide.contexts.peak.domain.stock.benefit import Curves
from springtide.contracts.peak.errors import Infeasible, Mistake

_NODES = 2000
_GAP = 1e-4
_WHOLE = 1e-6
_WORTHS = 40

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be bought: curves with cost and volume per unit, pack size and place of the supplier, (products,)."""

    curves: Curves
    unit_cost: Floats
    unit_volume: Floats
    pack: NDArray[np.int64]
    supplier: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What binds a purchase. `minimum`: money per order of each supplier, (suppliers,). `budget`: None is no limit.

    `free`: volume left in our own house per week, (weeks,), negative where it overflows already. `lies_there`: share
    of a supplier's order that is in stock that week, (suppliers, weeks). `overflow_cost`: per volume and week outside;
    `overflow_most`: what may lie outside.
    """

    minimum: Floats
    budget: float | None
    free: Floats
    lies_there: Floats
    overflow_cost: float
    overflow_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Units per product in whole packs, (products,), and the volume outside our own house per week, (weeks,)."""

    quantity: NDArray[np.int64]
    overflow: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Stretches of curves, (steps,): whose supplier's, and what all of a stretch gains, costs and fills."""

    supplier: NDArray[np.int64]
    gain: Floats
    spend: Floats
    volume: Floats


def choose(offer: Offer, limits: Limits) -> Purchase:
    """Return the purchase that saves most and keeps all limits; not to order is always possible."""
    product, units, steps = _steps(offer, limits)
    _, ordered = _solve(_put_together(steps), limits)
    taken, _ = _solve(steps, limits, ordered)
    wanted = np.bincount(product, weights=taken * units, minlength=len(offer.pack)).astype(np.float64)
    quantity = _whole_packs(wanted, offer, limits, ordered)
    volume = _by_supplier(quantity * offer.unit_volume, offer, limits) @ limits.lies_there
    return Purchase(quantity=quantity, overflow=np.maximum(volume - limits.free, 0.0))


def _by_supplier(values: Floats, offer: Offer, limits: Limits) -> Floats:
    return np.bincount(offer.supplier, weights=values, minlength=len(limits.minimum)).astype(np.float64)


def _steps(offer: Offer, limits: Limits) -> tuple[NDArray[np.int64], Floats, _Steps]:
    """Return the stretches worth a look: those that gain, and the rest where a minimum order has to be filled."""
    zero = np.zeros((len(offer.pack), 1))
    units = np.diff(np.concatenate([zero, offer.curves.levels], axis=1), axis=1)
    gain = np.diff(np.concatenate([zero, offer.curves.benefit], axis=1), axis=1)
    spend = _by_supplier((units * (gain > 0)).sum(axis=1) * offer.unit_cost, offer, limits)
    to_fill = (spend < limits.minimum)[offer.supplier][:, None]
    product, step = np.nonzero((units > 0) & ((gain > 0) | to_fill))
    amount = units[product, step]
    steps = _Steps(
        supplier=offer.supplier[product],
        gain=gain[product, step],
        spend=amount * offer.unit_cost[product],
        volume=amount * offer.unit_volume[product],
    )
    return product, amount, steps


def _put_together(steps: _Steps) -> _Steps:
    """Add up the stretches of a supplier that are worth about the same per money spent."""
    worth = steps.gain / np.maximum(steps.spend, _WHOLE)
    order = np.lexsort((worth, steps.supplier))
    starts = np.searchsorted(steps.supplier[order], steps.supplier[order])
    sizes = np.bincount(steps.supplier)[steps.supplier[order]]
    rank = (np.arange(len(order)) - starts) * _WORTHS // np.maximum(sizes, 1)
    group = steps.supplier[order] * _WORTHS + rank
    found, place = np.unique(group, return_inverse=True)

    def added(values: Floats) -> Floats:
        return np.bincount(place, weights=values[order], minlength=len(found)).astype(np.float64)

    return _Steps(
        supplier=found // _WORTHS, gain=added(steps.gain), spend=added(steps.spend), volume=added(steps.volume)
    )


def _solve(steps: _Steps, limits: Limits, ordered: NDArray[np.bool_] | None = None) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the share taken of every stretch and who is ordered from, which may be given."""
    count, suppliers = len(steps.gain), len(limits.minimum)
    offered = np.bincount(steps.supplier, weights=steps.spend, minlength=suppliers).astype(np.float64)
    weeks = np.flatnonzero(limits.free < steps.volume @ limits.lies_there[steps.supplier])
    columns, places = np.arange(count), np.arange(suppliers)
    matrix = _Matrix()
    matrix.add(steps.supplier, columns, steps.spend)
    matrix.add(places, count + places, -np.minimum(limits.minimum, offered))
    matrix.add(suppliers + steps.supplier, columns, steps.spend)
    matrix.add(suppliers + places, count + places, -offered)
    matrix.add(np.full(count, 2 * suppliers), columns, steps.spend)
    for row, week in enumerate(weeks, start=2 * suppliers + 1):
        matrix.add(np.full(count, row), columns, steps.volume * limits.lies_there[steps.supplier, week])
        matrix.add(np.array([row]), np.array([count + row - suppliers - 1]), np.array([-1.0]))
    possible = (limits.minimum <= offered) & (offered > 0)
    infinite = np.inf
    solved = _highs(
        gain=np.concatenate([steps.gain, np.zeros(suppliers), np.full(len(weeks), -limits.overflow_cost)]),
        lower=np.concatenate([np.zeros(count), places * 0.0 if ordered is None else ordered, weeks * 0.0]),
        upper=np.concatenate(
            [
                np.ones(count),
                possible if ordered is None else ordered,
                np.maximum(limits.overflow_most, -limits.free[weeks]),
            ]
        ),
        matrix=matrix.columns(2 * suppliers + 1 + len(weeks), count + suppliers + len(weeks)),
        row_lower=np.concatenate([np.zeros(suppliers), np.full(suppliers + 1 + len(weeks), -infinite)]),
        row_upper=np.concatenate(
            [
                np.full(suppliers, infinite),
                np.zeros(suppliers),
                [infinite if limits.budget is None else limits.budget],
                limits.free[weeks],
            ]
        ),
        whole=slice(count, count + suppliers) if ordered is None else None,
    )
    return solved[:count], solved[count : count + suppliers] > 0.5  # noqa: PLR2004 - a whole number from a solver


class _Matrix:
    """Coefficients, gathered by row and column."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.int64]] = []
        self._columns: list[NDArray[np.int64]] = []
        self._values: list[Floats] = []

    def add(self, rows: NDArray[np.int64], columns: NDArray[np.int64], values: Floats) -> None:
        self._rows.append(rows)
        self._columns.append(columns)
        self._values.append(values)

    def columns(self, rows: int, columns: int) -> csc_matrix:
        values, at = np.concatenate(self._values), (np.concatenate(self._rows), np.concatenate(self._columns))
        return csc_matrix((values, at), shape=(rows, columns))


def _highs(
    *,
    gain: Floats,
    lower: Floats,
    upper: Floats,
    matrix: csc_matrix,
    row_lower: Floats,
    row_upper: Floats,
    whole: slice | None,
) -> Floats:
    integral = np.zeros(len(gain))
    if whole is not None:
        integral[whole] = 1
    solved = milp(
        -gain,
        integrality=integral,
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(matrix, row_lower, row_upper),
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    if solved.x is None:
        raise Infeasible.of([
            Mistake(where="purchase", rule="limits", message=f"the solver found no plan: {solved.message}")
        ])  # fmt: skip
    found: Floats = np.asarray(solved.x, dtype=np.float64)
    return np.clip(found, lower, upper)


def _whole_packs(wanted: Floats, offer: Offer, limits: Limits, ordered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cut to whole packs; fill what a minimum order then lacks with the largest cut packs, or leave that order out."""
    packs = wanted / offer.pack
    whole = np.floor(packs + _WHOLE).astype(np.int64)
    pack_cost = offer.pack * offer.unit_cost
    for supplier in np.flatnonzero(ordered):
        own = np.flatnonzero(offer.supplier == supplier)
        lacking = limits.minimum[supplier] - float((whole[own] * pack_cost[own]).sum())
        spare = np.inf if limits.budget is None else limits.budget - float((whole * pack_cost).sum())
        by_cut = own[np.argsort(whole[own] - packs[own], kind="stable")]
        for product in by_cut:
            if lacking <= _WHOLE:
                break
            if pack_cost[product] <= spare:
                whole[product] += 1
                lacking -= pack_cost[product]
                spare -= pack_cost[product]
        if lacking > _WHOLE:
            whole[own] = 0
    return whole * offer.pack
