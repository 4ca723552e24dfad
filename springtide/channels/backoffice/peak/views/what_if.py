"""What if: the plan under another scenario, on the same axis, with what differs from orders to money."""

import msgspec

from springtide.channels.backoffice.peak import figures
from springtide.channels.backoffice.peak.asking import LEVERS, RANKS, in_words, typed_of
from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.scenario import SCOPES
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PeakNotFound, PlanInfo, PlanState, Question, QuestionKind
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.what_if import ANSWER, SIDE, Side, WhatIf

_BANDS = (
    ("orders", "orders", "number"),
    ("units", "units", "number"),
    ("revenue", "revenue_minor", "money"),
    ("visits", "visits", "number"),
    ("busiest_hour", "busiest_hour_orders", "number"),
    ("what_if_parcels", "parcels", "number"),
    ("what_if_late", "late_share", "percent"),
    ("what_if_attempts", "attempts_per_s", "number"),
    ("what_if_total", "cost_minor", "money"),
)
_NUMBERS = (
    ("what_if_buffer", "buffer_minor", "money"),
    ("what_if_agents", "agents", "number"),
    ("what_if_hires", "hires", "number"),
    ("what_if_processes", "processes", "number"),
    ("what_if_limits", "limits", "number"),
)
_CAPACITY_KINDS = ("carrier", "gateway", "warehouse", "call_centre")
RELOAD_S = 1


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the question that the address names, else the newest, with its answer, and what was asked before."""
    asked = await visit.office.peak.list_questions(
        caller=visit.caller, kind=QuestionKind.WHAT_IF, plan_id=plan.row.id, limit=20
    )
    wanted = visit.query.get("question", "")
    chosen = next((one for one in asked if str(one.id) == wanted), asked[0] if asked else None)
    answer = await _answer(visit, chosen)
    return {
        "asked": [(one, in_words(one.scenario, speech)) for one in asked if one.scenario],
        "chosen": chosen,
        "chosen_words": in_words(chosen.scenario, speech) if chosen and chosen.scenario else "",
        "waits": chosen is not None and chosen.state in {PlanState.QUEUED, PlanState.RUNNING},
        "reload_s": RELOAD_S,
        "typed": typed_of(chosen.scenario if chosen else None),
        "answer": answer,
        "finding": _finding(answer, speech),
        "rows": _rows(answer, speech) if answer else [],
        "lines": _lines(answer, speech) if answer else [],
        "figure": _fan(answer, speech) if answer else None,
        "days": _days(answer.before, answer.after) if answer else [],
        "levers": LEVERS,
        "ranks": RANKS,
        "scope_options": [(scope, speech(f"scope_{scope}")) for scope in SCOPES],
        "partners": await _partners(visit, plan, speech),
        "may_ask": visit.can(WRITE) and any(part.step == SIDE for part in plan.parts),
        "may_plan": visit.can(WRITE),
    }


async def _answer(visit: Visit, question: Question | None) -> WhatIf | None:
    if question is None or question.state is not PlanState.DONE:
        return None
    try:
        part = await visit.office.peak.get_answer(caller=visit.caller, question_id=question.id, step=ANSWER)
    except PeakNotFound:
        return None
    return msgspec.json.decode(part.body, type=WhatIf)


async def _partners(visit: Visit, plan: PlanInfo, speech: Speech) -> list[tuple[str, str]]:
    """Return whose capacity can be changed, with what is agreed now."""
    review = await whole(visit, plan.row.id, "partners", PartnerReview)
    if review is None:
        return []
    found = [state.partner for state in review.partners if state.partner.kind in _CAPACITY_KINDS]
    return sorted(
        (one.id, f"{one.name} ({speech.number(one.capacity.value)} {speech.kept(one.capacity.unit)})")
        for one in found
        if one.capacity
    )


def _finding(answer: WhatIf | None, speech: Speech) -> str:
    if answer is None:
        return speech("page_what-if")
    before, after = answer.before, answer.after
    change = after.cost_minor.p50 - before.cost_minor.p50
    return speech(
        "what_if_finding",
        times=speech.number(after.orders.p50 / before.orders.p50 if before.orders.p50 else 1.0),
        change=abs(change),
        direction=speech("what_if_more" if change >= 0 else "what_if_less"),
    )


def _rows(answer: WhatIf, speech: Speech) -> list[tuple[str, ...]]:
    """Return name, P50 before and after, P90 before and after, and the difference of P50."""
    rows = []
    for name, field, kind in _BANDS:
        old, new = getattr(answer.before, field), getattr(answer.after, field)
        cells = (speech.write(kind, value) for value in (old.p50, new.p50, old.p90, new.p90))
        rows.append((speech(name), *cells, _change(kind, new.p50 - old.p50, speech)))
    for name, field, kind in _NUMBERS:
        was, now = getattr(answer.before, field), getattr(answer.after, field)
        cells = (speech.write(kind, value) for value in (was, now))
        rows.append((speech(name), *cells, "", "", _change(kind, now - was, speech)))
    return rows


def _lines(answer: WhatIf, speech: Speech) -> list[tuple[str, str, str, str]]:
    """Return the budget's lines: name, before, after, difference."""
    now = {line.line: line.cost.p50 for line in answer.after.lines}
    return [
        (
            speech(f"line_{line.line}"),
            speech.money(line.cost.p50),
            speech.money(now[line.line]),
            _change("money", now[line.line] - line.cost.p50, speech),
        )
        for line in answer.before.lines
        if line.line in now
    ]


def _change(kind: str, change: float, speech: Speech) -> str:
    return f"{'+' if change > 0 else ''}{speech.write(kind, change)}"


def _fan(answer: WhatIf, speech: Speech) -> figures.Figure:
    return figures.beside(
        [day.day for day in answer.after.days],
        [day.orders for day in answer.before.days],
        [day.orders for day in answer.after.days],
        speech,
        title=speech("what_if_fan"),
        unit=speech("orders_a_day"),
    )


def _days(before: Side, after: Side) -> list[tuple[object, ...]]:
    """Return the fan as a table: day, P50 and P90 before, P50 and P90 after."""
    return [
        (old.day, old.orders.p50, old.orders.p90, new.orders.p50, new.orders.p90)
        for old, new in zip(before.days, after.days, strict=True)
    ]
