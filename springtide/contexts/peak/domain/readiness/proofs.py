"""What measured runs show about a plan: each is compared with what this plan needs, not with what it was made for.

For every item the newest run that says something decides, so a failed one beats an older one that passed. A run that
held less than the plan needs says nothing against a larger one, but alone it is red, with both numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from springtide.contexts.peak.domain.readiness.words import said
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.evidence import (
    BOUGHT,
    COMPARED,
    HELD,
    KILLS,
    LOST,
    PROCESSES_FIRST,
    PROCESSES_MOST,
    SELLING,
    WHOLE,
    MeasuredRun,
    RunKind,
    RunRow,
)
from springtide.contracts.peak.readiness import Evidence, Needs

Shown = tuple[bool | None, Phrase]
"""Whether a run shows the item (None: it is too small to say), and what it found."""
Look = Callable[[MeasuredRun, Needs], Shown | None]


def proofs_of(runs: Sequence[RunRow], needs: Needs, *, on: date) -> Iterator[Evidence]:
    """Yield what runs up to a day show: at most one piece for each item."""
    known = sorted((row for row in runs if row.run.at.date() <= on), key=lambda row: row.run.at, reverse=True)
    for item, (kinds, look) in _LOOKS.items():
        found = _deciding([(row, look(row.run, needs)) for row in known if row.run.kind in kinds])
        if found is not None:
            row, (shows, because) = found
            yield _evidence(item, row, because, passed=bool(shows))


def _deciding(looks: Sequence[tuple[RunRow, Shown | None]]) -> tuple[RunRow, Shown] | None:
    """Return the newest that says yes or no; without one the newest that is too small."""
    saying = [(row, shown) for row, shown in looks if shown is not None]
    decided = [(row, shown) for row, shown in saying if shown[0] is not None]
    return next(iter(decided or saying), None)


def _evidence(item: str, row: RunRow, because: Phrase, *, passed: bool) -> Evidence:
    run = row.run
    return Evidence(
        item=item,
        passed=passed,
        source=row.source,
        owner=f"springtide {run.kind.value.replace('_', ' ')}" if row.source == "product" else row.author,
        filed_on=run.at.date(),
        at=run.at,
        document=run.report or run.ran,
        note=f"{run.ran}; {run.target}; {run.release}",
        because=because,
    )


def _failed(run: MeasuredRun) -> Shown:
    return False, said("run_failed", why=run.why)


def _carried(run: MeasuredRun, need: float, rank: str) -> Shown:
    held = run.figures.get(HELD, 0.0)
    values: dict[str, str | float] = {"held": round(held, 2), "need": round(need, 2), "rank": rank}
    if not run.passed:
        return False, said("rate_failed", why=run.why, **values)
    return (True, said("rate_held", **values)) if held >= need else (None, said("rate_too_small", **values))


def _p90(run: MeasuredRun, needs: Needs) -> Shown | None:
    return None if run.without else _carried(run, needs.orders_per_s_p90, "P90")


def _p99(run: MeasuredRun, needs: Needs) -> Shown | None:
    return None if run.without else _carried(run, needs.orders_per_s_p99, "P99")


def _one_gateway_lost(run: MeasuredRun, needs: Needs) -> Shown | None:
    """Look at a rehearsal while gateways were off: the others have to take what P90 brings."""
    if not run.without:
        return None
    held, need = run.figures.get(HELD, 0.0), needs.orders_per_s_p90
    values: dict[str, str | float] = {"held": round(held, 2), "need": round(need, 2), "gateway": ", ".join(run.without)}
    if not run.passed:
        return False, said("without_failed", why=run.why, **values)
    return (True, said("without_held", **values)) if held >= need else (None, said("without_small", **values))


def _scaled(run: MeasuredRun, needs: Needs) -> Shown | None:
    """Only a run in which processes came says anything: a fleet may have been large enough."""
    del needs
    first, most = run.figures.get(PROCESSES_FIRST, 0.0), run.figures.get(PROCESSES_MOST, 0.0)
    if most <= first or not first:
        return None
    values = {"first": round(first), "most": round(most)}
    return (True, said("scaled", **values)) if run.passed else (False, said("scaled_failed", why=run.why, **values))


def _restored(run: MeasuredRun, needs: Needs) -> Shown:
    if not run.passed:
        return _failed(run)
    took, lost = run.figures.get(SELLING, 0.0), run.figures.get(LOST)
    values: dict[str, str | float] = {"took": round(took, 1), "allowed": round(needs.restore_within_s)}
    if took > needs.restore_within_s:
        return False, said("restored_late", **values)
    if lost is None:  # of a real restore nobody knows what buyers were told before
        return True, said("restored_data", **values)
    values["lost"] = round(lost, 2)
    if lost > needs.lose_at_most_s:
        return False, said("restored_short", most=round(needs.lose_at_most_s), **values)
    return True, said("restored", **values)


def _broken(run: MeasuredRun, needs: Needs) -> Shown:
    del needs
    values = {"kills": round(run.figures.get(KILLS, 0.0)), "bought": round(run.figures.get(BOUGHT, 0.0))}
    return (True, said("drilled", **values)) if run.passed else _failed(run)


def _compared(run: MeasuredRun, needs: Needs) -> Shown:
    del needs
    return (True, said("compared", count=round(run.figures.get(COMPARED, 0.0)))) if run.passed else _failed(run)


def _backed_up(run: MeasuredRun, needs: Needs) -> Shown | None:
    """Look at a backup: one that was only taken shows nothing, one that could not be taken or read does."""
    del needs
    if not run.passed:
        return _failed(run)
    whole = run.figures.get(WHOLE, 0.0)
    return (True, said("backed_up", count=round(whole))) if whole else None


_LOOKS: dict[str, tuple[frozenset[RunKind], Look]] = {
    "rehearsed_p90": (frozenset({RunKind.REHEARSAL}), _p90),
    "rehearsed_p99": (frozenset({RunKind.REHEARSAL}), _p99),
    "one_gateway_lost": (frozenset({RunKind.REHEARSAL}), _one_gateway_lost),
    "scales_by_itself": (frozenset({RunKind.REHEARSAL}), _scaled),
    "backup_restored": (frozenset({RunKind.RESTORE_DRILL, RunKind.RESTORE}), _restored),
    "backup_whole": (frozenset({RunKind.BACKUP}), _backed_up),
    "broken_on_purpose": (frozenset({RunKind.DRILL}), _broken),
    "books_agree": (frozenset({RunKind.CHECK}), _compared),
}
