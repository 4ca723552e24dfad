"""What the process that looks at a season is asked, and what it tells: one line of JSON each."""

import msgspec

from springtide.contracts.peak.actuals import Actuals
from springtide.contracts.peak.budget import Booking
from springtide.contracts.peak.errors import Mistake
from springtide.contracts.peak.facts import Fact
from springtide.contracts.peak.review import LiveView, Review
from springtide.contracts.peak.told import Told, ToldRow


class SeasonRequest(msgspec.Struct, frozen=True, kw_only=True, tag="look"):
    """`folder`: where the frozen plan lies. The rest is what is known of its season."""

    folder: str
    actuals: Actuals
    facts: tuple[Fact, ...] = ()
    told: tuple[ToldRow, ...] = ()
    bookings: tuple[Booking, ...] = ()


class SalesRequest(msgspec.Struct, frozen=True, kw_only=True, tag="sales"):
    """A file of what happened: order lines are counted as the plan counts demand.

    `file`: in any format of a history that has order lines, counts by hour, or told figures. `source`: `history.toml`
    of the plan, `folder`: where the file it names lies. `called`: the name of what is told.
    """

    file: str
    source: str
    folder: str
    called: str


Request = SeasonRequest | SalesRequest


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen; `review` is None while no day is over. `actuals`, `told`: what a file says, where one was read.

    With `mistakes` there is nothing else.
    """

    live: LiveView | None = None
    review: Review | None = None
    actuals: Actuals | None = None
    told: tuple[Told, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
