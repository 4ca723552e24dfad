"""Surrogate keys: what an answer was made of, in words short enough for a header, and what a change purges.

    front                       everything made of the read model: markets, sellers, the category tree
    m-gb  m-gb-en               everything of a market; of a market in one language
    p-<id>  p-<id>-gb           a product's text; its price and stock in a market
    c-<key>-gb                  lists of a category, with all below it, in a market
    s-gb                        lists that may show any product of a market: searches, home
    categories                  the tree with its counts, as JSON

A list carries the key of its category, not of the products on it: a changed price can move a product on to a page that
did not show it, and forty keys of products would say less than one.
"""

import re
from uuid import UUID

from springtide.contracts.pricing.api import Market
from springtide.platform.caching import EVERYTHING_KEY

FRONT = EVERYTHING_KEY
CATEGORIES = "categories"
_ODD = re.compile(r"[^a-z0-9_-]+")


def market(key: str) -> str:
    """Return the key of everything of a market."""
    return f"m-{_plain(key)}"


def product(product_id: UUID) -> str:
    """Return the key of a product's text, in all markets."""
    return f"p-{product_id.hex}"


def offer(product_id: UUID, market_key: str) -> str:
    """Return the key of a product's price and stock in a market."""
    return f"p-{product_id.hex}-{_plain(market_key)}"


def category(key: str, market_key: str) -> str:
    """Return the key of a category's lists in a market."""
    return f"c-{_plain(key)}-{_plain(market_key)}"


def lists(market_key: str) -> str:
    """Return the key of lists that may show any product of a market."""
    return f"s-{_plain(market_key)}"


def of(place: Market, language: str, *more: str) -> str:
    """Return the header's text for an answer made for a market in a language, of `more` besides."""
    return " ".join((FRONT, market(place.key), f"{market(place.key)}-{_plain(language)}", *more))


def of_list(place: Market, language: str, category_key: str) -> str:
    """Return the header's text for a list: of a category, or ("") of everything."""
    return of(place, language, category(category_key, place.key) if category_key else lists(place.key))


def _plain(text: str) -> str:
    """Return a word without blanks and commas, which separate keys; two that become one are purged together."""
    return _ODD.sub("_", text.lower())
