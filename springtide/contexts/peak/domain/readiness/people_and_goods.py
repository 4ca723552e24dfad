"""What the steps about goods, houses and people show by themselves, as evidence of the product.

A plan knows what is missing. That something was booked, signed or has arrived it cannot know: where nothing is missing
and somebody has to act, it says nothing, and only a document does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from springtide.contexts.peak.domain.partners.review import DRILL_COUNTS_DAYS
from springtide.contexts.peak.domain.readiness.findings import finding, named
from springtide.contexts.peak.domain.readiness.words import said
from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.partners import PartnerReview
from springtide.contracts.peak.readiness import Evidence
from springtide.contracts.peak.risk import Priority, RiskPlan
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.stock import StockPlan

IN_TIME = 0.95
"""Share of the orders in by the cut-off that are packed in time on a worst day: what carriers themselves promise."""
DESK, FLOOR = "support", "warehouse"


@dataclass(frozen=True, slots=True)
class Finder:
    """Writes findings of one plan, dated `on`."""

    on: date
    plan_id: str

    def __call__(self, item: str, because: Phrase, *, passed: bool) -> Evidence:
        """Return a finding."""
        return finding(item, because, passed=passed, on=self.on, plan_id=self.plan_id)

    def named(self, item: str, points: Sequence[str]) -> Evidence:
        """Return a finding that holds when nothing is open."""
        return named(item, points, on=self.on, plan_id=self.plan_id)


def of_stock(plan: StockPlan, find: Finder) -> Iterator[Evidence]:
    """Yield whether something is still to be ordered: an empty buy list is all the plan can show."""
    values = {"products": len(plan.lines), "cost": plan.spend_minor, "risky": len(plan.exceptions)}
    key = "plan.goods_ordered.open" if plan.lines else "plan.goods_ordered.holds"
    yield find("goods_ordered", said(key, **values), passed=not plan.lines)


def of_fulfilment(plan: FulfilmentPlan, find: Finder) -> Iterator[Evidence]:
    """Yield whether cut-offs hold on the worst days, carriers have room and a stand-in, and all fits into our house."""
    if plan.worst_days:
        worst = min(plan.worst_days, key=lambda day: day.in_time)
        values: dict[str, str | float] = {"share": worst.in_time, "day": worst.day.isoformat(), "path": worst.path}
        holds = worst.in_time >= IN_TIME
        key = "plan.cut_offs_kept.holds" if holds else "plan.cut_offs_kept.open"
        yield find("cut_offs_kept", said(key, **values), passed=holds)
    above = sum(booking.above_cap for booking in plan.bookings)
    if above:
        yield find("parcels_booked", said("plan.parcels_booked.open", parcels=above), passed=False)
    alone = [carrier.name for carrier in plan.carriers if carrier.parcels.p90 and carrier.covered_worst <= 0]
    if alone:
        yield find.named("back_up_carrier", alone)
    if not any(week.orders for week in plan.external):
        yield find("external_room", said("plan.external_room.holds"), passed=True)


def of_staff(plan: StaffPlan, find: Finder) -> Iterator[Evidence]:
    """Yield whether shifts have names, and whom nobody has to hire."""
    gaps = plan.roster.gaps if plan.roster else ()
    short = sum(day.short for day in plan.floor)
    for item, team, hours in (
        ("warehouse_staffed", FLOOR, short),
        ("desk_staffed", DESK, plan.support.short_half_hours / 2),
    ):
        missing = sum(gap.missing for gap in gaps if gap.team == team and not gap.skill.startswith("lang:"))
        if missing or hours >= 1:
            values = {"gaps": missing, "hours": round(hours)}
            yield find(item, said("plan.staffed.open", **values), passed=False)
        elif plan.roster is not None:
            until = plan.roster.last.isoformat()
            yield find(item, said("plan.staffed.holds", until=until), passed=True)
    if not any(week.starting for week in plan.hiring):
        for item in ("hires_signed", "newcomers_trained"):
            yield find(item, said("plan.nobody_new"), passed=True)
    values = {"busiest": plan.support.busiest_seats, "seats": plan.support.seats_without_notice}
    holds = values["busiest"] <= values["seats"]
    key = "plan.call_centre_booked.holds" if holds else "plan.call_centre_booked.open"
    yield find("call_centre_booked", said(key, **values), passed=holds)


def of_partners(review: PartnerReview, find: Finder) -> Iterator[Evidence]:
    """Yield who cannot be called, and whose plan B nobody has tried."""
    weak = {key: [one.partner.name for one in review.partners if _is_weak(one.weak, key)] for key in _WEAK}
    if weak["partners.no_contact"]:
        yield find.named("contacts_checked", weak["partners.no_contact"])
    untried = sorted({*weak["partners.no_plan_b"], *weak["partners.no_drill"], *weak["partners.old_drill"]})
    if untried:
        yield find.named("plan_b_drilled", untried)
    elif review.partners:
        yield find("plan_b_drilled", said("plan.plan_b_drilled.holds", days=DRILL_COUNTS_DAYS), passed=True)


_WEAK = ("partners.no_contact", "partners.no_plan_b", "partners.no_drill", "partners.old_drill")


def _is_weak(weak: Sequence[Phrase], key: str) -> bool:
    return any(phrase.key == key for phrase in weak)


def of_risks(plan: RiskPlan, find: Finder) -> Iterator[Evidence]:
    """Yield which risks have to be reduced; a firm without a list of risks has shown nothing."""
    if plan.risks:
        yield find.named("high_risks_reduced", [one.risk.name for one in plan.risks if one.priority is Priority.HIGH])
