"""Where the units of a line come from, cut into what is shipped, cancelled and returned.

Shipping takes stock before inbound, cancelling inbound before stock: what is there leaves first, what is still to come
is given up first.
"""

from collections.abc import Iterable

import msgspec

from springtide.contracts.inventory.api import Allocation

Allocations = tuple[Allocation, ...]


def take_for_shipping(open_: Allocations, units: int) -> tuple[Allocations, Allocations]:
    """Return (taken, left): `units` from the front, stock before inbound."""
    return _take(open_, units, inbound_first=False)


def take_for_cancelling(open_: Allocations, units: int) -> tuple[Allocations, Allocations]:
    """Return (taken, left): `units` from the back, inbound before stock."""
    taken, left = _take(tuple(reversed(open_)), units, inbound_first=True)
    return taken, tuple(reversed(left))


def returned(shipped: Iterable[Allocation], before: int, units: int) -> Allocations:
    """Return where `units` go back to, when `before` units of what was shipped came back already."""
    _, rest = _take(tuple(shipped), before, inbound_first=False)
    taken, _ = _take(rest, units, inbound_first=False)
    return tuple(msgspec.structs.replace(allocation, inbound=0, expected_on=None) for allocation in taken)


def spread(pool: dict[str, Allocations], sku: str, units: int) -> Allocations:
    """Take `units` of a SKU out of `pool` (changed in place): one SKU may be on several lines of a quote."""
    taken, pool[sku] = _take(pool.get(sku, ()), units, inbound_first=False)
    return taken


def _take(source: Allocations, units: int, *, inbound_first: bool) -> tuple[Allocations, Allocations]:
    taken, left = [], []
    for allocation in source:
        now = min(units, allocation.quantity)
        units -= now
        part = _part(allocation, now, inbound_first=inbound_first)
        rest = _part(allocation, allocation.quantity - now, inbound_first=not inbound_first)
        taken += [part] if part.quantity else []
        left += [rest] if rest.quantity else []
    return tuple(taken), tuple(left)


def _part(allocation: Allocation, units: int, *, inbound_first: bool) -> Allocation:
    stock = allocation.quantity - allocation.inbound
    inbound = min(units, allocation.inbound) if inbound_first else max(0, units - stock)
    expected_on = allocation.expected_on if inbound else None
    return msgspec.structs.replace(allocation, quantity=units, inbound=inbound, expected_on=expected_on)
