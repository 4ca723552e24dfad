"""What a plan asks of its partners at P90, each in the unit of the partner's capacity."""

from collections.abc import Iterator

from springtide.contexts.peak.domain.partners.register import Register
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.partners import PartnerKind
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.stock import StockPlan


def needs_of(
    register: Register, *, fulfilment: FulfilmentPlan, staff: StaffPlan, gateways: GatewayPlan, stock: StockPlan | None
) -> dict[str, float]:
    """Return needs by partner id: parcels on a carrier's busiest day, a gateway's requests in its busiest second,

    seats of the call centre, room in the external house. A partner that no step knows has none.
    """
    found = dict(_of_steps(register, fulfilment, staff, gateways, stock))
    return {id_: need for id_, need in found.items() if id_ in register}


def _of_steps(
    register: Register, fulfilment: FulfilmentPlan, staff: StaffPlan, gateways: GatewayPlan, stock: StockPlan | None
) -> Iterator[tuple[str, float]]:
    for carrier in fulfilment.carriers:
        yield carrier.carrier, max((day.due.p90 for day in carrier.days), default=0.0)
    for load in gateways.loads:
        yield load.gateway, load.requests_per_s.p90
    for centre in register.of_kind(PartnerKind.CALL_CENTRE):
        yield centre.id, float(staff.support.busiest_seats)
    if stock is not None:
        for house in register.of_kind(PartnerKind.WAREHOUSE):
            yield house.id, max((week.overflow_m3 for week in stock.storage), default=0.0)
