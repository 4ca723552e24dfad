"""A whole plan, as `springtide peak plan` writes it: plan.json, and inputs.json beside it.

The same inputs, seed, lock file and machine give the same bytes: how long a stage took is told while it runs and not
written down. A step that had nothing to plan with (no stock count, no calibration) is None, and `missing` says so.
"""

from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.accuracy import KeptAccuracy
from springtide.contracts.peak.brief import Brief
from springtide.contracts.peak.budget import BudgetFigures, BudgetPlan, BudgetTerms
from springtide.contracts.peak.calendar import EventCalendar
from springtide.contracts.peak.common import Band, Deadline, Decision, Phrase
from springtide.contracts.peak.company import Company
from springtide.contracts.peak.event_outlook import EventOutlook
from springtide.contracts.peak.evidence import RunRow
from springtide.contracts.peak.fulfilment import FulfilmentPlan, FulfilmentTerms
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.history import QualityReport
from springtide.contracts.peak.partners import PartnerNote, PartnerReview
from springtide.contracts.peak.paths import Calibration, PathsSummary
from springtide.contracts.peak.readiness import Evidence, Readiness, ReadinessTerms
from springtide.contracts.peak.risk import Risk, RiskPlan
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.staff_terms import StaffTerms
from springtide.contracts.peak.stock import StockItem, StockPlan, StockTerms

PLAN_FORMAT = 1


class PlanDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the fan: bands of its own ranks. `forecast_orders` is the mean before levers and overrides.

    `p50`, `p90`, `p99`: orders of this day on the paths that stand at these ranks of the season.
    `last_year_day`: the same day of the same event a year before, or the same weekday; None where it is not known or
    was closed, with its orders.
    """

    day: date
    is_event: bool
    forecast_orders: float
    orders: Band
    units: Band
    revenue_minor: Band
    p50: float
    p90: float
    p99: float
    last_year_day: date | None = None
    last_year_orders: float | None = None


class FigureSource(StrEnum):
    """Who says a figure: the company's documents, the history, or nobody (a documented assumption)."""

    COMPANY = "company"
    MEASURED = "measured"
    ASSUMED = "assumed"


class PeakMinute(msgspec.Struct, frozen=True, kw_only=True):
    """The busiest minute of an hour over its average one: servers and gateways are sized for it.

    Measured on the fullest hour of each day, so many `hours` with so many `orders`; `note`: the company's source.
    """

    times: float
    source: FigureSource
    hours: int = 0
    orders: int = 0
    note: str = ""


class GateState(StrEnum):
    """Used: a back-test of this very history chose the methods. Stale: it was of another one. None: there is none."""

    USED = "used"
    STALE = "stale"
    NONE = "none"


class ForecastMethods(msgspec.Struct, frozen=True, kw_only=True):
    """The methods whose plain mean the forecast is: of `products`, and of `totals` by measure.

    Only with the state "used" did a back-test choose them; else they are the usual ones, which are documented.
    `accuracy`: the kept back-test, also one that is stale.
    """

    state: GateState
    products: tuple[str, ...]
    totals: dict[str, tuple[str, ...]]
    learned_on: str
    accuracy: KeptAccuracy | None


class StageDone(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of the plan and what came out of it."""

    stage: str
    what: Phrase


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan. `id`: a hash of all inputs, edits, seed and versions: equal ids are equal plans. One that
    was changed by a what-if ends with "-what-if": it has no buy list and no roster.

    `as_of`: the day it is made for. `currency`: of every amount. `inputs`: SHA-256 of what was read, by name.
    `versions`: of the program and of the libraries whose numbers are in here. `decisions`: of all steps, urgent ones
    first, then by day; `deadlines`: of all steps, by last day. `briefs`: a page for each department. `items`: counted
    products by SKU, those with most at stake where there are very many. `events`: those that touch the season, by day;
    none without a history beside the plan.
    """

    format: int
    id: str
    company: str
    currency: str
    timezone: str
    as_of: date
    first: date
    last: date
    products: int
    versions: dict[str, str]
    inputs: dict[str, str]
    stages: tuple[StageDone, ...]
    missing: tuple[Phrase, ...]
    decisions: tuple[Decision, ...]
    deadlines: tuple[Deadline, ...]
    paths: PathsSummary
    days: tuple[PlanDay, ...]
    methods: ForecastMethods
    peak_minute: PeakMinute
    quality: QualityReport | None
    stock: StockPlan | None
    fulfilment: FulfilmentPlan
    staff: StaffPlan
    gateways: GatewayPlan
    servers: ServerPlan
    budget: BudgetPlan
    partners: PartnerReview
    risks: RiskPlan
    readiness: Readiness
    briefs: tuple[Brief, ...]
    items: tuple[StockItem, ...] = ()
    events: tuple[EventOutlook, ...] = ()


class StockCount(msgspec.Struct, frozen=True, kw_only=True):
    """What lies there of an article. `inbound`: (day, units) already ordered. Nothing here is below 0."""

    sku: str
    on_hand: int
    pack_size: int = 1
    inbound: tuple[tuple[date, int], ...] = ()


class PlanTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan was made with besides history and paths: frozen in inputs.json, so that it can be made again.

    `accuracy`: the back-test that chooses the methods, None without one.
    `counts`: of the stock, None where nobody counted: then there is no buy list.
    `roster_weeks`: weeks in which people's names stand on shifts. `runs`: what the product measured. `judged_on`: the
    day evidence is as old as; None: `as_of`, which may be a day of the past.
    """

    as_of: date
    company: Company
    calendar: EventCalendar
    calibration: Calibration
    accuracy: KeptAccuracy | None = None
    counts: tuple[StockCount, ...] | None = None
    stock: StockTerms = StockTerms()
    fulfilment: FulfilmentTerms = FulfilmentTerms()
    staff: StaffTerms = StaffTerms()
    budget: BudgetTerms = BudgetTerms()
    figures: BudgetFigures = BudgetFigures()
    partners: tuple[PartnerNote, ...] = ()
    risks: tuple[Risk, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    runs: tuple[RunRow, ...] = ()
    readiness: ReadinessTerms = ReadinessTerms()
    judged_on: date | None = None
    roster_weeks: int = 4


class PlanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """inputs.json: the terms, and what was read of the history. `visits_counted`: see the plan's `missing`."""

    terms: PlanTerms
    hashes: dict[str, str]
    visits_counted: bool
