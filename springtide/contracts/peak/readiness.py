"""Ready or not: what has to be shown before a peak, and what was shown. Evidence counts, opinions do not.

`ReadinessTerms` are what a firm agreed about itself; `decode_readiness_terms` reads them from `readiness.toml`.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Deadline, Department, Phrase
from springtide.contracts.peak.company import Figure, Record
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readable import read_toml

READINESS_DOCUMENT = "readiness.toml"
_MINUTES, _SECONDS, _DAYS = "minutes", "seconds", "days"


class ReadinessTerms(Record, frozen=True, kw_only=True):
    """`restore_within`: minutes until a lost shop sells again. `lose_at_most`: seconds of orders that may be lost then.

    `shown_before`: days before the busiest day by which everything has to be shown: then nothing is changed any more.
    """

    restore_within: Figure = Figure(
        value=60, unit=_MINUTES, assumption="an hour of a peak evening is what we can explain, set by us"
    )
    lose_at_most: Figure = Figure(
        value=60, unit=_SECONDS, assumption="what base backups and received changes promise without waiting commits"
    )
    shown_before: Figure = Figure(
        value=14, unit=_DAYS, assumption="the usual freeze of two weeks before the busiest day"
    )


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Something that shows an item holds, or that it does not (`passed` False).

    `source`: "product" where Springtide saw it itself (a rehearsal, a drill, a restore, a plan), else "hand" with a
    `document` that can be looked up. `expires_on`: the first day it no longer counts; None: the item's own limit.
    `at`: the moment, where it is known; the later word counts. `because`: what was found, beside what was needed.
    """

    item: str
    passed: bool
    source: str
    owner: str
    filed_on: date
    document: str = ""
    expires_on: date | None = None
    note: str = ""
    at: datetime | None = None
    because: Phrase | None = None


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asks of measured evidence: orders in its busiest second at two ranks, times in seconds.

    `peak`: its busiest day. `shown_by`: the day everything has to be shown by.
    """

    peak: date
    orders_per_s_p90: float
    orders_per_s_p99: float
    restore_within_s: float
    lose_at_most_s: float
    shown_by: date


class Verdict(StrEnum):
    """What an item's evidence says. Only HOLDS counts."""

    HOLDS = "holds"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"


class ItemState(msgspec.Struct, frozen=True, kw_only=True):
    """One item: green when `verdict` is HOLDS. `gate`: without it nobody is ready, whatever the score.

    `counts_until`: the first day its evidence no longer counts. `by`: the last day to do `next_action`.
    """

    item: str
    question: str
    department: Department
    gate: bool
    weight: int
    verdict: Verdict
    why: Phrase
    next_action: Phrase
    owner: str
    evidence: Evidence | None
    counts_until: date | None = None
    by: date | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question an owner asks; green when every item below it holds."""

    question: str
    green: bool
    open_items: tuple[str, ...]


class Band(StrEnum):
    """The score in words: GREEN from 80, YELLOW from 60. An open gate is RED at any score."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `score`: 0 to 100, share of the weight that holds. `ready`: no gate open and a green score.

    `calendar`: every deadline of the plan by its last day; `overdue`: how many have passed. `needs` and `findings`:
    what the plan asks and shows by itself, to be judged again with what was filed since.
    """

    on: date
    ready: bool
    band: Band
    score: int
    open_gates: tuple[str, ...]
    questions: tuple[Question, ...]
    items: tuple[ItemState, ...]
    calendar: tuple[Deadline, ...]
    overdue: int
    needs: Needs | None = None
    findings: tuple[Evidence, ...] = ()


def decode_readiness_terms(document: bytes) -> ReadinessTerms:
    """Read the terms from TOML; raises InvalidPeakInput naming every mistake."""
    terms = read_toml(READINESS_DOCUMENT, document, ReadinessTerms)
    units = {"restore_within": _MINUTES, "lose_at_most": _SECONDS, "shown_before": _DAYS}
    mistakes = []
    for name, unit in units.items():
        figure: Figure = getattr(terms, name)
        if figure.unit != unit:
            mistakes.append(_mistake(name, f"{name} is given in {figure.unit}, not in {unit}"))
        if figure.value < 0:
            mistakes.append(_mistake(name, f"{name} is {figure.value:g}, below 0"))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    return terms


def _mistake(rule: str, message: str) -> Mistake:
    return Mistake(where=READINESS_DOCUMENT, rule=rule, message=message)
