"""A shop's past, from the options that several steps share."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from springtide.commands.output import aside
from springtide.commands.peak.options import DEMO
from springtide.contexts.peak.domain.backtest.up_to import up_to
from springtide.contexts.peak.domain.events import holidays_in
from springtide.contexts.peak.domain.forecast.seasonal import YEAR
from springtide.contexts.peak.domain.history.demand import Demand
from springtide.contexts.peak.domain.history.demand_of import Around, demand_of
from springtide.contexts.peak.domain.history.lines import OrderLines, lines_of
from springtide.contexts.peak.domain.history.ready import ReadySeries
from springtide.contexts.peak.providers.calendar_file import read_calendar, usual_calendar
from springtide.contexts.peak.providers.clock import check_timezone
from springtide.contexts.peak.providers.history_file import read_history_file
from springtide.contexts.peak.providers.series import read_catalogue, read_visits
from springtide.contracts.peak.calendar import CALENDAR_DOCUMENT, EventCalendar, mistakes_of_calendar
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.history import QualityReport
from springtide.demo.catalogue import read_catalogue as read_demo_catalogue
from springtide.demo.company import COMPANY_FOLDER
from springtide.demo.history import HistoryOrder, read_history

_COLUMNS = ("local", "sku", "quantity", "price_minor", "order_id", "customer_id", "country")
DEMO_EVENTS = COMPANY_FOLDER / CALENDAR_DOCUMENT
"""The usual events; the demo sells gifts, which says how high a first Christmas is."""
DEMO_CURRENCY = "GBP"
_GOODS = ("article", "free", "unlisted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A shop's demand with its calendar. `report` is None for ready series: somebody else looked them over.

    `ready`: the series as they were read.
    """

    demand: Demand
    calendar: EventCalendar
    step_days: int
    report: QualityReport | None
    ready: ReadySeries | None = None


def read_past(options: argparse.Namespace) -> Past:
    """Read everything; raises InvalidPeakInput naming every mistake, OSError for a file that is not there."""
    calendar = _calendar(options)
    categories = read_catalogue(Path(options.catalogue)) if options.catalogue else {}
    visits = read_visits(Path(options.visits)) if options.visits else {}
    if options.file == DEMO:
        lines: OrderLines | ReadySeries = demo_lines()
        categories = categories or {row.sku: row.category for row in read_demo_catalogue()}
    else:
        timezone = check_timezone(options.timezone)
        lines = read_history_file(
            Path(options.file), timezone=timezone, categories=categories, currency=options.currency
        )
    if options.history_until:
        lines = up_to(lines, options.history_until)
    if isinstance(lines, ReadySeries):
        if lines.below_zero:
            aside(f"{lines.below_zero} quantities below 0 are read as 0: more was taken back than sold")
        calendar = _of_series(calendar, lines, options)
        return Past(demand=lines.demand, calendar=calendar, step_days=lines.step_days, report=None, ready=lines)
    holidays = holidays_in(calendar.regions[0], *lines.span)
    around = Around(closed=calendar.closed_days(), holidays=holidays, visits=visits, categories=categories)
    demand, report = demand_of(lines, keep=frozenset(options.keep), around=around)
    return Past(demand=demand, calendar=calendar, step_days=1, report=report)


def _calendar(options: argparse.Namespace) -> EventCalendar:
    """Return the events; `--gifts`, where a step has it, replaces what they say of a first Christmas."""
    if options.events:
        calendar = read_calendar(Path(options.events))
    else:
        calendar = read_calendar(DEMO_EVENTS) if options.file == DEMO else usual_calendar()
    gifts = getattr(options, "gifts", None)
    if gifts is None:
        return calendar
    changed = msgspec.structs.replace(calendar, gifts=gifts)
    mistakes = list(mistakes_of_calendar(changed, where="--gifts"))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return changed


def _of_series(calendar: EventCalendar, lines: ReadySeries, options: argparse.Namespace) -> EventCalendar:
    """Return the events of ready series: nobody said what they count, so no Christmas they have not seen is assumed."""
    if options.events or getattr(options, "gifts", None) is not None:
        return calendar
    if lines.demand.days < YEAR:
        aside("less than a year of ready series: no Christmas is assumed; --gifts 1 is that of general goods")
    return msgspec.structs.replace(calendar, gifts=0.0)


def demo_lines() -> OrderLines:
    """Return the demo shop's past; prices are net of VAT."""
    return lines_of(
        (row for order in read_history() for row in _rows(order)),
        _COLUMNS,
        source="the demo shop's past",
        timezone="Europe/London",
    )


def _rows(order: HistoryOrder) -> Iterator[tuple[object, ...]]:
    sign = -1.0 if order.kind == "credit" else 1.0
    parties = (order.external_ref, order.customer_ref, order.country)
    for line in order.lines:
        if line.kind in _GOODS:
            yield order.placed_at.replace(tzinfo=None), line.sku, sign * line.quantity, line.unit_net_minor, *parties
    for adjustment in order.adjustments:
        for part in adjustment.lines:
            line = order.lines[part.line]
            if line.kind in _GOODS:
                at = adjustment.at.replace(tzinfo=None)
                yield at, line.sku, -float(part.quantity), part.unit_net_minor, *parties
