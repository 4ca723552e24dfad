"""Reading the audit rows of a context: who did what to which aggregate."""

from springtide.platform.audit_entry import AuditEntry
from springtide.platform.caller import Caller
from springtide.platform.db import Database
from springtide.platform.paging import cursor_id, page_size

MAX_PAGE = 200
SCOPE = "audit.read"


async def audit_entries(
    db: Database, caller: Caller, *, aggregate_id: str | None, before: str | None, limit: int
) -> tuple[AuditEntry, ...]:
    """Return audit rows of a context, newest first; needs "audit.read". `before`: id of the last row seen."""
    caller.require(SCOPE)
    params = {
        "aggregate_id": aggregate_id,
        "before": cursor_id(before, field="before"),
        "limit": page_size(limit, most=MAX_PAGE),
    }
    return tuple(await db.late(lambda read: read.all("kernel_list_audit", params, row=AuditEntry)))
