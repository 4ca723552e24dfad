"""A plan taken along: as JSON, as a workbook, a step as CSV, deadlines and rosters as calendars."""

import csv
import io
from collections.abc import Awaitable, Callable
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from springtide.channels.backoffice.peak.reading import plain, whole
from springtide.channels.backoffice.peak.views.common import Head
from springtide.channels.backoffice.visit import Reply, Visit, enter
from springtide.contracts.peak.api import FILE, READ, PeakNotFound
from springtide.contracts.peak.tables import guarded, tables_of
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PLAN, _FILES = "plan.json", ("plan.xlsx", "deadlines.ics", "rosters.ics")


@get("/peak/plans/{plan_id:uuid}/download/{name:str}")
async def download(request: HttpRequest, plan_id: FromPath[UUID], name: FromPath[str]) -> Reply:
    """Send a file of a plan: plan.json, plan.xlsx, deadlines.ics, rosters.ics or `<step>.csv`."""
    visit = await enter(request, READ)
    step, _, kind = name.rpartition(".")
    if name == _PLAN:
        body = await _joined(lambda page: _frozen(visit, plan_id, name, page))
    elif name in _FILES:
        body = await _joined(lambda page: _part(visit, plan_id, f"{FILE}{name}", page))
    elif kind == "csv" and step:
        body = await _csv(visit, plan_id, step)
    else:
        message = f"A plan has no file {name}."
        raise NotFound(message)
    plan = await visit.office.peak.get_plan(caller=visit.caller, plan_id=plan_id)
    headers = {"content-disposition": f'attachment; filename="plan-{plan.row.number}-{name}"'}
    return Response(body, media_type=_TYPES[kind], headers={**headers, "cache-control": "no-store"})


async def _csv(visit: Visit, plan_id: UUID, step: str) -> bytes:
    """Return the largest table of a step, or the one that is asked for ("stock.lines"); texts are never formulas."""
    outer = step.partition(".")[0]
    head = await whole(visit, plan_id, "head", Head)
    tables = list(tables_of(outer, await plain(visit, plan_id, outer), head.currency if head else ""))
    found = [table for table in tables if table.name == step] if "." in step else tables
    if not found:
        message = f"The plan has no table {step}."
        raise PeakNotFound(message, what="table")
    table = max(found, key=lambda one: len(one.rows))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([guarded(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode()


async def _joined(read: Callable[[int], Awaitable[tuple[bytes, int]]]) -> bytes:
    body, pages = await read(0)
    rest = [(await read(page))[0] for page in range(1, pages)]
    return b"".join([body, *rest])


async def _frozen(visit: Visit, plan_id: UUID, name: str, page: int) -> tuple[bytes, int]:
    found = await visit.office.peak.get_plan_file(caller=visit.caller, plan_id=plan_id, name=name, page=page)
    return found.body, found.pages


async def _part(visit: Visit, plan_id: UUID, step: str, page: int) -> tuple[bytes, int]:
    found = await visit.office.peak.get_part(caller=visit.caller, plan_id=plan_id, step=step, page=page)
    return found.body, found.pages


ROUTES = (download,)
