"""One row of an audit trail as it is told to others. Apart from `audit`, because contracts reach no database."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `difference` names fields and figures, never personal data."""

    id: UUID
    at: datetime
    actor: str
    action: str
    aggregate_id: str
    request_id: str
    reason: str
    difference: dict[str, Any]
