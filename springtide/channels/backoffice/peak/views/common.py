"""What the pages of a plan share."""

from datetime import date
from typing import Any

import msgspec

from springtide.contracts.peak.common import Phrase
from springtide.contracts.peak.plan import StageDone

View = dict[str, Any]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a plan says about it; see `contracts.peak.plan.Plan`."""

    company: str
    currency: str
    timezone: str
    as_of: date
    first: date
    last: date
    products: int
    stages: tuple[StageDone, ...]
    missing: tuple[Phrase, ...]
