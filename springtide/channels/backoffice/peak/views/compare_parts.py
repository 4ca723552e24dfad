"""What two plans do differently, thing by thing: articles, weeks of hiring, services, gateways, carriers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from springtide.channels.backoffice.peak.reading import whole
from springtide.channels.backoffice.peak.speech import Speech
from springtide.channels.backoffice.visit import Visit
from springtide.contracts.peak.fulfilment import FulfilmentPlan
from springtide.contracts.peak.gateways import GatewayPlan
from springtide.contracts.peak.servers import ServerPlan
from springtide.contracts.peak.staff import StaffPlan
from springtide.contracts.peak.stock import StockPlan

MOST_OF_A_KIND = 5
Amounts = Mapping[str, float]
"""What a plan has of a kind of thing, by the thing's name as it is said."""


class Part(NamedTuple):
    """A kind of thing: the step of the plan it is in, and how its amounts are read."""

    step: str
    type: type[Any]
    amounts: Callable[[Any, Speech], Amounts]


def _articles(plan: StockPlan, speech: Speech) -> Amounts:
    return {speech("differs_article", sku=line.sku): line.units for line in plan.lines}


def _hires(plan: StaffPlan, speech: Speech) -> Amounts:
    return {
        speech("differs_hires", team=speech(f"department_{week.team}"), day=week.first.isoformat()): week.starting
        for week in plan.hiring
    }


def _carriers(plan: FulfilmentPlan, speech: Speech) -> Amounts:
    return {speech("differs_carrier", carrier=one.name): round(one.parcels.p90) for one in plan.carriers}


def _services(plan: ServerPlan, speech: Speech) -> Amounts:
    return {speech("differs_service", service=one.service): one.most for one in plan.services}


def _gateways(plan: GatewayPlan, speech: Speech) -> Amounts:
    return {speech("differs_gateway", gateway=one.gateway): one.limit_needed_per_s for one in plan.loads}


PARTS = (
    Part("stock", StockPlan, _articles),
    Part("staff", StaffPlan, _hires),
    Part("fulfilment", FulfilmentPlan, _carriers),
    Part("servers", ServerPlan, _services),
    Part("gateways", GatewayPlan, _gateways),
)


async def things_that_differ(
    visit: Visit, before: UUID, after: UUID, speech: Speech
) -> list[tuple[str, str, str, str]]:
    """Return name, before, after and difference of what changed most of each kind; kinds that both plans have."""
    rows: list[tuple[str, str, str, str]] = []
    for part in PARTS:
        one = await whole(visit, before, part.step, part.type)
        other = await whole(visit, after, part.step, part.type)
        if one is not None and other is not None:
            rows += list(changed_most(part.amounts(one, speech), part.amounts(other, speech), speech))
    return rows


def changed_most(before: Amounts, after: Amounts, speech: Speech) -> Iterator[tuple[str, str, str, str]]:
    """Yield what changed most of one kind; what only one plan has counts as nothing in the other."""
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in {*before, *after}}
    moved = sorted((name for name, change in changes.items() if change), key=lambda name: (-abs(changes[name]), name))
    for name in moved[:MOST_OF_A_KIND]:
        sign = "+" if changes[name] > 0 else ""
        was, is_now = (speech.number(of.get(name, 0)) for of in (before, after))
        yield name, was, is_now, f"{sign}{speech.number(changes[name])}"
