"""The category tree in the order of a menu."""

from collections.abc import Iterable

from springtide.contracts.catalog.api import Category


def in_order(categories: Iterable[Category]) -> tuple[Category, ...]:
    """Return parents before children, level by level, each level by position. The tree has no cycle."""
    children: dict[str, list[Category]] = {}
    for category in categories:
        children.setdefault(category.parent, []).append(category)
    ordered: list[Category] = []
    level = [""]
    while level:
        found = [category for parent in level for category in sorted(children.get(parent, []), key=_place)]
        ordered += found
        level = [category.key for category in found]
    return tuple(ordered)


def _place(category: Category) -> tuple[int, str]:
    return category.position, category.key
