"""A past as it was known on a day: nothing of what came later is read."""

from dataclasses import replace
from datetime import date

import polars as pl

from springtide.contexts.peak.domain.backtest.cut import before
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake


def up_to(past: OrderLines | ReadySeries, last: date) -> OrderLines | ReadySeries:
    """Return the past up to a day, included; raises InvalidPeakInput for a day before it begins."""
    first = past.demand.first if isinstance(past, ReadySeries) else past.span[0]
    if last < first:
        message = f"the history begins on {first}, after {last}"
        raise InvalidPeakInput.of([Mistake(where="until", rule="before_the_history", message=message)])
    if isinstance(past, ReadySeries):
        demand = before(past.demand, min(last, past.demand.last))
        return replace(past, demand=demand, known=past.known[: demand.days])
    return replace(past, frame=past.frame.filter(pl.col("local").dt.date() <= last))
