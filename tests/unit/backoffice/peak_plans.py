"""A plan as the desk would publish it: gateways, servers, budget and readiness made by the real numerics."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

import msgspec
import numpy as np

from springtide.contexts.peak.domain.bands import band_of
from springtide.contexts.peak.domain.brief import briefs_of
from springtide.contexts.peak.domain.budget.plan import CostLine, Income, plan_budget
from springtide.contexts.peak.domain.fulfilment.plan import plan_fulfilment
from springtide.contexts.peak.domain.fulfilment.report import report_of as fulfilment_of
from springtide.contexts.peak.domain.gateways.plan import plan_gateways
from springtide.contexts.peak.domain.partners.needs import needs_of
from springtide.contexts.peak.domain.partners.register import register_of
from springtide.contexts.peak.domain.partners.review import review_partners
from springtide.contexts.peak.domain.paths.products import StoredPaths
from springtide.contexts.peak.domain.paths.totals import PathTotals
from springtide.contexts.peak.domain.plan.methods import methods_of_plan
from springtide.contexts.peak.domain.plan.minute import ASSUMED
from springtide.contexts.peak.domain.readiness.findings import of_budget, of_gateways, of_servers
from springtide.contexts.peak.domain.readiness.judge import judge
from springtide.contexts.peak.domain.review.after import Figure, Overridden, review
from springtide.contexts.peak.domain.review.live import live_view
from springtide.contexts.peak.domain.risk.plan import plan_risks
from springtide.contexts.peak.domain.season import Season
from springtide.contexts.peak.domain.servers.plan import plan_servers
from springtide.contexts.peak.domain.staff.plan import StaffAsk, plan_staff
from springtide.contexts.peak.domain.stock.report import items_of, report_of
from springtide.contexts.peak.domain.stock.season import StockResult, plan_stock
from springtide.contracts.peak.api import (
    EvidenceRow,
    FrozenInput,
    InputInfo,
    Part,
    PeakNotFound,
    PlanInfo,
    PlanRow,
    PlanSettings,
    PlanState,
    Stage,
)
from springtide.contracts.peak.budget import BudgetTerms, Firmness, Release
from springtide.contracts.peak.event_outlook import EventOutlook, OffsetUplift, PastOccurrence
from springtide.contracts.peak.evidence import MeasuredRun, RunKind, RunRow
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, decode_partner_notes
from springtide.contracts.peak.paths import Levers, PathsSummary
from springtide.contracts.peak.plan import PlanDay
from springtide.contracts.peak.readiness import Readiness
from springtide.contracts.peak.review import LiveView, Priors, Review
from springtide.contracts.peak.risk import RISKS_DOCUMENT, decode_risks
from springtide.contracts.peak.season import Season as SeasonOfPlan
from springtide.contracts.peak.season import SeasonState
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.staff_terms import StaffTerms
from springtide.contracts.peak.stock import StockItem, StockPlan, StockRow
from springtide.demo.company import COMPANY_FOLDER, load_company
from tests.unit.backoffice.office_facts import AT, uid
from tests.unit.peak.gateways.totals import totals_of
from tests.unit.peak.staff.made import totals as staff_totals

PLAN = uid(77)
AS_OF = date(2011, 10, 1)
NASTY_TITLE = "<b>Christmas</b>"


def totals():
    days = [[1.0] * 8 + [12.0 + day] * 14 + [2.0] * 2 for day in range(28)]
    days[13] = [2.0] * 8 + [90_000.0] * 6 + [50.0] * 10
    return totals_of(orders_per_hour=days, levels=[level / 20 for level in range(1, 41)], first=AS_OF)


@cache
def bodies() -> dict[str, bytes]:
    """Return the parts of the plan by step, each as its JSON."""
    season = totals()
    company = load_company()
    servers, gateways = plan_servers(season, company).plan, plan_gateways(season, company)
    daily = season.daily_orders
    goods = np.zeros((1, season.season.days))
    goods[0, 0] = 9e8
    budget = plan_budget(
        season.season,
        [
            CostLine(line="goods", firmness=Firmness.IN_HAND, paid_minor=goods),
            CostLine(line="logistics", firmness=Firmness.VARIABLE, paid_minor=daily * 350.0),
        ],
        Income(received_minor=season.revenue_minor, margin_minor=season.revenue_minor.sum(axis=1) * 0.5),
        BudgetTerms(releases=(Release(line="*", role="owner", up_to_minor=10_000_000),)),
    )
    findings = [
        *of_servers(servers, on=AS_OF, plan_id="plan 4"),
        *of_gateways(gateways, on=AS_OF, plan_id="plan 4"),
        *of_budget(budget, on=AS_OF, plan_id="plan 4"),
    ]
    decisions = [*servers.decisions, *gateways.decisions, *budget.decisions]
    deadlines = [*servers.deadlines, *gateways.deadlines]
    total = band_of(daily.sum(axis=1))
    summary = PathsSummary(
        paths=40,
        seed=1,
        orders=total,
        units=total,
        lines=total,
        revenue_minor=total,
        visits=total,
        busiest_hour_orders=total,
        path_p50=19,
        path_p90=35,
        path_p99=39,
        spread=0.2,
        learned_on="documented priors",
        levers=Levers(),
    )
    head = {
        "company": company.basics.name,
        "currency": "GBP",
        "timezone": "Europe/London",
        "as_of": AS_OF,
        "first": season.season.first,
        "last": season.season.last,
        "products": 3,
        "stages": [],
        "missing": [],
    }
    parts: dict[str, Any] = {
        "head": head,
        "days": [_day(place, day, daily[:, place]) for place, day in enumerate(season.season.dates)],
        "decisions": decisions,
        "deadlines": deadlines,
        "paths": summary,
        "methods": methods_of_plan(None, ""),
        "peak_minute": ASSUMED,
        "servers": servers,
        "gateways": gateways,
        "budget": budget,
        "readiness": judge(findings, on=AS_OF, deadlines=deadlines),
        "briefs": briefs_of(decisions, {}),
        "stock": stock_plan(),
        "items": items(),
        "events": events(),
        "staff": staff_plan(),
        "fulfilment": fulfilment_plan(),
        **partners_and_risks(season, gateways),
    }
    return {step: msgspec.json.encode(part) for step, part in parts.items()}


def stock_plan() -> StockPlan:
    """Return a buy list of 36 products."""
    return report_of(_stock(), peak_day=AS_OF)


def items() -> tuple[StockItem, ...]:
    """Return the same products one by one, with a year of sales up to the season."""
    sold = tuple(range(53))
    return tuple(msgspec.structs.replace(one, sold=sold, past_until=AS_OF) for one in items_of(_stock()))


def events() -> tuple[EventOutlook, ...]:
    """Return an event that is known, and one that nobody has seen."""
    known = EventOutlook(
        event="black-friday",
        name="Black Friday",
        on=date(2011, 11, 25),
        counts=True,
        discount=0.2,
        marketing_minor=100_000,
        products=40,
        past=(
            PastOccurrence(on=date(2009, 11, 27), strength=1.4, discount=0.1, marketing_minor=0),
            PastOccurrence(on=date(2010, 11, 26), strength=1.6, discount=0.2, marketing_minor=0),
        ),
        days=tuple(
            OffsetUplift(day=date(2011, 11, 25) + timedelta(days=offset), offset=offset, uplift=2.5 - abs(offset) / 2)
            for offset in range(-2, 3)
        ),
        ten_points_more=1.4,
        half_more_spend=1.05,
    )
    drop = msgspec.structs.replace(known, event="drop", name="Drop", counts=False, products=0, past=(), days=())
    return known, drop


@cache
def _stock() -> StockResult:
    season = Season(first=AS_OF, days=60)
    random = np.random.Generator(np.random.Philox(11))
    company = load_company()
    skus = tuple(f"sku{number:02}" for number in range(36))
    units = random.poisson(6.0 * random.lognormal(0, 0.2, (1, 60, 1)), (36, 60, 60)).astype(np.float32)
    rows = [
        StockRow(
            sku=sku,
            category="mugs-and-cups",
            supplier=company.suppliers[number % 12].id,
            price_minor=800 + 10 * number,
            on_hand=150,
            weekly_units=42.0,
            pack_size=6,
        )
        for number, sku in enumerate(skus)
    ]
    return plan_stock(StoredPaths(season=season, skus=skus, units=units), rows, company)


@cache
def fulfilment_plan() -> FulfilmentPlan:
    """Return two weeks before Christmas of a shop twenty times the demo's, in both houses."""
    company = load_company()
    season = staff_totals(20, size=20.0, season=Season(first=date(2011, 12, 5), days=14))
    return fulfilment_of(plan_fulfilment(season, company), company, (), today=AS_OF)


