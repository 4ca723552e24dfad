"""The category tree."""

import msgspec

from springtide.contexts.catalog import store
from springtide.contexts.catalog.domain.products import slugs_asked
from springtide.contexts.catalog.domain.slugs import choose_slugs
from springtide.contexts.catalog.domain.tree import in_order
from springtide.contexts.catalog.domain.wellformed import check_category, check_tree
from springtide.contracts.catalog.api import Category, InvalidProduct
from springtide.contracts.catalog.events import CategoriesChanged
from springtide.platform.db import Tx

MOST_CATEGORIES = 500


async def put_categories(tx: Tx, *, categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """Add or replace categories by key; return the whole tree. A slug that changes stays the category's."""
    _check(categories)
    version = await store.lock_catalogue(tx)
    known = {category.key: category for category in await store.list_categories(tx)}
    asked = {slug for category in categories for slug in slugs_asked(category, "category")}
    owners = await store.slug_owners(tx, asked)
    put: dict[str, Category] = {}
    for category in categories:
        before = known.get(category.key)
        slugs = choose_slugs(
            owner=f"category:{category.key}",
            names=category.names,
            given=category.slugs,
            current=before.slugs if before else {},
            current_names=before.names if before else {},
            owners=owners,
        )
        put[category.key] = msgspec.structs.replace(category, slugs=slugs)
    tree = known | put
    check_tree(tree.values())
    ordered = in_order(tree.values())
    if tree == known:
        return ordered
    changed = [category for key, category in put.items() if known.get(key) != category]
    await store.put_categories(tx, changed)
    await store.put_slugs(
        tx,
        [
            (language, slug, f"category:{category.key}")
            for category in changed
            for language, slug in category.slugs.items()
        ],
    )
    tx.emit(CategoriesChanged(categories=ordered), aggregate_id="categories", aggregate_version=version + 1)
    tx.audit("categories_put", "categories", keys=[category.key for category in changed])
    return ordered


def _check(categories: tuple[Category, ...]) -> None:
    if len(categories) > MOST_CATEGORIES:
        msg = f"At most {MOST_CATEGORIES} categories a call."
        raise InvalidProduct(msg, field="categories")
    if len({category.key for category in categories}) != len(categories):
        msg = "A category may be there once in a call."
        raise InvalidProduct(msg, field="categories")
    for category in categories:
        check_category(category)
