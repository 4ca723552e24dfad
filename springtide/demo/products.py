"""The demo's catalogue as product drafts and prices, with Dutch and Swedish where we wrote them."""

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec

from springtide.contracts.catalog.api import Category, ProductDraft, Variant
from springtide.contracts.common import ExternalRef, Texts
from springtide.demo.catalogue import CatalogueRow, read_catalogue
from springtide.demo.categories import load
from springtide.demo.families import shared_name

SOURCE = "online-retail-ii"
_FOLDER = Path(__file__).parent / "data" / "translations"
_TRANSLATIONS = _FOLDER / "bestsellers.csv"
_FAMILIES = _FOLDER / "families.csv"


class Translation(msgspec.Struct, frozen=True):
    """Our Dutch and Swedish of one stock code."""

    sku: str
    name_nl: str
    name_sv: str
    description_en: str
    description_nl: str
    description_sv: str


def categories() -> tuple[Category, ...]:
    """Return the category tree, parents first; keys and English slugs are the data's slugs."""
    tree: list[Category] = []
    for position, top in enumerate(load().tree):
        tree.append(_category(top.slug, "", position, top.names))
        tree += [_category(leaf.slug, top.slug, place, leaf.names) for place, leaf in enumerate(top.children)]
    return tuple(tree)


def _category(key: str, parent: str, position: int, names: Texts) -> Category:
    return Category(key=key, parent=parent, position=position, names=dict(names), slugs={"en": key})


def drafts() -> Iterator[ProductDraft]:
    """Yield one draft per product, its options as variants."""
    translations = _translations()
    families = _family_names()
    rows = sorted(read_catalogue(), key=lambda row: row.product_ref)
    for ref, members in groupby(rows, key=lambda row: row.product_ref):
        yield _draft(ref, list(members), translations, families.get(ref, {}))


def _draft(ref: str, rows: list[CatalogueRow], translations: dict[str, Translation], family: Texts) -> ProductDraft:
    lead = max(rows, key=lambda row: row.orders)
    ours = translations.get(lead.sku)
    names: Texts = {"en": lead.product_name_en, **family}
    for language in ("nl", "sv"):
        name = _shared([getattr(translations[row.sku], f"name_{language}") for row in rows if row.sku in translations])
        if (
            name
            and language not in names
            and (len(rows) == 1 or len({row.sku for row in rows} & translations.keys()) > 1)
        ):
            names[language] = name
    descriptions: Texts = {}
    if ours is not None:
        descriptions = {"en": ours.description_en, "nl": ours.description_nl, "sv": ours.description_sv}
    return ProductDraft(
        names=names,
        descriptions=descriptions,
        category=lead.category,
        tax_category=lead.tax_category,
        variants=tuple(_variant(row) for row in rows),
        popularity=sum(row.units_sold for row in rows),
        external_refs=(ExternalRef(system=SOURCE, id=ref),),
    )


def _shared(names: list[str]) -> str | None:
    if not names:
        return None
    return names[0] if len(names) == 1 else shared_name(names)


def _variant(row: CatalogueRow) -> Variant:
    options = {row.option_name: {"en": row.option_value_en}} if row.option_name else {}
    return Variant(sku=row.sku, options=options, weight_g=row.weight_g)


def _family_names() -> dict[str, Texts]:
    """Return the names of products whose options share too little: a name for all of them, without the option."""
    with _FAMILIES.open(encoding="utf-8", newline="") as file:
        return {row["product_ref"]: {"nl": row["name_nl"], "sv": row["name_sv"]} for row in csv.DictReader(file)}


def _translations() -> dict[str, Translation]:
    with _TRANSLATIONS.open(encoding="utf-8", newline="") as file:
        rows = [msgspec.convert(row, Translation) for row in csv.DictReader(file)]
    return {row.sku: row for row in rows}
