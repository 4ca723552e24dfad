"""Where in a chain of stocks safety stock belongs, when every stage promises its customers a delivery time.

The guaranteed-service model on a tree: a stage that waits `inbound` for its suppliers, works `processing` and promises
`promise` holds safety stock for the days in between. Stages without customers promise what was agreed outside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stock. `bound_sd`: standard deviation of a period's demand there, times the safety factor.

    `inbound`: periods that suppliers from outside need. `promised`: what customers outside were promised, or None.
    """

    processing: int
    holding: float
    bound_sd: float
    inbound: int = 0
    promised: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The delivery time that each stage promises, in periods, and what all safety stock costs per period."""

    promises: dict[int, int]
    cost: float


_Choice = tuple[float, dict[int, int]]
_IMPOSSIBLE: _Choice = (float("inf"), {})


def place_safety_stock(stages: Mapping[int, Stage], supplies: Sequence[tuple[int, int]]) -> Placement:
    """Return the cheapest promises; `supplies` are (supplier, customer) pairs that form a tree."""
    neighbours: dict[int, list[tuple[int, bool]]] = {stage: [] for stage in stages}
    for supplier, customer in supplies:
        neighbours[supplier].append((customer, True))
        neighbours[customer].append((supplier, False))
    longest = sum(stage.processing + stage.inbound for stage in stages.values())
    has_customers = {supplier for supplier, _ in supplies}

    @cache
    def best(node: int, came_from: int, promise: int, waits: int) -> _Choice:
        """Return the cheapest branch behind `node` when it promises `promise` and waits `waits`."""
        stage = stages[node]
        days = waits + stage.processing - promise
        agreed = node in has_customers or stage.promised is None or promise <= stage.promised
        if days < 0 or waits < stage.inbound or not agreed:
            return _IMPOSSIBLE
        cost, chosen = stage.holding * stage.bound_sd * sqrt(days), {node: promise}
        for other, is_customer in neighbours[node]:
            if other == came_from:
                continue
            branch = _cheapest_wait(node, other, promise) if is_customer else _cheapest_promise(node, other, waits)
            cost, chosen = cost + branch[0], chosen | branch[1]
        return cost, chosen

    @cache
    def _cheapest_wait(supplier: int, customer: int, promise: int) -> _Choice:
        waits = range(promise, longest + 1)
        return min(_all(customer, supplier, range(longest + 1), waits), key=_cost)

    @cache
    def _cheapest_promise(customer: int, supplier: int, waits: int) -> _Choice:
        return min(_all(supplier, customer, range(waits + 1), range(longest + 1)), key=_cost)

    def _all(node: int, came_from: int, promises: range, waits: range) -> list[_Choice]:
        return [best(node, came_from, promise, wait) for promise in promises for wait in waits]

    root = min(stages)
    cost, promises = min(_all(root, root, range(longest + 1), range(longest + 1)), key=_cost)
    return Placement(promises=dict(sorted(promises.items())), cost=cost)


def _cost(choice: _Choice) -> float:
    return choice[0]
