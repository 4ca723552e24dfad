"""The demo's catalogue: one row per stock code, options grouped into products, as the import wants it."""

import csv
import gzip
from pathlib import Path

import msgspec

CATALOGUE_FILE = Path(__file__).parent / "data" / "catalogue.csv.gz"


class CatalogueRow(msgspec.Struct, frozen=True):
    """One sellable code; the fields are the columns of `catalogue.csv.gz`.

    Rows with the same `product_ref` are the options of one product (`option_name` is "style"); without options the
    product is the row. The price is the median of the source in pence, net of VAT; the weight, in grams, is assumed.
    """

    sku: str
    product_ref: str
    product_name_en: str
    option_name: str
    option_value_en: str
    name_en: str
    category: str
    price_minor: int
    tax_category: str
    weight_g: int
    units_sold: int
    orders: int
    source_codes: str


def read_catalogue(path: Path = CATALOGUE_FILE) -> list[CatalogueRow]:
    """Read the shipped catalogue, ordered by stock code; raises FileNotFoundError, msgspec.ValidationError."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [msgspec.convert(row, CatalogueRow, strict=False) for row in csv.DictReader(file)]