def partners_and_risks(season: PathTotals, gateways: GatewayPlan) -> dict[str, Any]:
    """Return the register and the risks of the demo company on these paths."""
    company = load_company()
    documents = {name: (COMPANY_FOLDER / name).read_bytes() for name in (PARTNERS_DOCUMENT, RISKS_DOCUMENT)}
    register = register_of(company, decode_partner_notes(documents[PARTNERS_DOCUMENT]), today=AS_OF)
    peak = date(2011, 11, 25)
    needs = needs_of(register, fulfilment=fulfilment_plan(), staff=staff_plan(), gateways=gateways, stock=None)
    risks = decode_risks(documents[RISKS_DOCUMENT])
    return {
        "partners": review_partners(register, today=AS_OF, peak=peak, needs=needs),
        "risks": plan_risks(season, risks, register, today=AS_OF, peak=peak, seed=1),
    }


def steady() -> PathTotals:
    """Return ten days of 240 orders on the middle path, up to twice as many on the highest."""
    return totals_of(orders_per_hour=[[10.0] * 24] * 10, levels=[level / 50 for level in range(1, 101)])


def live_of(level: float, *, hours: int) -> LiveView:
    """Return where a season stands of which these hours sold `level` times the middle path."""
    return live_view(steady(), np.full(hours, 10.0 * level))


