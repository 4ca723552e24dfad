"""What the read model answers: frozen values, ready to be shown or encoded. Amounts are minor units, VAT included."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from springtide.contracts.inventory.api import Band

FACET_VALUES_LIMIT = 24
PAGE_LIMIT = 100
DEEPEST_HIT = 10_000


class ProductVariant(msgspec.Struct, frozen=True, kw_only=True):
    """What is sold: `options` maps the option's name to its value, both in the document's language."""

    sku: str
    options: dict[str, str] = {}


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture by content hash (served as /media/<hash>), with its text in the document's language."""

    hash: str
    content_type: str
    alt: str


class ProductDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A product in one language, kept as encoded JSON (see `documents`). Prices and bands are not in it.

    `slugs`: the address in every language that has its own, for links between languages. `attributes`: name -> value.
    """

    id: UUID
    version: int
    language: str
    slug: str
    name: str
    description: str
    category: str
    attributes: dict[str, str]
    variants: tuple[ProductVariant, ...]
    media: tuple[Picture, ...]
    slugs: dict[str, str]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs in a market and whether it is there; `price_minor` None: not sold in this market.

    `was_minor` and `lowest_30d_minor` are set together while a reduction is announced. `expected_on`: when `band` is
    "inbound".
    """

    sku: str
    currency: str
    price_minor: int | None
    was_minor: int | None
    lowest_30d_minor: int | None
    band: Band
    expected_on: date | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list: its cheapest variant's price (`from_price` when others cost more) and its best band."""

    id: UUID
    slug: str
    name: str
    category: str
    sku: str
    currency: str
    price_minor: int
    was_minor: int | None
    lowest_30d_minor: int | None
    from_price: bool
    band: Band
    variants: int
    picture: str = ""


class CategoryView(msgspec.Struct, frozen=True, kw_only=True):
    """A category in one language; `products` counts everything below it. `parent` "" is the top."""

    key: str
    parent: str
    name: str
    slug: str
    products: int
    slugs: dict[str, str]


class Sort(StrEnum):
    """Orders of a list. Without a text, relevance is popularity."""

    RELEVANCE = "relevance"
    POPULARITY = "popularity"
    PRICE = "price"
    PRICE_DESCENDING = "-price"
    NEWEST = "newest"


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to list. `category`: key, with everything below it. `attributes`: (key, value) pairs as facets name them;
    values of one key are alternatives, keys add up. `bands`: empty means all. `reduced`: announced reductions only.
    `page` counts from 1.
    """

    market: str
    language: str
    text: str = ""
    category: str = ""
    min_minor: int | None = None
    max_minor: int | None = None
    bands: tuple[Band, ...] = ()
    reduced: bool = False
    attributes: tuple[tuple[str, str], ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = 24


class FacetValue(msgspec.Struct, frozen=True, kw_only=True):
    """One choice: `value` goes into the query, `label` is for people, `count` is what choosing it would show."""

    value: str
    label: str
    count: int
    chosen: bool


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """A group of choices: "category", "band", or an attribute by its key."""

    key: str
    label: str
    values: tuple[FacetValue, ...]


class PriceRange(msgspec.Struct, frozen=True, kw_only=True):
    """The cheapest and dearest product of the list before its price filter."""

    min_minor: int
    max_minor: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list. `corrected`: nothing matched exactly, so similar words were searched."""

    cards: tuple[Card, ...]
    total: int
    page: int
    pages: int
    size: int
    sort: Sort
    facets: tuple[Facet, ...]
    prices: PriceRange | None
    corrected: bool = False


class SuggestedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product for the suggestion list."""

    id: UUID
    name: str
    slug: str


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """What may be meant: whole words to search for, products, categories."""

    words: tuple[str, ...]
    products: tuple[SuggestedProduct, ...]
    categories: tuple[CategoryView, ...]


class Found(msgspec.Struct, frozen=True):
    """A slug that names a product or category now; `key` is its id as text or its category key."""

    key: str


class Moved(msgspec.Struct, frozen=True):
    """A slug of before, or of another language: the page lies at `slug` now (redirect permanently)."""

    slug: str
