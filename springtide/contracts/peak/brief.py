"""The peak brief: one page for each department, from the same plan."""

from enum import StrEnum

import msgspec

from springtide.contracts.peak.common import Decision, Department, Phrase


class Change(StrEnum):
    """What a decision is, compared with the plan before."""

    SAME = "same"
    NEW = "new"
    CHANGED = "changed"


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A number to watch: `label` says what, `value` with its `kind` (number, money, percent, date)."""

    label: Phrase
    value: float | int | str
    kind: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A decision on the page, and whether it is new or has changed; `before`: what it said."""

    decision: Decision
    change: Change = Change.SAME
    before: Decision | None = None


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """One department's page. `dropped`: what the plan before asked for and this one does not."""

    department: Department
    lines: tuple[Line, ...]
    watch: tuple[Number, ...]
    dropped: tuple[Decision, ...]
    cost_minor: int
