"""Filters live in the address: reading them back, forgiving about what is not known any more."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

Choice = TypeVar("Choice", bound=StrEnum)

PAGE_ROWS = 50


def picked(query: Mapping[str, str], name: str, of: type[Choice]) -> Choice | None:
    """Return the chosen word, None when the filter is not set or is a word of another time."""
    value = query.get(name, "")
    return of(value) if value in set(of) else None


def cursor(query: Mapping[str, str]) -> str | None:
    """Return where this page of a list starts, None for the first one."""
    return query.get("after") or None


def without_cursor(query: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the filters among `names` that are set: what a link to the next page has to repeat."""
    return {name: query[name] for name in names if query.get(name)}
