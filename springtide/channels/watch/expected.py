"""What should be sold now, and what is not sold because we fail: for the dashboard and the live page.

Money not sold a minute = what usually comes in a minute at this hour of this weekday (`OrdersApi.pace`)
                          x the share of buyers' writing requests of the last five minutes that we answered with 5xx or
                            turned away; all of them when no web process is heard.
"""

from prometheus_client import Gauge

from springtide.channels.watch.facts import Facts
from springtide.platform.fleet_figures import GONE_AFTER_S
from springtide.platform.telemetry import REGISTRY

ORDERS_EXPECTED = Gauge(
    "springtide_orders_expected_per_minute", "Orders that usually come at this hour of this weekday", registry=REGISTRY
)
REVENUE_EXPECTED = Gauge(
    "springtide_revenue_expected_minor_per_minute",
    "Money that usually comes at this hour of this weekday, in minor units a minute",
    ["currency"],
    registry=REGISTRY,
)
UNSOLD = Gauge(
    "springtide_unsold_minor_per_minute",
    "Money not sold because requests of buyers fail, in minor units a minute",
    ["currency"],
    registry=REGISTRY,
)


def refused_share(facts: Facts) -> float:
    """Return the share of buyers' writing requests that fail because of us: 1 when nobody is there to take them."""
    if "web" not in facts.roles and facts.heard_for_s > GONE_AFTER_S:
        return 1.0
    return facts.buying.share


def show(facts: Facts) -> None:
    """Set the gauges; what the orders context does not tell stays as it was."""
    if facts.pace is None:
        return
    ORDERS_EXPECTED.set(facts.pace.orders_per_minute)
    share = refused_share(facts)
    for rate in facts.pace.revenue:
        REVENUE_EXPECTED.labels(rate.currency).set(rate.minor_per_minute)
        UNSOLD.labels(rate.currency).set(rate.minor_per_minute * share)
