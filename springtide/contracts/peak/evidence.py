"""What the product did and measured, as evidence: a rehearsal, a drill, a restore, a comparison of the books.

Commands write one `MeasuredRun` each, also of runs that failed, and seal it with the shop's own key. What the run shows
about a plan is decided by that plan's readiness, not by whoever ran it.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.contracts.peak.errors import Mistake

HELD, ORDERS, PROCESSES_FIRST, PROCESSES_MOST = "held_per_s", "orders", "processes_first", "processes_most"
"""Figures of a rehearsal: orders a second over its best minute, all orders, web processes at its start and at most."""
SELLING, LOST = "selling_s", "lost_s"
"""Figures of a restore: until orders were taken again (of a real one: until the data was there), and what was lost."""
DIFFERENCES, COMPARED, KILLS, BOUGHT, WHOLE = "differences", "compared", "kills", "bought", "whole"
"""Figures of drills and of comparisons of the books; backups that were read whole."""
MOST_NAME, MOST_WORDS, MOST_FIGURES = 200, 2_000, 40


class RunKind(StrEnum):
    """What was run. RESTORE_DRILL loses a throw-away shop and restores it; RESTORE brings a real one back."""

    REHEARSAL = "rehearsal"
    DRILL = "drill"
    RESTORE_DRILL = "restore_drill"
    RESTORE = "restore"
    BACKUP = "backup"
    CHECK = "check"


class MeasuredRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run and what it measured. The same `id` filed twice is one run.

    `ran`: the command. `passed` by its own criteria, `why` not. `at`: when it ended. `release`: of the program.
    `target`: what it ran against. `report`: where everything about it lies. `figures`: measured, by name, with their
    unit last (`held_per_s`: orders a second over its best minute). `without`: gateways that were switched off.
    """

    id: UUID
    kind: RunKind
    ran: str
    passed: bool
    at: datetime
    release: str
    target: str
    why: str = ""
    report: str = ""
    figures: dict[str, float] = {}
    without: tuple[str, ...] = ()


class SealedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it lies in a file. `seal`: proves that a program with the shop's key wrote it; "" proves nothing."""

    run: MeasuredRun
    seal: str = ""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as filed. `source`: "product" where its seal holds, else "hand" of `author`, the principal who filed it."""

    run: MeasuredRun
    source: str
    author: str
    filed_at: datetime


def mistakes_of(run: MeasuredRun) -> Iterator[Mistake]:
    """Yield what makes a run too large to keep, or no run at all."""
    for field in ("ran", "target", "release"):
        if not 1 <= len(getattr(run, field)) <= MOST_NAME:
            yield Mistake(where="run", rule=field, message=f"{field} has 1 to {MOST_NAME} characters")
    if max(len(run.why), len(run.report)) > MOST_WORDS or len(run.figures) > MOST_FIGURES:
        yield Mistake(where="run", rule="too_large", message=f"words up to {MOST_WORDS}, {MOST_FIGURES} figures")
    if not run.passed and not run.why:
        yield Mistake(where="run", rule="why", message="a run that failed says why")
