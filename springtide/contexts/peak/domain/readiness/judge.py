"""Evidence becomes a verdict. Nothing known, or known too long ago, counts as nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from springtide.contexts.peak.domain.readiness.items import ITEMS, QUESTIONS, Item
from springtide.contexts.peak.domain.readiness.proofs import proofs_of
from springtide.contexts.peak.domain.readiness.words import said
from springtide.contracts.peak.common import Deadline, Phrase
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.evidence import RunRow
from springtide.contracts.peak.readiness import Band, Evidence, ItemState, Needs, Question, Readiness, Verdict

PRODUCT, HAND = "product", "hand"
_GREEN_FROM, _YELLOW_FROM = 80, 60


def judge(
    evidence: Sequence[Evidence], *, on: date, deadlines: Sequence[Deadline] = (), items: Sequence[Item] = ITEMS
) -> Readiness:
    """Return the page as of a day; raises InvalidPeakInput naming evidence that cannot be."""
    return judge_all(Shown(filed=tuple(evidence)), on=on, deadlines=deadlines, items=items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything there is to judge: what people filed, what the product measured, and what the plan finds by itself.

    Without `needs` measured runs have nothing to be compared with, and say nothing.
    """

    filed: tuple[Evidence, ...] = ()
    runs: tuple[RunRow, ...] = ()
    findings: tuple[Evidence, ...] = ()
    needs: Needs | None = None


def judge_all(
    shown: Shown,
    *,
    on: date,
    plan_day: date | None = None,
    deadlines: Sequence[Deadline] = (),
    items: Sequence[Item] = ITEMS,
) -> Readiness:
    """Return the page: evidence as old as it is `on` that day, deadlines as far as they are on the plan's own day.

    The two differ for a plan of the past, as the demo's. Raises InvalidPeakInput naming evidence that cannot be.
    """
    proofs = tuple(proofs_of(shown.runs, shown.needs, on=on)) if shown.needs else ()
    evidence = (*shown.filed, *proofs, *shown.findings)
    mistakes = list(mistakes_of(evidence, on=on, items=items))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    calendar = tuple(sorted(deadlines, key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name)))
    states = tuple(_state(item, evidence, on, _by(item, calendar, shown.needs)) for item in items)
    weight = sum(item.weight for item in items)
    score = round(100 * sum(state.weight for state in states if state.verdict is Verdict.HOLDS) / weight)
    open_gates = tuple(state.item for state in states if state.gate and state.verdict is not Verdict.HOLDS)
    return Readiness(
        on=on,
        ready=not open_gates and score >= _GREEN_FROM,
        band=_band(score, open_gates),
        score=score,
        open_gates=open_gates,
        questions=tuple(_question(question, states) for question in QUESTIONS),
        items=states,
        calendar=calendar,
        overdue=sum(1 for deadline in calendar if deadline.last_day < (plan_day or on)),
        needs=shown.needs,
        findings=shown.findings,
    )


def mistakes_of(evidence: Sequence[Evidence], *, on: date, items: Sequence[Item] = ITEMS) -> Iterator[Mistake]:
    """Yield what cannot be: unknown items and sources, evidence of tomorrow, evidence by hand without a document."""
    known = {item.id for item in items}
    for row, one in enumerate(evidence, start=1):
        wrong = {
            "unknown_item": (one.item not in known, f"there is no item {one.item}"),
            "unknown_source": (one.source not in {PRODUCT, HAND}, f"{one.source} is neither {PRODUCT} nor {HAND}"),
            "of_tomorrow": (one.filed_on > on, f"filed on {one.filed_on}, after {on}"),
            "no_document": (one.source == HAND and not one.document, "evidence by hand names a document"),
            "no_owner": (not one.owner, "evidence names who answers for it"),
            "expires_before": (
                one.expires_on is not None and one.expires_on <= one.filed_on,
                "evidence that expires before it is filed",
            ),
        }
        for rule, (is_wrong, message) in wrong.items():
            if is_wrong:
                yield Mistake(where="evidence", row=row, rule=rule, message=message)


def _by(item: Item, calendar: Sequence[Deadline], needs: Needs | None) -> date | None:
    """Return the last day to show an item: before the freeze, or before the first deadline of others it hangs on."""
    days = [deadline.last_day for deadline in calendar if item.kind and deadline.kind == item.kind][:1]
    return min([*days, *([needs.shown_by] if needs else [])], default=None)


def _state(item: Item, evidence: Sequence[Evidence], on: date, by: date | None) -> ItemState:
    found = newest(item.id, evidence)
    verdict = _verdict(item, found, on)
    return ItemState(
        item=item.id,
        question=item.question,
        department=item.department,
        gate=item.gate,
        weight=item.weight,
        verdict=verdict,
        why=_why(item, found, verdict),
        next_action=said(f"do.{item.id}"),
        owner=found.owner if found else "",
        evidence=found,
        counts_until=expiry_of(item, found) if found and found.passed else None,
        by=by,
    )


def newest(item: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the last evidence of an item; of one moment the one that failed, else the one that came last.

    What only has a day counts from its beginning: somebody may answer it the same day.
    """
    own = [(_moment(one), not one.passed, place) for place, one in enumerate(evidence) if one.item == item]
    return evidence[max(own)[2]] if own else None


def _moment(evidence: Evidence) -> datetime:
    return evidence.at or datetime.combine(evidence.filed_on, time.min, tzinfo=UTC)


def expiry_of(item: Item, evidence: Evidence) -> date:
    """Return the first day on which evidence no longer counts: its own, but never later than the item's limit."""
    limit = evidence.filed_on + timedelta(days=item.counts_days)
    return min(limit, evidence.expires_on) if evidence.expires_on else limit


def _verdict(item: Item, found: Evidence | None, on: date) -> Verdict:
    if found is None:
        return Verdict.UNKNOWN
    if not found.passed:
        return Verdict.FAILED
    return Verdict.STALE if expiry_of(item, found) <= on else Verdict.HOLDS


def _why(item: Item, found: Evidence | None, verdict: Verdict) -> Phrase:
    if found is None:
        return said(verdict.value)
    if found.because is not None and verdict is not Verdict.STALE:
        return found.because
    return said(
        verdict.value,
        filed=found.filed_on.isoformat(),
        until=expiry_of(item, found).isoformat(),
        document=found.document or found.note or found.source,
    )


def _question(question: str, states: Sequence[ItemState]) -> Question:
    still_open = tuple(
        state.item for state in states if state.question == question and state.verdict is not Verdict.HOLDS
    )
    return Question(question=question, green=not still_open, open_items=still_open)


def _band(score: int, open_gates: Sequence[str]) -> Band:
    if open_gates or score < _YELLOW_FROM:
        return Band.RED
    return Band.GREEN if score >= _GREEN_FROM else Band.YELLOW
