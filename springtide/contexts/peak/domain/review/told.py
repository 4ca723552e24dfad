"""What was told of a season, step by step beside the plan: sums of the same days, "not known" where nothing came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from springtide.contracts.peak.budget import COMMITTED, SPENT, Booking
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.plan import Plan, PlanTerms
from springtide.contracts.peak.review import FactLine
from springtide.contracts.peak.told import CHANNELS, ToldRow

_HALF_HOURS_PER_HOUR = 2.0
_PERCENT = 100.0
ByDay = Mapping[date, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The days that are over: `days` from `first`, of a season of `of_season`."""

    first: date
    days: int
    of_season: int

    @property
    def dates(self) -> tuple[date, ...]:
        """Return them in order."""
        return tuple(self.first + timedelta(days=day) for day in range(self.days))

    @property
    def is_whole(self) -> bool:
        """Tell whether that is the whole season."""
        return self.days == self.of_season


class Rows:
    """Told figures, looked up; only those whose days are all over count, as a sum has to be of the same days."""

    def __init__(self, told: Sequence[ToldRow], over: Over) -> None:
        self.over = over
        self._dates = frozenset(over.dates)
        self._told = [row for row in told if self._dates.issuperset(_days(row)) and row.value is not None]

    def of(self, figure: str, of: str = "") -> list[tuple[tuple[date, ...], float]]:
        """Return the days and the value of each row."""
        return [(_days(row), float(row.value or 0)) for row in self._told if row.what == (figure, of)]


def lines_of(plan: Plan, terms: PlanTerms, rows: Rows, bookings: Sequence[Booking]) -> Iterator[FactLine]:
    """Yield every line, also of what nobody told."""
    yield from _of_warehouse(plan, rows)
    yield from _of_carriers(plan, rows)
    yield from _of_support(plan, rows)
    yield from _of_gateways(plan, terms, rows)
    yield _summed(rows, "servers", "servers.cost_minor", planned=None, whole=plan.servers.cost_minor, kind="money")
    yield from _of_budget(plan, rows.over, bookings)


def _of_warehouse(plan: Plan, rows: Rows) -> Iterator[FactLine]:
    paid = {day.day: day.asked_paid for day in plan.staff.floor}
    yield _summed(rows, "warehouse", "warehouse.paid_hours", planned=paid)
    late: dict[date, float] = {}
    for house in plan.fulfilment.houses:
        for day in house.days:
            late[day.day] = late.get(day.day, 0.0) + day.late.mean
    bands = {day.day: day.late for day in plan.fulfilment.houses[0].days} if len(plan.fulfilment.houses) == 1 else {}
    yield _summed(rows, "warehouse", "warehouse.late", planned=late, bands=bands)


def _of_carriers(plan: Plan, rows: Rows) -> Iterator[FactLine]:
    due: dict[date, float] = {}
    for carrier in plan.fulfilment.carriers:
        for day in carrier.days:
            due[day.day] = due.get(day.day, 0.0) + day.due.mean
    yield _summed(rows, "carriers", "shipments.sent", planned=due)
    for carrier in plan.fulfilment.carriers:
        bands = {day.day: day.due for day in carrier.days}
        means = {day: band.mean for day, band in bands.items()}
        yield _summed(rows, "carriers", "carriers.parcels", carrier.carrier, planned=means, bands=bands)
        late, days = _share(rows, ("carriers.late", carrier.carrier), ("carriers.parcels", carrier.carrier))
        yield FactLine(
            step="carriers",
            figure="late_share",
            of=carrier.carrier,
            kind="percent",
            planned=1.0 - carrier.on_time_good,
            low=1.0 - carrier.on_time_good,
            high=1.0 - carrier.on_time_bad,
            actual=late,
            days=days,
            of_days=rows.over.days,
        )


def _of_support(plan: Plan, rows: Rows) -> Iterator[FactLine]:
    first, scheduled = plan.staff.first, plan.staff.support.scheduled
    hours = {first + timedelta(days=place): sum(day) / _HALF_HOURS_PER_HOUR for place, day in enumerate(scheduled)}
    yield _summed(rows, "support", "support.paid_hours", planned=hours)
    targets = {check.channel: check.target for check in plan.staff.support.checks}
    for channel in CHANNELS:
        bands: dict[date, Band] = {day.day: getattr(day, channel) for day in plan.staff.contacts}
        means = {day: band.mean for day, band in bands.items()}
        yield _summed(rows, "support", "support.contacts", channel, planned=means, bands=bands)
        in_time, days = _share(rows, ("support.in_time", channel), ("support.contacts", channel))
        yield FactLine(
            step="support",
            figure="in_time_share",
            of=channel,
            kind="percent",
            planned=targets.get(channel),
            actual=in_time,
            days=days,
            of_days=rows.over.days,
        )


