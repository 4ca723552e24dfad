"""How the season of a plan stands, as the page asks for it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.review import LiveView, Review


class SeasonState(StrEnum):
    """Of the season on the shop's own clock."""

    NO_PLAN = "no_plan"
    NOT_BEGUN = "not_begun"
    RUNNING = "running"
    OVER = "over"


class Season(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a plan's season; local times have no zone.

    `known_until`: everything up to then was told, None for nothing. `silent_h`: whole hours since then, of a running
    season. `looked_at`: when live and review were made, from what was known until `until`; `replayed`: somebody asked
    for the season as it stood then. `waiting`: a new look was asked for. `mistakes`: why it could not be made.
    """

    state: SeasonState
    known_until: datetime | None
    silent_h: int
    looked_at: datetime | None
    until: datetime | None
    replayed: bool
    waiting: bool
    live: LiveView | None
    review: Review | None
    mistakes: tuple[Mistake, ...]
