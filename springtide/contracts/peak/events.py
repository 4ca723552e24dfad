"""What the peak desk tells the others. Additions only."""

from uuid import UUID

from springtide.platform.events import Event


class PlanMade(Event, frozen=True, kw_only=True):
    """A plan is done: its parts can be read. Aggregate: the plan."""

    TYPE = "peak.plan_made"

    plan_id: UUID
    number: int
    inputs_sha256: str


class PlanFailed(Event, frozen=True, kw_only=True):
    """A plan could not be made; `rules` are those its mistakes name. Aggregate: the plan."""

    TYPE = "peak.plan_failed"

    plan_id: UUID
    number: int
    rules: tuple[str, ...]
