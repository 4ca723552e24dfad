"""The read side of a web process: products, prices, bands and search in memory. It never touches PostgreSQL.

`browsing(...)` runs it and gives a `Browse`, which channels ask; `views` has what it answers.
"""

from springtide.channels.browse.reader import Browse, browsing
from springtide.channels.browse.views import (
    Card,
    CategoryView,
    Facet,
    FacetValue,
    Found,
    Listing,
    ListQuery,
    Moved,
    Offer,
    Picture,
    PriceRange,
    ProductDocument,
    ProductVariant,
    Sort,
    SuggestedProduct,
    Suggestions,
)

__all__ = [
    "Browse",
    "Card",
    "CategoryView",
    "Facet",
    "FacetValue",
    "Found",
    "ListQuery",
    "Listing",
    "Moved",
    "Offer",
    "Picture",
    "PriceRange",
    "ProductDocument",
    "ProductVariant",
    "Sort",
    "SuggestedProduct",
    "Suggestions",
    "browsing",
]
