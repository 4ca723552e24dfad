"""Read the packed invoice files: the raw rows, grouped by invoice, nothing decided.

The format is described in `springtide.demo.build.history`, which writes it. Reading needs the standard library only and
holds one invoice at a time.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

HISTORY_FOLDER = Path(__file__).parent / "data" / "history"
SALES_PATTERN = "sales-{year}q{quarter}.csv.gz"
SALES_GLOB = "sales-*.csv.gz"
CREDITS_FILE = "credits.csv.gz"


class RawInvoice(NamedTuple):
    """One invoice as packed; a row is `[code, quantity, pence]`, some have a fourth cell, the description; all text."""

    number: str
    at: datetime
    customer: str
    country: str
    span_minutes: int
    rows: list[list[str]]


def read_sales(folder: Path = HISTORY_FOLDER) -> Iterator[RawInvoice]:
    """Yield all sales invoices in the order of time; raises FileNotFoundError when the folder holds none."""
    files = sorted(folder.glob(SALES_GLOB))
    if not files:
        message = f"no {SALES_GLOB} in {folder}"
        raise FileNotFoundError(message)
    for file in files:
        yield from read_file(file)


def read_credits(folder: Path = HISTORY_FOLDER) -> Iterator[RawInvoice]:
    """Yield all credit and adjustment invoices in the order of time; raises FileNotFoundError."""
    return read_file(folder / CREDITS_FILE)


def read_file(path: Path) -> Iterator[RawInvoice]:
    """Yield the invoices of one packed file; raises ValueError for a line before the first invoice."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows: list[list[str]] | None = None
        head: list[str] = []
        for row in csv.reader(file):
            if row[0][0] == "@":
                if rows is not None:
                    yield _invoice(head, rows)
                head, rows = row, []
            elif rows is None:
                message = f"{path}: a line comes before the first invoice"
                raise ValueError(message)
            else:
                rows.append(row)
        if rows is not None:
            yield _invoice(head, rows)


def _invoice(head: list[str], rows: list[list[str]]) -> RawInvoice:
    number, at, customer, country, *span = head
    return RawInvoice(number[1:], datetime.fromisoformat(at), customer, country, int(span[0]) if span else 0, rows)
