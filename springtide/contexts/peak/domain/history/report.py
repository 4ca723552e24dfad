"""The report on a history's quality."""

from collections.abc import Iterator, Sequence

import numpy as np

from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.lines import OrderLines
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.history import Exclusion, HistoryRule, QualityReport, RuleCount

SHORT_HISTORY_DAYS = 365
NIGHT = slice(2, 6)
BUSY_NIGHT = 0.15
"""A share of orders between two and six o'clock above which the clock is probably not the shop's."""
MUCH_LEFT_OUT = 0.1


def report_of(lines: OrderLines, demand: Demand, exclusions: Sequence[Exclusion]) -> QualityReport:
    """Count what was left out, and add what a planner should look at."""
    order = {rule: place for place, rule in enumerate(HistoryRule)}
    return QualityReport(
        source=lines.source,
        timezone=lines.timezone,
        first=demand.first,
        last=demand.last,
        days=demand.days,
        open_days=int(demand.open_days.sum()),
        lines_read=lines.frame.height,
        orders=float(demand.orders.sum(dtype=np.float64)),
        lines=float(demand.lines.sum(dtype=np.float64)),
        units=float(demand.units.sum(dtype=np.float64)),
        revenue_minor=float(demand.revenue_minor.sum()),
        products=len(demand.products),
        with_stock_flags=lines.frame["in_stock"].is_not_null().any(),
        with_order_ids=lines.frame["order_id"].is_not_null().any(),
        rules=tuple(_counts(exclusions)),
        exclusions=tuple(sorted(exclusions, key=lambda one: (order[one.rule], one.first, one.key))),
        warnings=tuple(_warnings(lines, demand, exclusions)),
    )


def _counts(exclusions: Sequence[Exclusion]) -> Iterator[RuleCount]:
    for rule in HistoryRule:
        own = [exclusion for exclusion in exclusions if exclusion.rule is rule]
        applied = [exclusion for exclusion in own if not exclusion.kept]
        yield RuleCount(
            rule=rule,
            found=len(own),
            kept=len(own) - len(applied),
            lines=sum(exclusion.lines for exclusion in applied),
            units=sum(exclusion.units for exclusion in applied),
            revenue_minor=sum(exclusion.revenue_minor for exclusion in applied),
        )


def _warnings(lines: OrderLines, demand: Demand, exclusions: Sequence[Exclusion]) -> Iterator[Phrase]:
    if demand.days < SHORT_HISTORY_DAYS:
        yield Phrase(key="history.short", values={"days": demand.days})
    if lines.frame["order_id"].null_count():
        yield Phrase(key="history.no_order_ids", values={"lines": lines.frame["order_id"].null_count()})
    if lines.times_skipped:
        yield Phrase(key="history.times_skipped", values={"lines": lines.times_skipped, "timezone": lines.timezone})
    if lines.times_twice:
        yield Phrase(key="history.times_twice", values={"lines": lines.times_twice, "timezone": lines.timezone})
    night = float(demand.orders_by_hour[:, NIGHT].sum(dtype=np.float64) / demand.orders.sum(dtype=np.float64))
    if night > BUSY_NIGHT:
        percent = round(100 * night)
        yield Phrase(key="history.busy_night", values={"percent": percent, "timezone": lines.timezone})
    bulk = sum(one.units for one in exclusions if one.rule is HistoryRule.BULK and not one.kept)
    share = bulk / (bulk + float(demand.units.sum(dtype=np.float64)))
    if share > MUCH_LEFT_OUT:
        yield Phrase(key="history.much_bulk", values={"percent": round(100 * share)})
    if not lines.frame["in_stock"].is_not_null().any():
        yield Phrase(key="history.no_stock_flags", values={})
