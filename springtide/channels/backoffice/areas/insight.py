"""Looking at the whole: the audit log, the differences between facts, and how the shop is set up."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from litestar import get

from springtide.channels.backoffice.office import Office
from springtide.channels.backoffice.visit import Reply, Visit, enter
from springtide.contracts.common import AuditEntry, Finding
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


class Checked(Protocol):
    """Contexts that can compare their facts."""

    def check(self, *, caller: Caller) -> Awaitable[tuple[Finding, ...]]:
        """Return the differences."""
        ...


@dataclass(frozen=True, slots=True)
class Checking:
    """What one context answered: its findings, or why there are none."""

    context: str
    findings: tuple[Finding, ...]
    problem: str = ""


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
    more = str(rows[-1].id) if len(rows) == AUDIT_ROWS else ""
    return visit.page("office/audit.html", rows=rows, contexts=tuple(contexts), chosen=chosen, more=more, names=names)


@get("/differences")
async def show_differences(request: HttpRequest) -> Reply:
    """Ask every context to compare its facts, when asked to; it reads a lot, so not on every visit."""
    visit = await enter(request, "audit.read")
    asked = visit.query.get("now") == "yes"
    results = await asyncio.gather(*(_check(visit, *pair) for pair in _checked(visit.office).items())) if asked else []
    found = sum(len(result.findings) for result in results)
    silent = sum(bool(result.problem) for result in results)
    return visit.page("office/differences.html", asked=asked, results=results, found=found, silent=silent)


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


def _checked(office: Office) -> dict[str, Checked]:
    return {
        "inventory": office.inventory,
        "orders": office.orders,
        "pricing": office.pricing,
        "checkout": office.checkout,
        "payments": office.payments,
    }


async def _check(visit: Visit, context: str, api: Checked) -> Checking:
    try:
        return Checking(context, await api.check(caller=visit.caller))
    except (Refusal, Unavailable) as error:
        return Checking(context, (), error.detail)


ROUTES = (show_audit, show_differences, show_settings)
