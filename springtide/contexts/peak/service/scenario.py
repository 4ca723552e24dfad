"""Overrides: what people know better about a season."""

from datetime import timedelta
from uuid import UUID

import msgspec

from springtide.contexts.peak.domain.edits import mistakes_of_override
from springtide.contracts.peak.api import NewOverride, PeakNotFound
from springtide.contracts.peak.errors import InvalidPeakInput
from springtide.contracts.peak.paths import Override
from springtide.platform.db import Tx
from springtide.platform.ids import uuid7

_DAY = timedelta(days=1)


async def add_override(tx: Tx, given: NewOverride) -> Override:
    """Add an override; `InvalidPeakInput`."""
    mistakes = list(mistakes_of_override(given, tx.now.date()))
    if mistakes:
        raise InvalidPeakInput.of(mistakes)
    columns = {**msgspec.structs.asdict(given), "id": uuid7(), "author": tx.caller.principal, "at": tx.now}
    await tx.run("insert_override", {**columns, "scope": str(given.scope)})
    tx.audit("override_added", columns["id"], scope=str(given.scope), multiplier=given.multiplier)
    return Override(
        **msgspec.structs.asdict(given),
        id=str(columns["id"]),
        author=tx.caller.principal,
    )


async def expire_override(tx: Tx, override_id: str) -> Override:
    """End an override; one that has ended already stays as it is. `PeakNotFound`."""
    id_ = _id_of(override_id)
    rows = await tx.dicts("lock_override", {"id": id_}) if id_ else []
    if not rows:
        message = "There is no such override."
        raise PeakNotFound(message, what="override")
    override = msgspec.convert(rows[0], Override)
    yesterday = tx.now.date() - _DAY
    if override.expires_on <= yesterday:
        return override
    await tx.run("expire_override", {"id": id_, "on": yesterday})
    tx.audit("override_expired", override_id)
    return msgspec.structs.replace(override, expires_on=yesterday)


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
