"""What may go wrong, how bad it would be on the season's paths, and who does what about it.

The list is the firm's own (`risks.toml`, from a premortem): severity, likelihood and detection by its judgement, and
for outages how often and how long. `decode_risks` reads it. Money and orders come from a simulation, not from
judgement.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Band, Decision, Department, Phrase
from springtide.contracts.peak.company import Figure, Named, Record, used_twice
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

RISKS_DOCUMENT = "risks.toml"
HIGHEST = 10


class Outage(Record, frozen=True, kw_only=True):
    """Something stops for a while. Starts are Poisson, durations lognormal.

    `between`: mean days between starts at the season's mean load. `median`, `p90`: duration in hours. `stops`: share of
    the orders of that time that are not taken. `detect`, `switch`: minutes until somebody knows, and until the stand-in
    works; without `switch` there is none and the outage lasts. `load`: the power of an hour's load (over the season's
    mean hour) that starts grow with, 0 for not at all. `cause`: outages that share one; `cause_share` of each one's
    starts hit all of them at once, and then nobody can stand in: what each of them stops adds up. `come_back`: share of
    the buyers who order later instead.
    """

    between: Figure
    median: Figure
    p90: Figure
    stops: Figure
    detect: Figure
    switch: Figure | None = None
    load: Figure = Figure(
        value=0.5, unit="power of load", assumption="busier hours break more, less than in proportion"
    )
    cause: str = ""
    cause_share: Figure = Figure(value=0.1, unit="of starts", assumption="the usual beta factor of common causes")
    come_back: Figure = Figure(value=0.3, unit="of buyers", assumption="some order again the same day, set by us")


class Risk(Named, frozen=True, kw_only=True):
    """Something that may go wrong. Severity, likelihood and detection: 1 (harmless, never, seen at once) to 10.

    `sees`: what buyers see. `automatic`: what happens by itself. `manual`: what people do. `action`: what is done
    before the peak, by `department`. `partner`: its id in the register, whose last drill counts. In the firm's words.
    """

    department: Department
    severity: int
    likelihood: int
    detection: int
    sees: str
    automatic: str
    manual: str
    action: str
    action_cost: Figure | None = None
    partner: str = ""
    last_drill: date | None = None
    outage: Outage | None = None


class _Risks(Record, frozen=True):
    risks: tuple[Risk, ...] = ()


class Priority(StrEnum):
    """Whether to act: HIGH has to be reduced before the peak, MEDIUM should be, LOW is accepted."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RankedRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A risk in its place. `why`: the row of the table that gave the priority.

    `chance`: share of the paths with at least one outage. `lost_orders`, `lost_minor` (sales, not margin): over the
    paths. Both are None for what is no outage. `drill_stale`: never tried, or too long ago.
    """

    risk: Risk
    priority: Priority
    why: Phrase
    chance: float | None
    lost_orders: Band | None
    lost_minor: Band | None
    last_drill: date | None
    drill_stale: bool


class CauseLoss(msgspec.Struct, frozen=True, kw_only=True):
    """What outages with one cause cost over the paths. `cause`: its name, or the risk's where it shares none.

    `risks`: ids of the outages. `chance`: share of the paths on which any of them happens.
    """

    cause: str
    risks: tuple[str, ...]
    chance: float
    lost_orders: Band
    lost_minor: Band


class RiskPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Risks, worst first: severity, then likelihood, then detection. Totals are of the paths, not sums of ranks.

    `causes`: outages put together by what they share, the dearest first.
    """

    risks: tuple[RankedRisk, ...]
    lost_orders: Band
    lost_minor: Band
    decisions: tuple[Decision, ...]
    causes: tuple[CauseLoss, ...] = ()


def decode_risks(document: bytes) -> tuple[Risk, ...]:
    """Read `risks.toml`; raises InvalidPeakInput naming every mistake."""
    risks = read_toml(RISKS_DOCUMENT, document, _Risks).risks
    mistakes = [mistake for risk in risks for mistake in _mistakes_of(risk)]
    mistakes += used_twice(RISKS_DOCUMENT, [risk.id for risk in risks])
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return risks


def _mistakes_of(risk: Risk) -> Iterator[Mistake]:
    for name in ("severity", "likelihood", "detection"):
        score = getattr(risk, name)
        if not 1 <= score <= HIGHEST:
            yield _mistake("score", f"{risk.id}: {name} goes from 1 to {HIGHEST}, not {score}")
    outage = risk.outage
    if outage is None:
        return
    if outage.between.value <= 0:
        yield _mistake("between", f"{risk.id}: the days between outages are above 0, not {outage.between.value:g}")
    if not 0 < outage.median.value <= outage.p90.value:
        yield _mistake("duration", f"{risk.id}: the median is above 0 and at most the P90")
    for name in ("stops", "cause_share", "come_back"):
        if not 0 <= getattr(outage, name).value <= 1:
            yield _mistake("share", f"{risk.id}: {name} is a share from 0 to 1, not {getattr(outage, name).value:g}")
    minutes = [outage.detect.value, *([outage.switch.value] if outage.switch else [])]
    if min(minutes) < 0:
        yield _mistake("minutes", f"{risk.id}: minutes are 0 or more")


def _mistake(rule: str, message: str) -> Mistake:
    return Mistake(where=RISKS_DOCUMENT, rule=rule, message=message)
