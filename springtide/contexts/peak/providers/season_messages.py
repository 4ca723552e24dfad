"""What the process that looks at a season is told, and what it tells: one line of JSON each."""

import msgspec

from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.facts import Fact
from springtide.contracts.peak.review import LiveView, Review


class SeasonRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`folder`: where the frozen plan lies. `actuals`: what is known of its season."""

    folder: str
    actuals: Actuals
    facts: tuple[Fact, ...] = ()


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen; `review` is None while no day is over. With `mistakes` there is nothing else."""

    live: LiveView | None = None
    review: Review | None = None
    mistakes: tuple[Mistake, ...] = ()
