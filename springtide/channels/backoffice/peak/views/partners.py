"""Partners: one register of everybody outside the firm, what is booked against what is needed, and what is weak."""

from typing import NamedTuple

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.peak.views.common import View
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.api import WRITE, PlanInfo
from springtide.contracts.peak.company import Figure
from springtide.contracts.peak.partners import PARTNERS_DOCUMENT, PartnerKind, PartnerReview, PartnerState

STATES = ("every_state", "only_weak", "only_short")
DOCUMENTS = {
    PartnerKind.CARRIER: "carriers.toml",
    PartnerKind.WAREHOUSE: "warehouses.toml",
    PartnerKind.GATEWAY: "gateways.toml",
    PartnerKind.CALL_CENTRE: "callcentre.toml",
    PartnerKind.SUPPLIER: "suppliers.toml",
}
"""Where the terms of a kind stand; contacts, measurements, plans B and all other kinds are in partners.toml."""


class Row(NamedTuple):
    """A partner as it is shown: figures with their units, where they come from, and where they can be changed."""

    state: PartnerState
    booked: str
    need: str
    is_short: bool
    agreed: str
    measured: str
    is_below: bool
    price: str
    document: str
    stand_in: str


async def show(visit: Visit, plan: PlanInfo, speech: Speech) -> View:
    """Return the partners that the address asks for: `kind` and `only` (weak, or short of what is needed)."""
    found = await whole(visit, plan.row.id, "partners", PartnerReview)
    if found is None:
        return {"partners": None}
    names = {one.partner.id: one.partner.name for one in found.partners}
    rows = [_row(one, names, speech) for one in found.partners]
    kind, only = visit.query.get("kind", ""), visit.query.get("only", "")
    kinds = sorted({one.partner.kind for one in found.partners})
    return {
        "partners": found,
        "finding": _finding(rows, speech),
        "rows": [row for row in rows if kind in {"", row.state.partner.kind} and _counts(row, only)],
        "kind": kind,
        "only": only if only in STATES else STATES[0],
        "kind_options": [("", speech("every_kind")), *((one.value, speech(f"pkind_{one.value}")) for one in kinds)],
        "only_options": [(name, speech(name)) for name in STATES],
        "documents": (PARTNERS_DOCUMENT, *DOCUMENTS.values()),
        "may_write": visit.can(WRITE),
    }


def _counts(row: Row, only: str) -> bool:
    return {"only_weak": bool(row.state.weak), "only_short": row.is_short}.get(only, True)


def _finding(rows: list[Row], speech: Speech) -> str:
    short, weak = sum(row.is_short for row in rows), sum(bool(row.state.weak) for row in rows)
    if short:
        return speech("partners_short", count=short)
    return speech("partners_weak", count=weak, all=len(rows)) if weak else speech("partners_fine", all=len(rows))


def _row(state: PartnerState, names: dict[str, str], speech: Speech) -> Row:
    partner = state.partner
    return Row(
        state=state,
        booked=_written(partner.capacity, speech),
        need=speech.number(state.need) if state.need is not None else "\u2013",
        is_short=bool(partner.capacity and state.need is not None and state.need > partner.capacity.value),
        agreed=_written(partner.agreed, speech),
        measured=_written(partner.measured, speech),
        is_below=bool(partner.agreed and partner.measured and partner.measured.value < partner.agreed.value),
        price=_written(partner.price, speech),
        document=DOCUMENTS.get(partner.kind, PARTNERS_DOCUMENT),
        stand_in=names.get(partner.plan_b, partner.plan_b_words),
    )


def _written(figure: Figure | None, speech: Speech) -> str:
    return "\u2013" if figure is None else f"{speech.level(figure.value)} {speech.kept(figure.unit)}"
