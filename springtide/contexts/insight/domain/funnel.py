"""From counts of steps to a funnel."""

from collections import defaultdict
from collections.abc import Iterable

from springtide.contracts.insight.api import FunnelSlice, Step

_BITS = {step: 1 << place for place, step in enumerate(Step)}
WAY = (Step.VISIT, Step.PRODUCT, Step.CART, Step.CHECKOUT, Step.ORDER)


def bits_of(steps: Iterable[Step]) -> int:
    """Return the steps as bits; whoever took any has visited."""
    bits = _BITS[Step.VISIT]
    for step in steps:
        bits |= _BITS[step]
    return bits


def steps_of(bits: int) -> frozenset[Step]:
    """Return the steps behind the bits, those on the way filled up: nobody orders without having seen a product."""
    found = {step for step, bit in _BITS.items() if bits & bit}
    furthest = max((WAY.index(step) for step in found if step in WAY), default=0)
    return frozenset({*found, *WAY[: furthest + 1]})


def slices_of_counts(rows: Iterable[tuple[str, str, int]]) -> tuple[FunnelSlice, ...]:
    """Return a slice for each name of (name, step, count), in the order the names came."""
    sums: dict[str, dict[str, int]] = {}
    for name, step, counted in rows:
        by_step = sums.setdefault(name, defaultdict(int))
        by_step[step] += counted
    return tuple(_slice(name, by_step) for name, by_step in sums.items())


def slices_of_visits(rows: Iterable[tuple[str, int, int]]) -> tuple[FunnelSlice, ...]:
    """Return a slice for each name of (name, bits of steps, visits): every visit counts once per step."""
    return slices_of_counts((name, step, counted) for name, bits, counted in rows for step in sorted(steps_of(bits)))


def whole(slices: Iterable[FunnelSlice]) -> FunnelSlice:
    """Return the sum of slices."""
    known = tuple(slices)
    return FunnelSlice(
        name="",
        visits=sum(one.visits for one in known),
        products=sum(one.products for one in known),
        carts=sum(one.carts for one in known),
        checkouts=sum(one.checkouts for one in known),
        orders=sum(one.orders for one in known),
    )


def _slice(name: str, by_step: dict[str, int]) -> FunnelSlice:
    return FunnelSlice(
        name=name,
        visits=by_step[Step.VISIT],
        products=by_step[Step.PRODUCT],
        carts=by_step[Step.CART],
        checkouts=by_step[Step.CHECKOUT],
        orders=by_step[Step.ORDER],
    )