def _of_gateways(plan: Plan, terms: PlanTerms, rows: Rows) -> Iterator[FactLine]:
    seconds = rows.of("gateways.busiest_second")
    told = len(seconds) == rows.over.days and rows.over.is_whole
    planned = plan.gateways.attempts_per_s
    yield FactLine(
        step="gateways",
        figure="busiest_second",
        planned=planned.p50,
        low=planned.p10,
        high=planned.p90,
        actual=max((value for _, value in seconds), default=None),
        days=len(seconds),
        of_days=rows.over.days,
        is_compared=told,
    )
    for gateway in terms.company.gateways:
        declined, days = _share(rows, ("gateways.declined", gateway.id), ("gateways.attempts", gateway.id))
        yield FactLine(
            step="gateways",
            figure="declined_share",
            of=gateway.id,
            kind="percent",
            planned=1.0 - float(gateway.authorisation_rate.value) / _PERCENT,
            actual=declined,
            days=days,
            of_days=rows.over.days,
        )


def _of_budget(plan: Plan, over: Over, bookings: Sequence[Booking]) -> Iterator[FactLine]:
    """Yield each line: money gone by the last day that is over; compared once the season is."""
    last = over.dates[-1]
    for line in plan.budget.lines:
        mine = [one for one in bookings if one.line == line.line and one.day <= last]
        for figure, kind in (("spent", SPENT), ("committed", COMMITTED)):
            amounts = [one.amount_minor for one in mine if one.kind == kind]
            if kind == COMMITTED and not amounts:
                continue
            yield FactLine(
                step="budget",
                figure=figure,
                of=line.line,
                kind="money",
                planned=float(line.planned_minor),
                low=line.cost.p10,
                high=line.cost.p90,
                actual=float(sum(amounts)) if amounts else None,
                days=over.days if amounts else 0,
                of_days=over.days,
                is_compared=over.is_whole and kind == SPENT,
            )


def _summed(
    rows: Rows,
    step: str,
    figure: str,
    of: str = "",
    *,
    planned: ByDay | None,
    bands: Mapping[date, Band] | None = None,
    whole: Band | None = None,
    kind: str = "number",
) -> FactLine:
    """Return a figure added up over the days that were told and that the plan has.

    `whole`: of the season, for a figure that the plan does not have by day; it is compared when all days were told.
    """
    told = [(span, value) for span, value in rows.of(figure, of) if planned is None or planned.keys() >= set(span)]
    days = sum(len(span) for span, _ in told)
    name = figure.partition(".")[2] if figure.partition(".")[0] == step else figure
    line = FactLine(
        step=step,
        figure=name,
        of=of,
        kind=kind,
        actual=sum(value for _, value in told) if told else None,
        days=days,
        of_days=rows.over.days,
    )
    if planned is None:
        return _of_season(line, whole, all_told=rows.over.is_whole and days == rows.over.days)
    single = [(span[0], value) for span, value in told if len(span) == 1 and bands and span[0] in bands]
    inside = [bands[day].p10 <= value <= bands[day].p90 for day, value in single] if bands else []
    used = [day for span, _ in told for day in span] or list(rows.over.dates)
    return _with(line, planned=sum(planned.get(day, 0.0) for day in used), within=sum(inside) if inside else None)


def _of_season(line: FactLine, whole: Band | None, *, all_told: bool) -> FactLine:
    if whole is None:
        return line
    return msgspec.structs.replace(line, planned=whole.p50, low=whole.p10, high=whole.p90, is_compared=all_told)


def _with(line: FactLine, *, planned: float, within: int | None) -> FactLine:
    return msgspec.structs.replace(line, planned=planned, days_within=within)


def _share(rows: Rows, part: tuple[str, str], whole: tuple[str, str]) -> tuple[float | None, int]:
    """Return a share over the spans in which both were told, and how many days those are."""
    parts, wholes = dict(rows.of(*part)), dict(rows.of(*whole))
    both = [span for span in parts if span in wholes]
    total = sum(wholes[span] for span in both)
    if not total:
        return None, 0
    return sum(parts[span] for span in both) / total, sum(len(span) for span in both)


def _days(row: ToldRow) -> tuple[date, ...]:
    return tuple(row.day + timedelta(days=place) for place in range(row.days))
