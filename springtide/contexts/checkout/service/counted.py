"""The funnel, counted for those who watch the shop: from the cart to the order, and where it ends before that."""

from prometheus_client import Counter

from springtide.platform.telemetry import REGISTRY

STEPS = Counter(
    "springtide_checkout_steps",
    "Carts and tries that reached a step: cart_created, details_set, then the steps of the completion process",
    ["step", "market"],
    registry=REGISTRY,
)
REFUSED = Counter(
    "springtide_checkout_refused",
    "Buyers who wanted to pay and could not: why, by code",
    ["code"],
    registry=REGISTRY,
)
