"""Read *Online Retail II* as published: the catalogue (csv) and the invoice lines (parquet or csv).

The shop never needs this module: it reads what `python -m springtide.demo.build` wrote. Parquet needs `pyarrow`,
which is not a dependency of Springtide; install it where you rebuild the data.
"""

import csv
import importlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

CATALOGUE_FILE = "catalogue.csv"
LINES_FILES = ("lines_to_2011-08-31.parquet", "lines_to_2011-08-31.csv")
_COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")


class SourceProduct(NamedTuple):
    """One row of the source catalogue; the price is pounds."""

    code: str
    name: str
    median_price_gbp: float
    units_sold: int
    orders: int


class SourceLine(NamedTuple):
    """One invoice line of the source; `at` is UK local time, `customer` is "" for none."""

    invoice: str
    code: str
    description: str
    quantity: int
    at: datetime
    price_gbp: float
    customer: str
    country: str


def read_catalogue(folder: Path) -> list[SourceProduct]:
    """Read `catalogue.csv`; raises FileNotFoundError."""
    with (folder / CATALOGUE_FILE).open(encoding="utf-8", newline="") as file:
        return [
            SourceProduct(
                row["StockCode"].strip(),
                row["name"],
                float(row["median_price_gbp"]),
                int(row["units_sold"]),
                int(row["orders"]),
            )
            for row in csv.DictReader(file)
        ]


def read_lines(folder: Path) -> Iterator[SourceLine]:
    """Yield the invoice lines in the order of the file.

    Raises FileNotFoundError when the folder has neither file, ModuleNotFoundError with advice when only the parquet
    file is there and `pyarrow` is not installed.
    """
    parquet, plain = (folder / name for name in LINES_FILES)
    if plain.exists():
        return _from_csv(plain)
    if parquet.exists():
        return _from_parquet(parquet)
    message = f"{folder} has neither {LINES_FILES[0]} nor {LINES_FILES[1]}"
    raise FileNotFoundError(message)


def _from_csv(path: Path) -> Iterator[SourceLine]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield _line([row[column] for column in _COLUMNS])


def _from_parquet(path: Path) -> Iterator[SourceLine]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        message = f"reading {path.name} needs pyarrow (pip install pyarrow), or put {LINES_FILES[1]} beside it"
        raise ModuleNotFoundError(message) from error
    for batch in parquet.ParquetFile(path).iter_batches(columns=list(_COLUMNS)):
        columns = [batch.column(name).to_pylist() for name in _COLUMNS]
        for row in zip(*columns, strict=True):
            yield _line(row)


def _line(row: Sequence[object]) -> SourceLine:
    """Bring the eight columns, text or typed, to one form; an empty customer may be None, "" or "13085.0"."""
    invoice, code, description, quantity, at, price, customer, country = row
    return SourceLine(
        str(invoice),
        str(code).strip(),
        str(description or "").strip(),
        int(str(quantity)),
        at if isinstance(at, datetime) else datetime.fromisoformat(str(at)),
        float(str(price)),
        str(int(float(str(customer)))) if customer not in {None, ""} else "",
        str(country),
    )