def review_of(level: float) -> Review:
    """Return the review of a season that sold `level` times the middle path; one override helped."""
    sold = np.full(10, 240.0 * level)
    return review(
        steady(),
        sold,
        event_days=np.array([False] * 8 + [True] * 2),
        figures=[
            Figure(step="staff", figure="hours", planned=np.arange(1.0, 101.0), actual=95.0, under_minor=100),
            Figure(step="servers", figure="requests", planned=np.arange(1.0, 101.0), actual=40.0),
        ],
        overrides=[
            Overridden(
                id="a", author="staff:ruth", reason="a film", with_it=sold * 1.1, without_it=sold * 0.5, actual=sold
            )
        ],
        before=Priors(event_uplift=2.0, common_sd=0.14, seen=3),
    )


def season_of(**changes: Any) -> SeasonOfPlan:
    """Return a season under way that sold almost twice the middle path, looked at a while ago."""
    season = SeasonOfPlan(
        state=SeasonState.RUNNING,
        known_until=datetime(2011, 11, 22, 0),  # noqa: DTZ001 - the shop's own clock
        silent_h=0,
        looked_at=AT,
        until=datetime(2011, 11, 22, 0),  # noqa: DTZ001 - the shop's own clock
        replayed=False,
        waiting=False,
        live_json=msgspec.json.encode(live_of(1.9, hours=24)),
        review_json=msgspec.json.encode(review_of(1.2)),
        mistakes=(),
    )
    for name in ("live", "review"):
        if name in changes:
            made = changes.pop(name)
            changes[f"{name}_json"] = msgspec.json.encode(made) if made else None
    return msgspec.structs.replace(season, **changes)


@cache
def staff_plan() -> StaffPlan:
    """Return people for two weeks of a shop twenty times the demo's, a week of them with names."""
    season = Season(first=date(2011, 11, 21), days=14)
    ask = StaffAsk(today=AS_OF, roster_from=season.first, roster_weeks=1, effort=0.1)
    return plan_staff(staff_totals(20, size=20.0, season=season), load_company(), StaffTerms(), ask).plan


def _day(place: int, day: date, orders: np.ndarray) -> PlanDay:
    band = band_of(orders)
    return PlanDay(
        day=day,
        is_event=place == 13,
        forecast_orders=band.mean,
        orders=band,
        units=band,
        revenue_minor=band,
        p50=band.p50,
        p90=band.p90,
        p99=band.p99,
    )


