"""Count the demo's baskets: `python -m scripts.baskets > springtide/rehearsal/scenarios/baskets.json`.

From the history that ships with the demo (Online Retail II, CC BY 4.0, Chen 2019): articles only, the last twelve
months before its end, without what the shop's own decisions leave out (docs/demo-data.md).
"""

import sys
from datetime import UTC, datetime, timedelta

import msgspec

from springtide.demo.history import read_history
from springtide.demo.history_records import AS_OF
from springtide.rehearsal.load.baskets import BasketCounter, BasketFigures

_DAYS = 365
SOURCE = (
    "the demo's orders of the twelve months before 2011-09-01; Online Retail II, Chen, D. (2019), UCI no. 502, "
    "https://doi.org/10.24432/C5CG6D, CC BY 4.0; counted by scripts/baskets.py"
)


def counted() -> BasketFigures:
    """Return the figures."""
    since = datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC) - timedelta(days=_DAYS)
    counter = BasketCounter()
    for order in read_history():
        if order.kind == "sale" and order.placed_at >= since:
            counter.count((line.sku, line.quantity) for line in order.lines if line.kind == "article")
    return counter.figures(SOURCE)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(counted()).decode() + "\n")
