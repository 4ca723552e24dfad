"""The records that the demo's past is read into, and the constants they share."""

from datetime import date, datetime, timedelta

import msgspec

AS_OF = date(2011, 9, 1)
"""The demo's today: the first day after the history. Reports and plans of the demo take it as their `as of` date."""

CURRENCY = "GBP"
HOME_MARKET = "GB"
DEMAND_MARKETS = frozenset({"NL", "SE"})
"""Countries with a market of their own in the demo shop, although the past was invoiced by the home market."""

UNKNOWN_COUNTRY = "ZZ"
CANCELLATION_WINDOW = timedelta(hours=24)
"""A credit this soon after the sale is a cancellation before dispatch, a later one a return."""


class HistoryLine(msgspec.Struct, frozen=True, gc=False):
    """A line as sold; `kind` is article, free, unlisted, voucher or manual; the name only where no catalogue has it."""

    sku: str
    quantity: int
    unit_net_minor: int
    kind: str
    description: str = ""


class AdjustedLine(msgspec.Struct, frozen=True, gc=False):
    """What an adjustment takes back: the line's index in the order's `lines`, a positive quantity, the price."""

    line: int
    quantity: int
    unit_net_minor: int


class HistoryAdjustment(msgspec.Struct, frozen=True):
    """A cancellation or return of parts of one order; `external_ref` is the credit's number ("C…")."""

    external_ref: str
    at: datetime
    kind: str
    lines: tuple[AdjustedLine, ...]


class HistoryOrder(msgspec.Struct, frozen=True):
    """A past order (`kind` "sale") or a credit that belongs to no known sale (`kind` "credit").

    Amounts are net pence. On a credit all quantities and amounts are what the shop gave back, as positive figures;
    `discount_minor` then holds credited discounts and amounts by hand (negative where one was charged back).
    """

    external_ref: str
    kind: str
    placed_at: datetime
    customer_ref: str | None
    country: str
    market: str
    demand_market: str
    currency: str
    lines: tuple[HistoryLine, ...]
    shipping_minor: int = 0
    discount_minor: int = 0
    notes: tuple[str, ...] = ()
    adjustments: tuple[HistoryAdjustment, ...] = ()
