"""Build the shipped catalogue: tidy names, options, categories, prices in pence, assumed weights."""

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from springtide.demo.build.names import tidy
from springtide.demo.build.source import SourceProduct
from springtide.demo.catalogue import CatalogueRow
from springtide.demo.categories import DATA, Categoriser, CategoryData
from springtide.demo.codes import is_product_code
from springtide.demo.families import find_families

WEIGHTS_FILE = DATA / "weights.json"


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Assumed grams per piece by leaf category."""

    assumption: str
    default_g: int
    grams: dict[str, int]


def build_catalogue(products: Sequence[SourceProduct], categories: CategoryData) -> list[CatalogueRow]:
    """Return the rows by stock code; codes that differ only in case become one row."""
    merged = _merge_case(products)
    names = {sku: tidy(rows[0].name) for sku, rows in merged.items()}
    orders = {sku: sum(row.orders for row in rows) for sku, rows in merged.items()}
    weights = msgspec.json.decode(WEIGHTS_FILE.read_bytes(), type=Weights)
    categorise = Categoriser(categories)
    rows = []
    option = _options(names, orders)
    leaders = _leaders(option, orders)
    for sku in sorted(merged):
        ref, product_name, value = option.get(sku, (sku, names[sku], ""))
        category = categorise(names[leaders.get(ref, sku)])
        rows.append(
            CatalogueRow(
                sku=sku,
                product_ref=ref,
                product_name_en=product_name,
                option_name="style" if value else "",
                option_value_en=value,
                name_en=names[sku],
                category=category,
                price_minor=round(merged[sku][0].median_price_gbp * 100),
                tax_category="standard",
                weight_g=weights.grams.get(category, weights.default_g),
                units_sold=sum(row.units_sold for row in merged[sku]),
                orders=orders[sku],
                source_codes=" ".join(sorted(row.code for row in merged[sku])),
            )
        )
    return rows


def write_catalogue(rows: Sequence[CatalogueRow], path: Path) -> None:
    """Write the rows as gzipped csv; the same rows give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CatalogueRow.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(row) for row in rows)
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def category_shares(rows: Sequence[CatalogueRow]) -> dict[str, int]:
    """Count the rows per leaf, largest first."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.category] += 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _merge_case(products: Sequence[SourceProduct]) -> dict[str, list[SourceProduct]]:
    merged: dict[str, list[SourceProduct]] = defaultdict(list)
    for product in sorted(products, key=lambda product: -product.orders):
        sku = product.code.upper()
        if is_product_code(sku):
            merged[sku].append(product)
    return merged


def _options(names: dict[str, str], orders: dict[str, int]) -> dict[str, tuple[str, str, str]]:
    return {
        sku: (family.ref, family.name, value)
        for family in find_families(names, orders)
        for sku, value in family.values.items()
    }


def _leaders(option: dict[str, tuple[str, str, str]], orders: dict[str, int]) -> dict[str, str]:
    """Per product with options the most ordered code: its name decides the category of all."""
    leaders: dict[str, str] = {}
    for sku, (ref, _, _) in sorted(option.items(), key=lambda item: (-orders[item[0]], item[0])):
        leaders.setdefault(ref, sku)
    return leaders


def report(rows: Sequence[CatalogueRow], categories: CategoryData) -> str:
    """Return the counts that the documentation shows, as JSON text."""
    shares = category_shares(rows)
    refs = {row.product_ref for row in rows}
    return json.dumps(
        {
            "stock codes": len(rows),
            "products": len(refs),
            "products with options": len({row.product_ref for row in rows if row.option_name}),
            "share in the catch-all": round(shares.get(categories.catch_all, 0) / len(rows), 4),
        }
    )
