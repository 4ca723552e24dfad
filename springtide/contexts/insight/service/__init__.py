"""Insight's contract, delegated to one module per use case."""

from datetime import UTC, date, datetime, time

from springtide.contexts.insight.service import read_figures
from springtide.contexts.insight.service.record_batch import record_batch, require_bounded
from springtide.contracts.insight.api import (
    MOST_DAYS,
    Availability,
    Batch,
    By,
    Funnel,
    InvalidInsight,
    Looked,
    OrderMinute,
)
from springtide.platform.audit import audit_entries
from springtide.platform.audit_entry import AuditEntry
from springtide.platform.caller import Caller
from springtide.platform.db import Database
from springtide.platform.usecase import write

_READ = "insight.read"
_MOST_MINUTES = 24 * 60
_MOST_LISTED = 100


class InsightService:
    """Implements `contracts.insight.api.InsightApi`. `targets`: who is told of purchases that agreed to it."""

    def __init__(self, db: Database, *, secret_key: str, targets: tuple[str, ...]) -> None:
        self._db = db
        self._secret_key = secret_key
        self._targets = targets

    async def record(self, *, caller: Caller, key: str, batch: Batch) -> None:
        """See the contract."""
        caller.require("insight.write")
        require_bounded(batch)
        await write(
            self._db,
            caller=caller,
            operation="record",
            key=key,
            request={"batch": batch},
            reply=type(None),
            work=lambda tx: record_batch(tx, batch, secret_key=self._secret_key, targets=self._targets),
        )

    async def order_minutes(self, *, caller: Caller, minutes: int = 60) -> tuple[OrderMinute, ...]:
        """See the contract."""
        caller.require(_READ)
        if not 1 <= minutes <= _MOST_MINUTES:
            msg = f"Between 1 and {_MOST_MINUTES} minutes."
            raise InvalidInsight(msg, field="minutes")
        return await read_figures.order_minutes(self._db, minutes)

    async def funnel(self, *, caller: Caller, since: date, until: date, by: By, market: str = "") -> Funnel:
        """See the contract."""
        caller.require(_READ)
        return await read_figures.funnel(self._db, between(since, until), by=by, market=market)

    async def looked(self, *, caller: Caller, since: date, until: date, market: str = "", limit: int = 20) -> Looked:
        """See the contract."""
        caller.require(_READ)
        between(since, until)
        if not 1 <= limit <= _MOST_LISTED:
            msg = f"A list has 1 to {_MOST_LISTED} rows."
            raise InvalidInsight(msg, field="limit")
        return await read_figures.looked(self._db, since, until, market=market, limit=limit)

    async def availability(self, *, caller: Caller, since: date, until: date) -> Availability:
        """See the contract."""
        caller.require(_READ)
        return await read_figures.availability(self._db, between(since, until))

    async def list_audit(
        self, *, caller: Caller, aggregate_id: str | None = None, before: str | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """See the contract."""
        return await audit_entries(self._db, caller, aggregate_id=aggregate_id, before=before, limit=limit)


def between(since: date, until: date) -> tuple[datetime, datetime]:
    """Return the moments two days begin at, UTC; `InvalidInsight` unless 1 to `MOST_DAYS` days lie between."""
    if not 1 <= (until - since).days <= MOST_DAYS:
        msg = f"Between 1 and {MOST_DAYS} days."
        raise InvalidInsight(msg, field="since")
    return datetime.combine(since, time(), UTC), datetime.combine(until, time(), UTC)
