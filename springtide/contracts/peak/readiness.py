"""Ready or not: what has to be shown before a peak, and what was shown. Evidence counts, opinions do not."""

from datetime import date
from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Deadline, Department, Phrase


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that shows an item holds, or that it does not (`passed` False).

    `source`: "product" where Springtide saw it itself (a rehearsal, a drill, a restore, a plan), else "hand" with a
    `document` that can be looked up. `expires_on`: the first day it no longer counts; None: the item's own limit.
    """

    item: str
    passed: bool
    source: str
    owner: str
    filed_on: date
    document: str = ""
    expires_on: date | None = None
    note: str = ""


class Verdict(StrEnum):
    """What an item's evidence says. Only HOLDS counts."""

    HOLDS = "holds"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"


class ItemState(msgspec.Struct, frozen=True, kw_only=True):
    """One item: green when `verdict` is HOLDS. `gate`: without it nobody is ready, whatever the score."""

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

    `calendar`: every deadline of the plan by its last day; `overdue`: how many have passed.
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
