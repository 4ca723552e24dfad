"""During the peak: which path are we on. After it: plan against fact, and what the next plan should believe."""

from datetime import date, datetime

import msgspec

from springtide.contracts.peak.actuals import LeftOut
from springtide.contracts.peak.common import Band, Department, Phrase
from springtide.contracts.peak.paths import Calibration


class FanHour(msgspec.Struct, frozen=True, kw_only=True):
    """Orders since the season began, at the end of an hour: over the paths, and what was sold (None: still to come)."""

    at: datetime
    planned: Band
    actual: float | None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call: a partner of the register, its desk, and who is above it; "" where nobody said."""

    name: str
    contact: str
    escalation: str


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """Something agreed beforehand. `rule`: when it fires; `when`: how it looks now; `calls`: whom to call then."""

    id: str
    fired: bool
    department: Department
    when: Phrase
    action: Phrase
    rule: Phrase | None = None
    calls: tuple[Call, ...] = ()


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """Hours from `first` to `last` in which nothing was sold although every path sold something: a gap in the feed, or

    a shop that was down. `expected`: orders the plan has for them, at P50.
    """

    first: datetime
    last: datetime
    expected: float


class GoodsWatch(msgspec.Struct, frozen=True, kw_only=True):
    """A product that sells beyond its P90. Units of whole days so far, and of the season as it looks now.

    `left`: in stock by the plan's count, its announced goods and what was sold; None where nobody counted. `gone_on`:
    the day half of the paths are sold out; None within the season not. `wanted`: units that P90 needs beyond `left`.
    """

    sku: str
    sold: float
    planned: Band
    season: Band
    left: float | None
    gone_on: date | None
    wanted: float
    supplier: str
    last_order: date | None


class LiveView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the season stands. `rank`: share of the paths that had fewer orders by now, 0 to 1.

    `like`: the named path nearest to what was sold (P10, P50, P90 or P99). `season_orders`: of the whole season, as
    planned and as it looks now. `hours_seen`: hours of the season with actuals. `rest`: orders still to come.
    `drift_sd`: by how much the level is taken to walk on, per root of a week on the log scale. `beyond`: more or less
    was sold than on any path. `unknown_units`: of products that the plan does not know.
    """

    hours_seen: int
    rank: float
    like: str
    planned_season: Band
    expected_season: Band
    fan: tuple[FanHour, ...]
    triggers: tuple[Trigger, ...]
    rest: Band | None = None
    drift_sd: float = 0.0
    beyond: bool = False
    quiet: tuple[Quiet, ...] = ()
    goods: tuple[GoodsWatch, ...] = ()
    unknown_units: float = 0.0


class StepReview(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one step: planned over the paths, and what came. `error`: (actual - P50) / P50.

    `within`: between P10 and P90. `cost_minor`: of having had too much or too little, where somebody knows it.
    """

    step: str
    figure: str
    planned: Band
    actual: float
    error: float
    within: bool
    cost_minor: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How often what came lay at or below a planned rank; `event` days apart. `found` near `nominal` is calibrated."""

    level: str
    event: bool
    nominal: float
    found: float
    points: int


class Within(msgspec.Struct, frozen=True, kw_only=True):
    """The share of what came that lay from P10 to P90, both included: 0.8 or a little more is calibrated."""

    level: str
    event: bool
    found: float
    points: int


class OverrideValue(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody's override did: the error (WAPE) with and without it. `helped`: it became smaller."""

    id: str
    author: str
    reason: str
    with_it: float
    without_it: float
    helped: bool


class Priors(msgspec.Struct, frozen=True, kw_only=True):
    """What the next plan begins with. `seen`: seasons behind each figure, this one included."""

    event_uplift: float
    common_sd: float
    seen: int


class FactLine(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a step beside what is known of it, over the same days of both.

    `of`: the carrier, gateway, channel or line of the budget it is about. `kind`: number, money (minor units) or
    percent (0 to 1). `planned`: the mean of the paths, which adds up over days; what was agreed where a plan is no
    draw; None where the plan has nothing like it. `low`, `high`: P10 and P90 where a sum has them. `actual`: None where
    nothing came. `days`: how many of the `of_days` that are over were told; only those are compared. `days_within`: how
    many lay from their own P10 to P90, None where days have none. `is_compared`: both are of the same days and things.
    """

    step: str
    figure: str
    of: str = ""
    kind: str = "number"
    planned: float | None = None
    low: float | None = None
    high: float | None = None
    actual: float | None = None
    days: int = 0
    of_days: int = 0
    days_within: int | None = None
    is_compared: bool = True

    @property
    def error(self) -> float | None:
        """Return (actual - planned) / planned of what is compared."""
        if not self.is_compared or self.actual is None or not self.planned:
            return None
        return (self.actual - self.planned) / self.planned


class RawSales(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold before the rules of the history, over the days that are compared.

    `left_out`: what each rule took away; what is compared is this less that. `days`: how many days are known this way.
    """

    days: int
    orders: int
    units: float
    revenue_minor: float
    left_out: tuple[LeftOut, ...] = ()


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The page after the peak. `bias`: (sum of actual - sum of P50) / sum of P50, of orders a day.

    `last`: the last day that is over and compared. `snapshot_sha256`: of the frozen plan that it is compared with.
    `pit`: days by the tenth of the paths that what came fell into, from the lowest; alike when calibrated.
    `calibration`: what the next plan may take; `event_lever`: what its levers may say of event days, where its history
    does not have this season. `raw`: what was sold before the plan's rules; None where only counts are known, which are
    compared as they are. `lines`: what is known beside the sales, step by step.
    """

    first: date
    last: date
    steps: tuple[StepReview, ...]
    coverage: tuple[Coverage, ...]
    bias: float
    overrides: tuple[OverrideValue, ...]
    before: Priors
    after: Priors
    snapshot_sha256: str = ""
    is_whole: bool = True
    within: tuple[Within, ...] = ()
    pit: tuple[int, ...] = ()
    unknown_units: float = 0.0
    calibration: Calibration | None = None
    event_lever: float = 1.0
    raw: RawSales | None = None
    lines: tuple[FactLine, ...] = ()
