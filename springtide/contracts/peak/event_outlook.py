"""What a plan expects of each event of its season, and what that rests on."""

from datetime import date

import msgspec


class OffsetUplift(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the window: days from the event's own day, and what the event multiplies the shop's units by."""

    day: date
    offset: int
    uplift: float


class PastOccurrence(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the past. `strength`: units sold in its window over what was expected without it."""

    on: date
    strength: float
    discount: float
    marketing_minor: int


class EventOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """An event ahead, with its levers and its evidence.

    `counts`: it moved this shop beyond chance, or a lever says it will; else its days are plain ones (uplift 1).
    `products`: that sold in the past windows. `discount`: share of the price; `marketing_minor`: on the whole window.
    `days`: of the window that belong to this event and the season. `ten_points_more`, `half_more_spend`: what a cut of
    ten points more, or half as much spend on top, would multiply demand in the window by, from documented elasticities.
    """

    event: str
    name: str
    on: date
    counts: bool
    discount: float
    marketing_minor: int
    products: int
    past: tuple[PastOccurrence, ...]
    days: tuple[OffsetUplift, ...]
    ten_points_more: float
    half_more_spend: float
