"""The peak brief: what each department does, and what has changed since the plan before."""

from collections.abc import Mapping, Sequence
from datetime import date

from springtide.contracts.peak.brief import Brief, Change, Line, Number
from springtide.contracts.peak.common import Decision, Department

NUMBERS_TO_WATCH = 3


def briefs_of(
    decisions: Sequence[Decision],
    watch: Mapping[Department, Sequence[Number]],
    *,
    before: Sequence[Decision] | None = None,
) -> tuple[Brief, ...]:
    """Return a page per department, urgent first, then by date; `before`: the decisions of the former plan, if any."""
    return tuple(
        _brief(
            department,
            [decision for decision in decisions if decision.department == department],
            tuple(watch.get(department, ())[:NUMBERS_TO_WATCH]),
            None if before is None else [decision for decision in before if decision.department == department],
        )
        for department in Department
    )


def _brief(
    department: Department, decisions: Sequence[Decision], watch: tuple[Number, ...], before: Sequence[Decision] | None
) -> Brief:
    former = {} if before is None else {_subject(decision): decision for decision in before}
    now = {_subject(decision) for decision in decisions}
    ordered = sorted(decisions, key=lambda one: (not one.urgent, one.by or date.max, one.what.key, _subject(one)))
    return Brief(
        department=department,
        lines=tuple(
            _line(decision, former.get(_subject(decision)), compared=before is not None) for decision in ordered
        ),
        watch=watch,
        dropped=tuple(decision for subject, decision in former.items() if subject not in now),
        cost_minor=sum(decision.cost_minor for decision in decisions),
    )


def _line(decision: Decision, former: Decision | None, *, compared: bool) -> Line:
    if not compared or decision == former:
        return Line(decision=decision)
    if former is None:
        return Line(decision=decision, change=Change.NEW)
    return Line(decision=decision, change=Change.CHANGED, before=former)


def _subject(decision: Decision) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what a decision is about: its key and its names; amounts and dates may change."""
    names = ((name, value) for name, value in decision.what.values.items() if isinstance(value, str))
    return decision.what.key, tuple(sorted((name, value) for name, value in names if not _is_date(value)))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
