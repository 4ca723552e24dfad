"""Differences between books: rows that stay until they are gone or resolved, and a look at everything at once."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from springtide.channels.backoffice.filters import PAGE_ROWS, cursor, picked
from springtide.channels.backoffice.forms import Form
from springtide.channels.backoffice.office import Office
from springtide.channels.backoffice.visit import Reply, Trouble, Visit, enter
from springtide.contracts.common import Difference, DifferenceState, Finding, Page
from springtide.platform.caller import Caller
from springtide.platform.errors import NotFound, Refusal, Unavailable
from springtide.platform.http import HttpRequest

READ = "audit.read"
_NOTHING: Page[Difference] = Page(items=())


class Checked(Protocol):
    """Contexts that can compare their facts."""

    def check(self, *, caller: Caller) -> Awaitable[tuple[Finding, ...]]:
        """Return the differences."""
        ...


class Lister(Protocol):
    """Contexts that keep differences as rows list them the same way."""

    def __call__(
        self, *, caller: Caller, state: DifferenceState | None = None, after: str | None = None, limit: int = 50
    ) -> Awaitable[Page[Difference]]:
        """Return differences, newest first."""
        ...


class Resolver(Protocol):
    """Contexts that keep differences as rows resolve them the same way."""

    def __call__(self, *, caller: Caller, key: str, difference_id: UUID, note: str) -> Awaitable[Difference]:
        """Put one aside."""
        ...


@dataclass(frozen=True, slots=True)
class Keeper:
    """A context that keeps differences, and the scope that resolving needs."""

    rows: Lister
    resolve: Resolver
    scope: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one context, or why there are none."""

    context: str
    page: Page[Difference]
    resolvable: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Checking:
    """What one context answered: its findings, or why there are none."""

    context: str
    findings: tuple[Finding, ...]
    problem: str = ""


@get("/differences")
async def show_differences(request: HttpRequest) -> Reply:
    """Show what was found by itself; ask every context to compare at once only when asked to: it reads a lot."""
    return await _page(await enter(request, READ))


@post("/differences/{context:str}/{difference_id:uuid}/resolve")
async def resolve(request: HttpRequest, context: FromPath[str], difference_id: FromPath[UUID]) -> Reply:
    """Put a difference aside, with the reason."""
    visit = await enter(request, READ)
    keeper = _keepers(visit.office).get(context)
    if keeper is None:
        msg = "There is nothing to resolve at this address."
        raise NotFound(msg)
    visit.require(keeper.scope)

    async def work(form: Form, key: str) -> Difference:
        note = form.text("note", required=True)
        form.check()
        return await keeper.resolve(caller=visit.because(note), key=key, difference_id=difference_id, note=note)

    outcome = await visit.act(f"resolve-{difference_id}", work)
    if isinstance(outcome, Trouble):
        return await _page(visit, outcome)
    return visit.see_other("/differences", f"Resolved: {outcome.subject}. It opens again when it changes.")


async def _page(visit: Visit, trouble: Trouble | None = None) -> Reply:
    asked = visit.query.get("now") == "yes"
    chosen, state = visit.query.get("context", ""), _state(visit)
    keepers = {name: keeper for name, keeper in _keepers(visit.office).items() if chosen in {"", name}}
    kept, checks = await asyncio.gather(
        asyncio.gather(*(_kept(visit, name, keeper, state) for name, keeper in keepers.items())),
        asyncio.gather(*(_check(visit, *pair) for pair in (_checked(visit.office) if asked else {}).items())),
    )
    return visit.page(
        "office/differences.html",
        status=trouble.status() if trouble else 200,
        kept=kept,
        contexts=tuple(_keepers(visit.office)),
        chosen=chosen if chosen in keepers else "",
        state_shown=visit.query.get("state", DifferenceState.OPEN),
        asked=asked,
        results=checks,
        found=sum(len(result.findings) for result in checks),
        silent=sum(bool(result.problem) for result in checks),
        trouble=trouble,
    )


def _state(visit: Visit) -> DifferenceState | None:
    """Return which rows to show: open ones, unless the address says otherwise; "all" is all."""
    chosen = picked(visit.query, "state", DifferenceState)
    return None if visit.query.get("state") == "all" else chosen or DifferenceState.OPEN


async def _kept(visit: Visit, context: str, keeper: Keeper, state: DifferenceState | None) -> Kept:
    after = cursor(visit.query) if visit.query.get("context") == context else None
    try:
        page = await keeper.rows(caller=visit.caller, state=state, after=after, limit=PAGE_ROWS)
    except (Refusal, Unavailable) as error:
        return Kept(context, _NOTHING, problem=error.detail)
    return Kept(context, page, visit.can(keeper.scope))


def _keepers(office: Office) -> dict[str, Keeper]:
    return {
        "payments": Keeper(office.payments.list_differences, office.payments.resolve_difference, "payments.write"),
        "inventory": Keeper(office.inventory.list_differences, office.inventory.resolve_difference, "inventory.write"),
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


ROUTES = (show_differences, resolve)
