"""Pack the invoice lines into the small files that `springtide.demo.history` streams.

One gzipped text file per quarter holds the sales, one more all credits ("C…") and adjustments ("A…"), each in the
order of time. An invoice starts with a row `@number,UTC minute,customer,country[,minutes]`; its lines follow as
`code,quantity,pence[,description]`. The description is kept only where it says something that the catalogue does
not: for codes that are no articles, for lines without a price and for articles that the catalogue does not know.
"""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from springtide.demo.build.source import SourceLine
from springtide.demo.history_files import CREDITS_FILE, SALES_PATTERN

SOURCE_ZONE = ZoneInfo("Europe/London")
"""The source prints UK local time and has no line between 21:00 and 06:00: no hour is ambiguous."""

COUNTRIES = {
    "United Kingdom": "GB", "EIRE": "IE", "Germany": "DE", "France": "FR", "Netherlands": "NL", "Spain": "ES",
    "Switzerland": "CH", "Belgium": "BE", "Portugal": "PT", "Australia": "AU", "Channel Islands": "JE", "Sweden": "SE",
    "Italy": "IT", "Cyprus": "CY", "Finland": "FI", "Austria": "AT", "Norway": "NO", "Denmark": "DK", "Greece": "GR",
    "Japan": "JP", "United Arab Emirates": "AE", "Poland": "PL", "Hong Kong": "HK", "Singapore": "SG", "Israel": "IL",
    "Malta": "MT", "USA": "US", "Canada": "CA", "Iceland": "IS", "Lithuania": "LT", "Bahrain": "BH", "RSA": "ZA",
    "Brazil": "BR", "Thailand": "TH", "Korea": "KR", "Lebanon": "LB", "Bermuda": "BM", "Nigeria": "NG",
    "Czech Republic": "CZ", "Saudi Arabia": "SA",
    "Unspecified": "ZZ", "European Community": "ZZ", "West Indies": "ZZ",
}  # fmt: skip
"""Country of the source to ISO 3166 alpha-2. The Channel Islands go to Jersey; ZZ is "not one country"."""

Invoice = list[SourceLine]


def group_invoices(lines: Iterable[SourceLine]) -> list[Invoice]:
    """Collect the lines of each invoice, also where the source interleaves two, ordered by first minute and number."""
    invoices: dict[str, Invoice] = {}
    for line in lines:
        invoices.setdefault(line.invoice, []).append(line)
    return sorted(invoices.values(), key=lambda invoice: (min(line.at for line in invoice), invoice[0].invoice))


def write_history(lines: Iterable[SourceLine], known: AbstractSet[str], folder: Path) -> dict[str, int]:
    """Write all files into the folder; returns bytes per file name. `known` are the catalogue's codes (upper case)."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, io.StringIO] = {}
    for invoice in group_invoices(lines):
        text = texts.setdefault(_file_name(invoice[0]), io.StringIO())
        csv.writer(text, lineterminator="\n").writerows(_rows(invoice, known))
    sizes = {}
    for name, text in texts.items():
        packed = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
        (folder / name).write_bytes(packed)
        sizes[name] = len(packed)
    return sizes


def to_utc(local: datetime) -> datetime:
    """Read a naive time of the source as UK local time and return it in UTC."""
    return local.replace(tzinfo=SOURCE_ZONE).astimezone(UTC)


def to_country(name: str) -> str:
    """Return the ISO code of a country of the source; raises ValueError for a name that it never had."""
    if name not in COUNTRIES:
        message = f"the country {name!r} has no ISO code in COUNTRIES"
        raise ValueError(message)
    return COUNTRIES[name]


def _file_name(line: SourceLine) -> str:
    if line.invoice[0] in "CA":
        return CREDITS_FILE
    return SALES_PATTERN.format(year=line.at.year, quarter=(line.at.month + 2) // 3)


def _rows(invoice: Invoice, known: AbstractSet[str]) -> Iterator[list[str]]:
    first, last = min(line.at for line in invoice), max(line.at for line in invoice)
    head = invoice[0]
    span = [str(round((last - first).total_seconds() / 60))] if last > first else []
    yield [f"@{head.invoice}", f"{to_utc(first):%Y-%m-%dT%H:%MZ}", head.customer, to_country(head.country), *span]
    for line in invoice:
        pence = round(line.price_gbp * 100)
        plain = pence > 0 and line.quantity != 0 and line.code.upper() in known
        yield [line.code, str(line.quantity), str(pence), *([] if plain else [line.description])]
