"""The decisions that turn invoice lines into orders: each has a name, a sentence and a count.

Every line of the source meets exactly one `Line` decision, so their counts add up to the lines read. `Note` counts
facts about orders that change nothing about the line decisions.
"""

import enum
from collections import Counter
from collections.abc import Sequence

import msgspec


class Line(enum.StrEnum):
    """What became of one invoice line."""

    ARTICLE = "article"
    FREE = "free"
    UNLISTED = "unlisted"
    VOUCHER = "voucher"
    SHIPPING = "shipping"
    MANUAL = "manual"
    EXCLUDED_CODE = "excluded_code"
    WRITE_OFF = "write_off"
    STOCK_NOTE = "stock_note"
    NO_GOODS = "no_goods"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    CREDIT_UNMATCHED = "credit_unmatched"
    CREDIT_MONEY = "credit_money"
    BAD_DEBT = "bad_debt"


class Note(enum.StrEnum):
    """A fact about an order, a credit or a line that is counted beside its decision."""

    GUEST = "guest"
    COUNTRY_UNKNOWN = "country_unknown"
    ABROAD = "abroad"
    OVER_MINUTES = "over_minutes"
    LOWER_CASE = "lower_case"
    REPEATED_LINE = "repeated_line"
    REFUND_PRICE_DIFFERS = "refund_price_differs"
    SPLIT_MATCH = "split_match"


SENTENCES: dict[Line | Note, str] = {
    Line.ARTICLE: "an article of the catalogue sold at a price: a line of the order",
    Line.FREE: "an article at price zero on an invoice with paid articles: a line of the order at price zero",
    Line.UNLISTED: "a paid article that the catalogue does not know: a line of the order, named as on the invoice",
    Line.VOUCHER: "a gift voucher sold: a line of the order with its own code, never an article of the catalogue",
    Line.SHIPPING: "postage or carriage (POST, DOT, C2, 23444, 23574): the order's shipping amount",
    Line.MANUAL: "an amount typed by hand, or a discount charged back, on an order with goods: a line of kind manual",
    Line.EXCLUDED_CODE: "samples, bank charges, marketplace fees, corrections, cushion pads, tests: left out",
    Line.WRITE_OFF: "a negative quantity without a C number, always at price zero: stock written off, no order",
    Line.STOCK_NOTE: "price zero and nothing paid on the invoice: goods found or counted, no order",
    Line.NO_GOODS: "postage or an amount by hand on an invoice without goods: no order",
    Line.CANCELLED: "a credit within 24 hours of the sale it matches: a cancellation of that order's line",
    Line.RETURNED: "a credit later than 24 hours after the sale it matches: a return on that order's line",
    Line.CREDIT_UNMATCHED: "a credited article without an earlier sale to that customer: a stand-alone credit",
    Line.CREDIT_MONEY: "credited postage, discount or amount by hand: money of a stand-alone credit",
    Line.BAD_DEBT: "an A number, the accounts' adjustment for bad debt: left out",
    Note.GUEST: "an order without a customer number: a guest's order",
    Note.COUNTRY_UNKNOWN: "from 'Unspecified', 'European Community' or 'West Indies': country ZZ, treated as home",
    Note.ABROAD: "an order from outside the United Kingdom: invoiced in pounds by the one UK shop, so market GB",
    Note.OVER_MINUTES: "an invoice whose lines span several minutes: placed at its first minute",
    Note.LOWER_CASE: "a line whose code is written in lower case (85123a): the same article as in upper case",
    Note.REPEATED_LINE: "equal in code, quantity and price to an earlier line of its invoice: kept, as it was charged",
    Note.REFUND_PRICE_DIFFERS: "a matched credit at another price than the sale: the credited price is refunded",
    Note.SPLIT_MATCH: "a credit larger than any one sale left: spread over several sales, the latest first",
}


class DecisionRow(msgspec.Struct, frozen=True):
    """One row of the report; `amount_minor` is the signed sum of quantity times price in pence, 0 for notes."""

    name: str
    count: int
    amount_minor: int
    sentence: str


class Decisions:
    """Counts while the history is read; `report` gives the rows."""

    def __init__(self) -> None:
        self.counts: Counter[Line | Note] = Counter()
        self.amounts: Counter[Line | Note] = Counter()

    def add(self, decision: Line, amount_minor: int) -> None:
        """Count one line."""
        self.counts[decision] += 1
        self.amounts[decision] += amount_minor

    def note(self, note: Note, count: int = 1) -> None:
        """Count a fact."""
        self.counts[note] += count

    @property
    def lines(self) -> int:
        """Return the number of source lines decided so far."""
        return sum(self.counts[line] for line in Line)

    def report(self) -> list[DecisionRow]:
        """Return all decisions and notes, also those that never occurred."""
        names: Sequence[Line | Note] = (*Line, *Note)
        return [DecisionRow(name.value, self.counts[name], self.amounts[name], SENTENCES[name]) for name in names]


def as_table(rows: Sequence[DecisionRow]) -> str:
    """Return the report as a Markdown table; amounts in pounds."""
    lines = ["| decision | count | amount, GBP | meaning |", "|---|---:|---:|---|"]
    lines += [
        f"| `{row.name}` | {row.count:,} | {row.amount_minor / 100:,.2f} | {row.sentence} |"
        if row.amount_minor
        else f"| `{row.name}` | {row.count:,} | | {row.sentence} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
