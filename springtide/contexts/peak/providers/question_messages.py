"""What the process that answers questions is asked: JSON, one question a line. It answers as a plan's process does."""

import msgspec

from springtide.contracts.peak.what_if import Scenario, Side


class WhatIfRequest(msgspec.Struct, frozen=True, kw_only=True, tag="what_if"):
    """A scenario put on a frozen plan. `folder`: where its files lie. `before`: the side it is compared with."""

    folder: str
    before: Side
    scenario: Scenario


class HistoryRequest(msgspec.Struct, frozen=True, kw_only=True, tag="history"):
    """A past to be looked over: `document` is `history.toml` as it would be, `folder` where the files it names lie.

    `events`: the calendar's text, "" for the usual one.
    """

    folder: str
    document: str
    events: str


Question = WhatIfRequest | HistoryRequest
