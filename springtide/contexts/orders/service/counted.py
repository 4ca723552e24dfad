"""What orders counts for those who watch the shop."""

from prometheus_client import Counter

from springtide.platform.telemetry import REGISTRY

ORDERS = Counter("springtide_orders_placed", "Orders placed, without trial orders", ["market"], registry=REGISTRY)
REVENUE_MINOR = Counter(
    "springtide_order_revenue_minor", "Totals of orders placed, in minor units", ["currency"], registry=REGISTRY
)
TRIAL_ORDERS = Counter(
    "springtide_trial_orders_placed", "Orders of rehearsals and health checks", ["channel"], registry=REGISTRY
)
