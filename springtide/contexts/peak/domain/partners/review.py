"""What is weak about the partners before a peak, what to do about it, and by when."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from math import ceil

from springtide.contexts.peak.domain.partners.register import Register
from springtide.contracts.peak.common import Deadline, Decision, Department, Phrase
from springtide.contracts.peak.partners import Partner, PartnerKind, PartnerReview, PartnerState

DRILL_COUNTS_DAYS = 180
"""A drill of before the last season says little about this one."""
_BEFORE_PEAK_DAYS = 42
"""What is tried later than six weeks ahead leaves no time to mend it: the lead of the slowest gateways."""
_NO_STAND_IN = frozenset({PartnerKind.SUPPLIER, PartnerKind.AGENCY})
"""Kinds that have more than one of, or whose lead time makes a stand-in a matter of the buy list."""
_DEPARTMENTS = {
    PartnerKind.CARRIER: Department.WAREHOUSE,
    PartnerKind.WAREHOUSE: Department.WAREHOUSE,
    PartnerKind.GATEWAY: Department.FINANCE,
    PartnerKind.CALL_CENTRE: Department.SUPPORT,
    PartnerKind.SUPPLIER: Department.OWNER,
    PartnerKind.AGENCY: Department.OWNER,
    PartnerKind.ERP: Department.IT,
    PartnerKind.CRM: Department.IT,
    PartnerKind.HOSTING: Department.IT,
    PartnerKind.IT: Department.IT,
}
_DEADLINES = {
    PartnerKind.CARRIER: "carrier",
    PartnerKind.WAREHOUSE: "carrier",
    PartnerKind.GATEWAY: "gateway",
    PartnerKind.CALL_CENTRE: "hiring",
    PartnerKind.AGENCY: "hiring",
    PartnerKind.HOSTING: "cloud",
    PartnerKind.ERP: "cloud",
    PartnerKind.CRM: "cloud",
    PartnerKind.IT: "cloud",
}
"""Suppliers' last days depend on the article: the stock step sets them."""


def review_partners(
    register: Register, *, today: date, peak: date, needs: Mapping[str, float] | None = None
) -> PartnerReview:
    """Return the register with its weaknesses; `peak`: the first day on which everything has to hold.

    `needs`: what a plan asks of partners at P90, by id, in the unit of their capacity.
    """
    needs = needs or {}
    states = [
        PartnerState(
            partner=one,
            weak=(*_too_little(one, needs.get(one.id)), *_weak(register, one, today)),
            need=needs.get(one.id),
        )
        for one in register
    ]
    decisions = [decision for state in states for decision in _decisions(state, today, peak)]
    return PartnerReview(
        partners=tuple(sorted(states, key=lambda state: -len(state.weak))),
        decisions=tuple(sorted(decisions, key=lambda decision: (not decision.urgent, decision.by or date.max))),
        deadlines=tuple(sorted(_deadlines(register, peak), key=lambda deadline: deadline.last_day)),
    )


def _too_little(partner: Partner, need: float | None) -> Iterator[Phrase]:
    if need is not None and partner.capacity is not None and need > partner.capacity.value:
        values: dict[str, str | int | float] = {"booked": partner.capacity.value, "need": ceil(need)}
        unit = {"partner": partner.name, "unit": partner.capacity.unit}
        yield Phrase(key="partners.too_little", values={**values, **unit})


def _weak(register: Register, partner: Partner, today: date) -> Iterator[Phrase]:
    name: dict[str, str | int | float] = {"partner": partner.name}
    if not partner.contact:
        yield Phrase(key="partners.no_contact", values=name)
    elif not partner.escalation:
        yield Phrase(key="partners.no_escalation", values=name)
    if partner.kind in _NO_STAND_IN:
        return
    if not (partner.plan_b or partner.plan_b_words):
        yield Phrase(key="partners.no_plan_b", values=name)
    if partner.last_drill is None:
        yield Phrase(key="partners.no_drill", values=name)
    elif (today - partner.last_drill).days > DRILL_COUNTS_DAYS:
        yield Phrase(key="partners.old_drill", values={**name, "day": partner.last_drill.isoformat()})
    if partner.agreed and partner.measured and partner.measured.value < partner.agreed.value:
        values = {"agreed": partner.agreed.value, "measured": partner.measured.value, "unit": partner.agreed.unit}
        yield Phrase(key="partners.below_agreed", values={**name, **values})
    stand_in = register.stand_in(partner.id)
    if stand_in is not None and stand_in.plan_b == partner.id and stand_in.last_drill is None is partner.last_drill:
        yield Phrase(key="partners.pair_untried", values={**name, "other": stand_in.name})


def _decisions(state: PartnerState, today: date, peak: date) -> Iterator[Decision]:
    partner = state.partner
    keys = {phrase.key for phrase in state.weak}
    by = peak - timedelta(days=_BEFORE_PEAK_DAYS)
    wanted = (
        ("partners.too_little", "partners.book_more", "partners.too_little_stays"),
        ("partners.no_plan_b", "partners.find_plan_b", "partners.without_plan_b"),
        ("partners.no_drill", "partners.drill", "partners.without_drill"),
        ("partners.old_drill", "partners.drill", "partners.without_drill"),
        ("partners.below_agreed", "partners.claim_level", "partners.level_stays"),
    )
    for weak, what, otherwise in wanted:
        if weak in keys:
            yield Decision(
                what=Phrase(key=what, values={"partner": partner.name}),
                department=_DEPARTMENTS[partner.kind],
                by=by,
                cost_minor=0,
                otherwise=Phrase(key=otherwise, values={"partner": partner.name}),
                urgent=by <= today,
            )


def _deadlines(register: Register, peak: date) -> Iterator[Deadline]:
    for partner in register:
        if partner.notice_days and partner.kind in _DEADLINES:
            yield Deadline(
                kind=_DEADLINES[partner.kind],
                name=partner.name,
                last_day=peak - timedelta(days=partner.notice_days),
                needed_on=peak,
                lead_days=partner.notice_days,
            )
