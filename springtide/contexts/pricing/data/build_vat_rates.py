"""Make ``vat_rates.json`` from the two public tables; see ``README.md`` beside it for the rules and the credit.

Run by hand: ``python -m springtide.contexts.pricing.data.build_vat_rates FOLDER`` where FOLDER holds
``vat-rates_ibericode.json`` and ``vat_rates_kdeldycke.csv``. Prints every date on which the two disagree.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Older rates serve nobody: the oldest order that the shop knows is of December 2009.
FIRST_DAY = "2009-01-01"
UNDATED = "0000-01-01"
# ibericode numbers the reduced rates where a country has two; ours are "reduced" and "reduced_2".
CATEGORY_NAMES = {"reduced1": "reduced", "reduced2": "reduced_2", "press_publications": "press"}
# Åland is a territory without a postcode in one source and absent from the other; 22xxx is its postcode range.
EXTRA_EXCEPTIONS = {"FI": [{"name": "Åland", "postcode": "22\\d{3}", "standard": 0}]}

Period = dict[str, Any]


def _basis_points(percent: float) -> int:
    return round(percent * 100)


def _dated_standards(path: Path) -> dict[str, list[tuple[str, int]]]:
    """kdeldycke: country -> (start, basis points), newest first, whole countries only."""
    found: dict[str, list[tuple[str, int]]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            country = row["territory_codes"].split()[0]
            if len(country) == len("GB"):
                found.setdefault(country, []).append((row["start_date"], _basis_points(float(row["rate"]) * 100)))
    return {country: sorted(periods, reverse=True) for country, periods in found.items()}


def _standard_on(periods: list[tuple[str, int]], day: str) -> int | None:
    return next((rate for start, rate in periods if start <= day), None)


def _source_period_on(periods: list[Period], day: str) -> Period | None:
    newest_first = sorted(periods, key=lambda period: str(period["effective_from"]), reverse=True)
    return next((period for period in newest_first if period["effective_from"] <= day), None)


def _merged(source: list[Period], dated: list[tuple[str, int]]) -> Iterator[Period]:
    """One period per change of any rate: ibericode where it is dated, kdeldycke where ibericode only says "ever"."""
    changes = {str(p["effective_from"]) for p in source} | {start for start, _ in dated}
    previous: dict[str, int] = {}
    for day in sorted({FIRST_DAY} | {change for change in changes if change > FIRST_DAY}):
        period = _source_period_on(source, day)
        rates = {CATEGORY_NAMES.get(n, n): _basis_points(r) for n, r in period["rates"].items()} if period else {}
        history = _standard_on(dated, day)
        if history is not None and (period is None or period["effective_from"] == UNDATED):
            rates["standard"] = history
        if rates != previous:
            yield {"from": day, "rates_bp": dict(sorted(rates.items()))}
        previous = rates


def _exceptions(country: str, source: list[Period]) -> list[dict[str, Any]]:
    found = {rule["name"]: rule for period in source for rule in period.get("exceptions", ())}
    found |= {rule["name"]: rule for rule in EXTRA_EXCEPTIONS.get(country, ())}
    return [
        {"name": name, "postcode": rule["postcode"], "standard_bp": _basis_points(rule["standard"])}
        for name, rule in sorted(found.items())
    ]


def _differences(country: str, source: list[Period], dated: list[tuple[str, int]]) -> Iterator[str]:
    days = {str(p["effective_from"]) for p in source} | {start for start, _ in dated} | {FIRST_DAY}
    for day in sorted(d for d in days if d >= FIRST_DAY):
        period = _source_period_on(source, day)
        ours = _basis_points(period["rates"]["standard"]) if period else None
        theirs = _standard_on(dated, day)
        if ours != theirs:
            yield f"{country} from {day}: ibericode {ours}, kdeldycke {theirs}"


def main(folder: Path, target: Path) -> None:
    """Write the merged table to ``target`` and the disagreements of the sources to standard output."""
    source = json.loads((folder / "vat-rates_ibericode.json").read_text(encoding="utf-8"))["items"]
    dated = _dated_standards(folder / "vat_rates_kdeldycke.csv")
    countries = [
        {
            "country": country,
            "eu": country != "GB",
            "periods": list(_merged(source[country], dated[country])),
            "exceptions": _exceptions(country, source[country]),
        }
        for country in sorted(source)
    ]
    lines = ",\n ".join(json.dumps(country, ensure_ascii=False) for country in countries)
    target.write_text(f"[{lines}]\n", encoding="utf-8")
    for country in sorted(source):
        for line in _differences(country, source[country], dated[country]):
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("vat_rates.json"))
