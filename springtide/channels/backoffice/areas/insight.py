"""Looking at the whole: the audit log, and how the shop is set up."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol

from litestar import get

from springtide.channels.backoffice.office import Office
from springtide.channels.backoffice.visit import Reply, Visit, enter, lateness
from springtide.contracts.common import AuditEntry
from springtide.platform.caller import Caller, Kind
from springtide.platform.errors import Refusal, Unavailable
from springtide.platform.http import HttpRequest
from springtide.platform.telemetry import logger

log = logger(__name__)

AUDIT_ROWS = 50


class Audited(Protocol):
    """Every context keeps its own audit rows and lists them the same way."""

    def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> Awaitable[tuple[AuditEntry, ...]]:
        """Return audit rows, newest first."""
        ...


@get("/audit")
async def show_audit(request: HttpRequest) -> Reply:
    """Show who did what, newest first: one context at a time, because each keeps its own."""
    visit = await enter(request, "audit.read")
    contexts = _audited(visit.office)
    chosen = visit.query.get("context", "orders")
    chosen = chosen if chosen in contexts else "orders"
    rows = await contexts[chosen].list_audit(
        caller=visit.caller,
        aggregate_id=visit.query.get("aggregate") or None,
        before=visit.query.get("before") or None,
        limit=AUDIT_ROWS,
    )
    names = await _names(visit)
    return visit.page(
        "office/audit.html",
        rows=rows,
        contexts=tuple(contexts),
        chosen=chosen,
        more=str(rows[-1].id) if len(rows) == AUDIT_ROWS else "",
        names=names,
        late_s=await lateness(visit),
    )


@get("/settings")
async def show_settings(request: HttpRequest) -> Reply:
    """Show sellers, markets and locations as they are set up."""
    visit = await enter(request)
    front, locations = await asyncio.gather(
        visit.office.reference.shop_front(visit.caller), visit.office.reference.locations(visit.caller)
    )
    return visit.page("office/settings.html", front=front, locations=locations, places=visit.office.places)


async def _names(visit: Visit) -> dict[str, str]:
    """Return the names of staff as actors are written, for those who may see them; else ids have to do."""
    if not visit.can("staff.write"):
        return {}
    try:
        people = await visit.office.customers.list_staff(caller=visit.caller)
    except (Refusal, Unavailable) as error:
        log.warning("audit.without_names", error=error.detail)
        return {}
    return {f"{Kind.STAFF}:{person.id}": person.name for person in people}


def _audited(office: Office) -> dict[str, Audited]:
    return {
        "orders": office.orders,
        "payments": office.payments,
        "checkout": office.checkout,
        "catalog": office.catalog,
        "pricing": office.pricing,
        "inventory": office.inventory,
        "customers": office.customers,
    }


ROUTES = (show_audit, show_settings)
