"""Derive how visits go from real sessions: `python -m scripts.online_shoppers SESSIONS.csv[.gz] > traffic.toml`.

Source: UCI Online Shoppers Purchasing Intention (id 468), CC BY 4.0, Sakar & Kastro 2018. Kept are only these figures:

    bounce               sessions of one page
    pages                product pages of the others, quantiles in steps of a twentieth
    seconds              seconds on a product page (time on them / their number) where any was measured, likewise
    info                 sessions with an account or information page
    tries                sessions that bought or saw a page that others saw before buying (PageValues > 0)
    cart_to_details ...  of those who tried, the share that bought, to the power of one third: three equal steps. The
                         source does not know the steps; this is an assumption.

"peak" is November, whose visitors came to buy; "everyday" all other months. Rows with an empty count are left out.
"""

import csv
import gzip
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_STEPS = 20
_COUNTS = ("ProductRelated", "Administrative", "Informational", "ProductRelated_Duration", "PageValues")
_HEAD = """# How visits go, derived by scripts/online_shoppers.py (which says how) from {sessions:,} sessions of
# Sakar, C. and Kastro, Y. (2018). Online Shoppers Purchasing Intention [data set]. UCI Machine Learning Repository,
# no. 468. https://doi.org/10.24432/C5F88Q, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/
# The three *_to_* shares are an assumption: what is left of those who tried, in three equal steps.
"""


def read(path: Path) -> list[dict[str, str]]:
    """Return the usable sessions."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [row for row in csv.DictReader(lines) if all(row[name] for name in _COUNTS)]


def derived(rows: Sequence[dict[str, str]]) -> dict[str, object]:
    """Return the figures of these sessions."""
    pages = [sum(int(row[name]) for name in _COUNTS[:3]) for row in rows]
    stayed = [int(row["ProductRelated"]) for row, count in zip(rows, pages, strict=True) if count > 1]
    seconds = [
        float(row["ProductRelated_Duration"]) / int(row["ProductRelated"])
        for row in rows
        if int(row["ProductRelated"]) and float(row["ProductRelated_Duration"]) > 0
    ]
    bought = sum(row["Revenue"] == "TRUE" for row in rows)
    tried = sum(row["Revenue"] == "TRUE" or float(row["PageValues"]) > 0 for row in rows)
    step = round((bought / tried) ** (1 / 3), 4)
    return {
        "sessions": len(rows),
        "bounce": round(sum(count <= 1 for count in pages) / len(rows), 4),
        "pages": quantiles(stayed),
        "seconds": [round(value, 1) for value in quantiles(seconds)],
        "info": round(sum(row["Administrative"] != "0" or row["Informational"] != "0" for row in rows) / len(rows), 4),
        "tries": round(tried / len(rows), 4),
        "cart_to_details": step,
        "details_to_payment": step,
        "payment_to_order": step,
    }


def quantiles(values: Iterable[float]) -> list[float]:
    """Return the values at equal steps of the sorted list, the smallest and the largest included."""
    ordered = sorted(values)
    return [ordered[round((len(ordered) - 1) * step / _STEPS)] for step in range(_STEPS + 1)]


def as_toml(rows: Sequence[dict[str, str]]) -> str:
    """Return the file."""
    parts = [_HEAD.format(sessions=len(rows))]
    for kind, chosen in (
        ("everyday", [row for row in rows if row["Month"] != "Nov"]),
        ("peak", [row for row in rows if row["Month"] == "Nov"]),
    ):
        parts.append(f"\n[{kind}]\n" + "".join(f"{name} = {value}\n" for name, value in derived(chosen).items()))
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(as_toml(read(Path(sys.argv[1]))))
