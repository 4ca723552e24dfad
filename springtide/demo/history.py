"""The demo shop's past: 21 months of invoices as a stream of orders and stand-alone credits.

    decisions = Decisions()
    for order in read_history(decisions):
        ...
    print(as_table(decisions.report()))

What becomes of each line is decided here and nowhere else; `springtide.demo.history_decisions` says it in sentences
and counts it. Prices are net of VAT (see `docs/demo-data.md` for the evidence). Orders come in the order of their
time; a credit that takes a sale back is an adjustment on that sale's order, so an order is complete when it is
yielded.

Memory is bounded: the credits (about 16,000 lines) and the sales they may refer to are read first, then the sales
are streamed once more, one invoice at a time.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from springtide.demo.catalogue import read_catalogue
from springtide.demo.history_decisions import DecisionRow, Decisions, as_table
from springtide.demo.history_files import HISTORY_FOLDER, read_credits, read_sales
from springtide.demo.history_records import AS_OF, AdjustedLine, HistoryAdjustment, HistoryLine, HistoryOrder
from springtide.demo.history_rules import decide
from springtide.demo.history_vat import vat_rate_bp

__all__ = [
    "AS_OF",
    "AdjustedLine",
    "DecisionRow",
    "Decisions",
    "HistoryAdjustment",
    "HistoryLine",
    "HistoryOrder",
    "as_table",
    "catalogue_codes",
    "decision_report",
    "read_history",
    "vat_rate_bp",
]


def read_history(
    decisions: Decisions | None = None, folder: Path = HISTORY_FOLDER, known: AbstractSet[str] | None = None
) -> Iterator[HistoryOrder]:
    """Yield orders and stand-alone credits in the order of time, counting into `decisions`.

    `known` are the stock codes that have an article, by default those of the shipped catalogue. Raises
    FileNotFoundError when the folder lacks the files.
    """
    credits_ = list(read_credits(folder))
    return decide(
        lambda: read_sales(folder),
        credits_,
        catalogue_codes() if known is None else known,
        Decisions() if decisions is None else decisions,
    )


def decision_report(folder: Path = HISTORY_FOLDER) -> list[DecisionRow]:
    """Read everything and return the counts of all decisions."""
    decisions = Decisions()
    for _ in read_history(decisions, folder):
        pass
    return decisions.report()


def catalogue_codes() -> frozenset[str]:
    """Return the stock codes that the shipped catalogue sells."""
    return frozenset(row.sku for row in read_catalogue())
