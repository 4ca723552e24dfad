"""During the peak: which path are we on. After it: plan against fact, and what the next plan should believe."""

from datetime import date, datetime

import msgspec

from springtide.contracts.peak.common import Band, Department, Phrase


class FanHour(msgspec.Struct, frozen=True, kw_only=True):
    """Orders since the season began, at the end of an hour: over the paths, and what was sold (None: still to come)."""

    at: datetime
    planned: Band
    actual: float | None


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """Something agreed beforehand: when it fires, who does what."""

    id: str
    fired: bool
    department: Department
    when: Phrase
    action: Phrase


class LiveView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the season stands. `rank`: share of the paths that had fewer orders by now, 0 to 1.

    `like`: the named path nearest to what was sold (P10, P50, P90 or P99). `season_orders`: of the whole season, as
    planned and as it looks now. `hours_seen`: hours of the season with actuals.
    """

    hours_seen: int
    rank: float
    like: str
    planned_season: Band
    expected_season: Band
    fan: tuple[FanHour, ...]
    triggers: tuple[Trigger, ...]


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


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The page after the peak. `bias`: (sum of actual - sum of P50) / sum of P50, of orders a day."""

    first: date
    last: date
    steps: tuple[StepReview, ...]
    coverage: tuple[Coverage, ...]
    bias: float
    overrides: tuple[OverrideValue, ...]
    before: Priors
    after: Priors
