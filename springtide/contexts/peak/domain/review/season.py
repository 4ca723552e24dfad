"""A season looked back on: every figure the plan has against what is known of it, from the frozen plan alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from springtide.contexts.peak.domain.paths.edits import Edits, multipliers
from springtide.contexts.peak.domain.paths.joint import JointPaths
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.review.actual import HOURS, Sold
from springtide.contexts.peak.domain.review.after import Figure, Overridden, review
from springtide.contexts.peak.domain.review.spread import tenths, together, within
from springtide.contexts.peak.domain.review.told import Over, Rows, lines_of
from springtide.contracts.peak.actuals import LeftOut, SoldDay
from springtide.contracts.peak.budget import Booking
from springtide.contracts.peak.common import Band
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.facts import Fact
from springtide.contracts.peak.paths import Calibration, Scope
from springtide.contracts.peak.plan import Plan, PlanTerms
from springtide.contracts.peak.review import Coverage, FactLine, Priors, RawSales, Review, StepReview, Within
from springtide.contracts.peak.told import ToldRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What was planned: the plan, its terms and its paths, as they were frozen under `sha256`."""

    plan: Plan
    terms: PlanTerms
    joint: JointPaths
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a season besides its sales: figures of the whole of it, of days and weeks, and its bookings."""

    facts: Sequence[Fact] = ()
    told: Sequence[ToldRow] = ()
    bookings: Sequence[Booking] = ()


def season_review(frozen: Frozen, sold: Sold, known: Known | None = None) -> Review:
    """Return the review of the days that are over.

    Raises InvalidPeakInput while none is, and for facts about figures that the plan does not have.
    """
    days, known = sold.whole_days, known or Known()
    bands = figures_of(frozen.plan)
    mistakes = list(_mistakes(days, known.facts, bands))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    over = Over(first=frozen.plan.first, days=days, of_season=frozen.joint.totals.season.days)
    totals = _first_days(frozen.joint.totals, days)
    orders = _daily(sold.orders, days)
    events = frozen.joint.forecast.event_days[:days]
    goods = _goods(frozen, sold, events)
    made = review(
        totals,
        orders,
        event_days=events,
        figures=(*_of_demand(totals, sold, days), *goods.figures),
        overrides=tuple(_overridden(frozen, sold, days)),
        before=_before(frozen, totals, events),
    )
    ranked = np.sort(totals.daily_orders, axis=0)[:, None, :]
    return msgspec.structs.replace(
        made,
        steps=(*made.steps, *(_of_fact(fact, bands[fact.figure]) for fact in known.facts if over.is_whole)),
        lines=(
            *lines_of(frozen.plan, frozen.terms, Rows(known.told, over), known.bookings),
            *(_waiting(fact, bands[fact.figure]) for fact in known.facts if not over.is_whole),
        ),
        coverage=(*made.coverage, *goods.coverage),
        within=(*within("total", ranked, orders[None, :], events), *goods.within),
        pit=tenths(totals.daily_orders, orders),
        snapshot_sha256=frozen.sha256,
        is_whole=over.is_whole,
        unknown_units=sold.unknown_units,
        calibration=_next(frozen, made),
        raw=_raw(sold.days),
        event_lever=made.after.event_uplift / made.before.event_uplift if made.before.event_uplift else 1.0,
    )


def figures_of(plan: Plan) -> Mapping[str, Band]:
    """Return the figures of the plan that somebody can know afterwards, by name; money in minor units."""
    carriers = {f"carriers.{one.carrier}.parcels": one.parcels for one in plan.fulfilment.carriers}
    lines = {f"budget.{line.line}": line.cost for line in plan.budget.lines}
    staff = {f"staff.{name}": getattr(plan.staff.costs, name) for name in plan.staff.costs.__struct_fields__}
    gateways = {f"gateways.{one.gateway}.requests_per_s": one.requests_per_s for one in plan.gateways.loads}
    return {
        "visits": plan.paths.visits,
        "fulfilment.parcels": plan.fulfilment.parcels,
        "fulfilment.late": plan.fulfilment.late,
        **carriers,
        "gateways.attempts_per_s": plan.gateways.attempts_per_s,
        **gateways,
        "servers.orders_per_s": plan.servers.orders_per_s,
        "servers.visits_per_s": plan.servers.visits_per_s,
        "servers.cost_minor": plan.servers.cost_minor,
        **staff,
        "budget.total": plan.budget.total,
        **lines,
    }


def _raw(days: Sequence[SoldDay]) -> RawSales | None:
    """Return the days together, rule by rule."""
    if not days:
        return None
    rules = dict.fromkeys(left.rule for day in days for left in day.left_out)
    return RawSales(
        days=len(days),
        orders=sum(day.orders for day in days),
        units=sum(day.units for day in days),
        revenue_minor=sum(day.revenue_minor for day in days),
        left_out=tuple(
            _together(rule, [left for day in days for left in day.left_out if left.rule == rule]) for rule in rules
        ),
    )


def _together(rule: str, parts: Sequence[LeftOut]) -> LeftOut:
    return LeftOut(
        rule=rule,
        lines=sum(one.lines for one in parts),
        units=sum(one.units for one in parts),
        revenue_minor=sum(one.revenue_minor for one in parts),
    )


def _mistakes(days: int, facts: Sequence[Fact], known: Mapping[str, Band]) -> Iterator[Mistake]:
    if not days:
        message = "no day of the season is over: there is nothing to look back on"
        yield Mistake(where="actuals", rule="nothing_over", message=message)
    for row, fact in enumerate(facts, start=1):
        if fact.figure not in known:
            message = f"the plan has no figure {fact.figure}; it has {', '.join(sorted(known))}"
            yield Mistake(where="facts", rule="unknown_figure", message=message, row=row)


def _first_days(totals: PathTotals, days: int) -> PathTotals:
    return replace(
        totals,
        season=replace(totals.season, days=days),
        orders=totals.orders[:, :days],
        visits=totals.visits[:, :days],
        lines=totals.lines[:, :days],
        units=totals.units[:, :days],
        revenue_minor=totals.revenue_minor[:, :days],
    )


def _daily(hourly: NDArray[np.float64], days: int) -> NDArray[np.float64]:
    daily: NDArray[np.float64] = hourly[: days * HOURS].reshape(days, HOURS).sum(axis=1)
    return daily


def _of_demand(totals: PathTotals, sold: Sold, days: int) -> Iterator[Figure]:
    hourly = sold.orders[: days * HOURS]
    orders = _daily(sold.orders, days)
    for name, planned, actual in (
        ("orders", totals.daily_orders.sum(axis=1), orders.sum()),
        ("busiest_day", totals.daily_orders.max(axis=1), orders.max()),
        ("busiest_hour", totals.orders.max(axis=(1, 2)).astype(np.float64), hourly.max()),
        ("units", totals.units.sum(axis=1, dtype=np.float64), sold.units[: days * HOURS].sum()),
        ("revenue_minor", totals.revenue_minor.sum(axis=1), sold.revenue_minor[: days * HOURS].sum()),
    ):
        yield Figure(step="demand", figure=name, planned=planned, actual=float(actual))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goods:
    figures: tuple[Figure, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    within: tuple[Within, ...] = ()


def _goods(frozen: Frozen, sold: Sold, events: NDArray[np.bool_]) -> _Goods:
    """Return what products say, drawn block by block; nothing where only hours were counted."""
    if not sold.has_goods:
        return _Goods()
    from_stock = _there(frozen)
    days, start = sold.whole_days, 0
    parts: list[Within] = []
    short, really_short = np.zeros(frozen.joint.totals.paths), 0
    for block in frozen.joint.products.blocks():
        units = block.units[:, :, :days]
        actual = sold.goods[start : start + len(block.skus), :days]
        there = from_stock[start : start + len(block.skus)]
        start += len(block.skus)
        parts += within("product", np.sort(units, axis=1).transpose(1, 0, 2), actual, events)
        known = there >= 0
        short += (units.sum(axis=2, dtype=np.float64)[known] > there[known, None]).sum(axis=0)
        really_short += int((actual.sum(axis=1)[known] > there[known]).sum())
    counted = bool((from_stock >= 0).any())
    figure = Figure(step="stock", figure="short_products", planned=short, actual=float(really_short))
    return _Goods(figures=(figure,) if counted else (), within=tuple(together(parts)))


def _there(frozen: Frozen) -> NDArray[np.float64]:
    """Return what was counted, announced and ordered of each product, (products,); -1 where nobody counted."""
    counts = {one.sku: one for one in frozen.terms.counts or ()}
    ordered = {line.sku: line.units for line in frozen.plan.stock.lines} if frozen.plan.stock else {}
    return np.array(
        [
            counts[sku].on_hand + sum(units for _, units in counts[sku].inbound) + ordered.get(sku, 0)
            if sku in counts
            else -1.0
            for sku in frozen.joint.products.skus
        ]
    )


def _overridden(frozen: Frozen, sold: Sold, days: int) -> Iterator[Overridden]:
    """Yield each override that counted, on the products it was about; only what is known of those can judge it."""
    forecast, edits = frozen.joint.forecast, frozen.joint.edits
    usual = forecast.units.astype(np.float64)
    with_it = usual * multipliers(edits, forecast)
    for one in edits.applied:
        others = Edits(
            as_of=edits.as_of,
            overrides=tuple(other for other in edits.overrides if other.id != one.id),
            levers=edits.levers,
        )
        without = usual * multipliers(others, forecast)
        touched = (
            (with_it != without).any(axis=1) if one.scope is not Scope.ALL else np.ones(len(usual), dtype=np.bool_)
        )
        if one.scope is not Scope.ALL and not sold.has_goods:
            continue
        actual = sold.goods[touched, :days].sum(axis=0) if sold.has_goods else _daily(sold.units, days)
        yield Overridden(
            id=one.id,
            author=one.author,
            reason=one.reason,
            with_it=with_it[touched, :days].sum(axis=0),
            without_it=without[touched, :days].sum(axis=0),
            actual=actual,
        )


def _before(frozen: Frozen, totals: PathTotals, events: NDArray[np.bool_]) -> Priors:
    """Return what the plan believed; a belief counts as one season."""
    middle = np.median(totals.daily_orders, axis=0)
    uplift = 1.0
    if events.any() and not events.all() and middle[~events].mean() > 0:
        uplift = float(middle[events].mean() / middle[~events].mean())
    return Priors(event_uplift=uplift, common_sd=frozen.terms.calibration.common_sd, seen=1)


def _next(frozen: Frozen, made: Review) -> Calibration:
    """Return the calibration with what this season taught about the whole; the rest stays as it was."""
    was = frozen.terms.calibration
    words = f"{was.learned_on}; the season {made.first} to {made.last}"
    return msgspec.structs.replace(was, common_sd=made.after.common_sd, learned_on=words)


def _waiting(fact: Fact, planned: Band) -> FactLine:
    """Return a figure of the whole season while it runs: shown, and not compared with a part of it."""
    step, _, figure = fact.figure.partition(".")
    is_money = step in {"budget", "staff"} or fact.figure.endswith("_minor")
    return FactLine(
        step=step if figure else "demand",
        figure=figure or step,
        kind="money" if is_money else "number",
        planned=planned.p50,
        low=planned.p10,
        high=planned.p90,
        actual=fact.actual,
        is_compared=False,
    )


def _of_fact(fact: Fact, planned: Band) -> StepReview:
    step, _, figure = fact.figure.partition(".")
    difference = fact.actual - planned.p50
    cost = difference * fact.under_minor if difference > 0 else -difference * fact.over_minor
    return StepReview(
        step=step if figure else "demand",
        figure=figure or step,
        planned=planned,
        actual=fact.actual,
        error=difference / planned.p50 if planned.p50 else 0.0,
        within=planned.p10 <= fact.actual <= planned.p90,
        cost_minor=round(cost),
    )