def row(state: PlanState = PlanState.DONE) -> PlanRow:
    return PlanRow(
        id=PLAN,
        number=4,
        title=NASTY_TITLE,
        state=state,
        stage="stock",
        share=0.4,
        author="staff:ruth",
        ordered_at=AT,
        ended_at=AT,
    )


def plan(state: PlanState = PlanState.DONE, **changes: Any) -> PlanInfo:
    made = PlanInfo(
        row=row(state),
        settings=PlanSettings(first=AS_OF, days=28),
        inputs=(FrozenInput(name="company.toml", version=1, sha256="0" * 64),),
        inputs_sha256="0" * 64,
        overrides=(),
        started_at=AT,
        stages=(Stage(name="paths", seconds=2.5),),
        parts=(),
        figures={"orders_p50": 1.0},
        mistakes=(),
    )
    return msgspec.structs.replace(made, **changes)


def inputs(at: datetime = AT) -> tuple[InputInfo, ...]:
    info = InputInfo(
        name="company.toml",
        version=3,
        sha256="0" * 64,
        size_bytes=10,
        author="staff:ruth",
        reason="new rent",
        saved_at=at,
    )
    return (info,)


FILED = EvidenceRow(
    id=uid(78),
    author="staff:ruth",
    item="parcels_booked",
    passed=True,
    source="hand",
    owner="Bram",
    filed_on=AS_OF,
    document="<b>booking</b>.pdf",
    expires_on=None,
    note="",
    attachment="a" * 64,
)
WITHDRAWN: dict[str, Any] = {"withdrawn_at": AT, "withdrawn_by": "staff:ruth", "withdrawn_why": "of last year"}


def runs() -> tuple[RunRow, ...]:
    """Return a rehearsal that failed, as the desk lists it."""
    run = MeasuredRun(
        id=uid(80),
        kind=RunKind.REHEARSAL,
        ran="springtide rehearse black-friday --scale 0.1",
        passed=False,
        why="complete: 95 of 100 answers",
        at=AT,
        release="0.1.0",
        target="https://shop.example.org",
        figures={"held_per_s": 3.25},
    )
    return (RunRow(run=run, source="product", author="system:cli", filed_at=AT),)


def answers(parts: dict[str, bytes], paged: dict[tuple[str, int], Part] | None = None) -> dict[str, Any]:
    """Return what the fake desk answers; `paged`: pages of parts that have several, by step and number."""
    paged = paged or {}

    def part(arguments: dict[str, Any]) -> Part:
        step, page = arguments["step"], arguments["page"]
        if (step not in parts and (step, page) not in paged) or arguments["plan_id"] != PLAN:
            message = "There is no such part."
            raise PeakNotFound(message, what=step)
        return paged.get((step, page)) or Part(step=step, page=0, pages=1, body=parts[step])

    def one(arguments: dict[str, Any]) -> PlanInfo:
        if arguments["plan_id"] != PLAN:
            message = "There is no such plan."
            raise PeakNotFound(message, what=str(arguments["plan_id"]))
        return plan()

    def today(arguments: dict[str, Any]) -> Readiness:
        return msgspec.json.decode(part({**arguments, "step": "readiness", "page": 0}).body, type=Readiness)

    def no_document(arguments: dict[str, Any]) -> NoReturn:
        message = f"There is no document {arguments['name']}."
        raise PeakNotFound(message, what="input")

    return {
        "peak.get_input": no_document,
        "peak.list_told": (),
        "peak.list_handed_in": (),
        "peak.get_readiness": today,
        "peak.list_runs": runs(),
        "peak.list_evidence": (FILED, msgspec.structs.replace(FILED, id=uid(79), **WITHDRAWN)),
        "peak.list_plans": (row(), msgspec.structs.replace(row(PlanState.RUNNING), number=5, id=UUID(int=5))),
        "peak.list_inputs": inputs(),
        "peak.get_plan": one,
        "peak.get_part": part,
        "peak.get_season": season_of(),
        "peak.list_questions": (),
        "peak.start_plan": lambda _: row(PlanState.QUEUED),
    }
