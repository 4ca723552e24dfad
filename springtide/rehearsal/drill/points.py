"""Every step at which a process can be told to die, and how likely a drill picks it among those of its process.

A call has up to three: `before` and `after` the work in the process that answers, `answered` in the one that asked. The
steps of the completion process and the calls to gateways have their own. `tests/unit/rehearsal` compares this list with
the failpoints in the code.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_MOMENTS = ("before", "after", "answered")
_CALLS = {
    "checkout": ("create_cart", "set_details", "complete", "completion", "buyer_returned"),
    "pricing": ("quote",),
    "inventory": ("hold", "claim", "release", "extend"),
    "payments": ("start", "refresh", "close", "undo", "webhook"),
    "orders": ("place", "ship", "cancel"),
}
_STEPS = ("hold", "authorise", "awaiting_buyer", "unknown", "claim", "place")
_GATEWAY_ORDERS = ("capture", "void", "refund")
_RARE = frozenset({"extend", "refresh", "close", "undo", "release", "unknown", "void", "refund", "quote", "completion"})
_ASKED_FOR = {
    "checkout": "web",
    "pricing": "checkout",
    "inventory": "checkout",
    "payments": "checkout",
    "orders": "checkout",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A step by name. `role` is held by the process that dies there; `weight`: how often it is picked."""

    name: str
    role: str
    weight: int


def _all() -> Iterator[Point]:
    for context, verbs in _CALLS.items():
        for verb in verbs:
            weight = 1 if verb in _RARE else 4
            for moment in _MOMENTS:
                role = _ASKED_FOR[context] if moment == "answered" else context
                role = "web" if (context, verb) == ("payments", "webhook") and moment == "answered" else role
                yield Point(f"{context}.{verb}.{moment}", role, weight)
    for step in _STEPS:
        weight = 1 if step in _RARE else 4
        yield Point(f"checkout.{step}.answered", "checkout", weight)
        yield Point(f"checkout.{step}.recorded", "checkout", weight)
    yield Point("payments.gateway_start.recorded", "payments", 4)
    yield Point("payments.gateway_start.answered", "payments", 4)
    yield Point("payments.gateway_start.moved", "payments", 2)
    for order in _GATEWAY_ORDERS:
        weight = 1 if order in _RARE else 3
        yield Point(f"payments.gateway_{order}.ordered", "payments", weight)
        yield Point(f"payments.gateway_{order}.answered", "payments", weight)


POINTS: tuple[Point, ...] = tuple(
    point for point in _all() if point.name not in {"orders.ship.answered", "orders.cancel.answered"}
)
"""The two that are left out would kill the drill's own clerk, who asks."""
