"""Evidence becomes a verdict. Nothing known, or known too long ago, counts as nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from springtide.contexts.peak.domain.readiness.items import ITEMS, QUESTIONS, Item
from springtide.contracts.peak.common import Deadline, Phrase
from springtide.contracts.peak.errors import InvalidPeakInput, Mistake
from springtide.contracts.peak.readiness import Band, Evidence, ItemState, Question, Readiness, Verdict

PRODUCT, HAND = "product", "hand"
_GREEN_FROM, _YELLOW_FROM = 80, 60


def judge(
    evidence: Sequence[Evidence], *, on: date, deadlines: Sequence[Deadline] = (), items: Sequence[Item] = ITEMS
) -> Readiness:
    """Return the page as of a day; raises InvalidPeakInput naming evidence that cannot be."""
    mistakes = list(mistakes_of(evidence, on=on, items=items))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    states = tuple(_state(item, evidence, on) for item in items)
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
        calendar=tuple(sorted(deadlines, key=lambda deadline: (deadline.last_day, deadline.kind, deadline.name))),
        overdue=sum(1 for deadline in deadlines if deadline.last_day < on),
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


def _state(item: Item, evidence: Sequence[Evidence], on: date) -> ItemState:
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
        next_action=Phrase(key=f"readiness.do.{item.id}"),
        owner=found.owner if found else "",
        evidence=found,
    )


def newest(item: str, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the last evidence of an item; of one day the one that failed, else the one that came last."""
    own = [(one.filed_on, not one.passed, place) for place, one in enumerate(evidence) if one.item == item]
    return evidence[max(own)[2]] if own else None


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
    values: dict[str, str | int | float] = {}
    if found is not None:
        values = {
            "filed": found.filed_on.isoformat(),
            "until": expiry_of(item, found).isoformat(),
            "document": found.document or found.note or found.source,
        }
    return Phrase(key=f"readiness.{verdict.value}", values=values)


def _question(question: str, states: Sequence[ItemState]) -> Question:
    still_open = tuple(
        state.item for state in states if state.question == question and state.verdict is not Verdict.HOLDS
    )
    return Question(question=question, green=not still_open, open_items=still_open)


def _band(score: int, open_gates: Sequence[str]) -> Band:
    if open_gates or score < _YELLOW_FROM:
        return Band.RED
    return Band.GREEN if score >= _GREEN_FROM else Band.YELLOW
