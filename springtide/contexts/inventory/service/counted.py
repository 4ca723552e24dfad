"""What inventory counts for those who watch the shop."""

from prometheus_client import Counter

from springtide.contexts.inventory.domain.bands import Told
from springtide.contracts.inventory.api import Band
from springtide.platform.db import Tx
from springtide.platform.member import Member
from springtide.platform.telemetry import REGISTRY

HOLDS = Counter(
    "springtide_stock_holds",
    "What came of holds: held, extended, claimed, released, expired, or why not, by code",
    ["outcome"],
    registry=REGISTRY,
)
SOLD_OUT = Counter(
    "springtide_stock_outs",
    "SKUs that ran out, each time, by market",
    ["market"],
    registry=REGISTRY,
)


def count_told(by: Tx | Member[object], told: Told) -> None:
    """Count the markets in which a SKU has just run out."""
    for band in told.changed:
        if band.band is Band.SOLD_OUT:
            by.count(SOLD_OUT, band.market)
