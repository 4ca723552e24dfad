"""One difference as it is told to others, and how it is refused. Apart from `differences`: contracts reach no database.

Refused by `DifferenceUnknown` (no such row), `DifferenceNotOpen` (resolved, or gone by itself) and `InvalidDifference`
(the note or the page is not well-formed).
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.platform.errors import BadInput, Conflict, NotFound


class DifferenceUnknown(NotFound):
    """There is no such difference; facts: difference_id."""

    code = "difference_unknown"


class DifferenceNotOpen(Conflict):
    """It was resolved already, or has gone by itself; facts: state."""

    code = "difference_not_open"


class InvalidDifference(BadInput):
    """A note, state or page is not well-formed; facts name the field."""

    code = "invalid_difference"


class DifferenceState(StrEnum):
    """Where a difference stands. GONE by itself: the two sides agree again."""

    OPEN = "open"
    RESOLVED = "resolved"
    GONE = "gone"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two books that disagree: `rule` by name, `subject` the id of the thing, `detail` for people.

    `resolved_by`, `resolved_at` and `note` say who put it aside and why; they stay when it goes.
    """

    id: UUID
    rule: str
    subject: str
    detail: str
    state: DifferenceState
    first_seen: datetime
    last_seen: datetime
    resolved_by: str = ""
    resolved_at: datetime | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Return the driver gives text for the state."""
        msgspec.structs.force_setattr(self, "state", DifferenceState(self.state))
