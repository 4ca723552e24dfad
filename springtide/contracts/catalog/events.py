"""What the catalogue tells the others. Additions only."""

from springtide.contracts.catalog.api import Category, Product
from springtide.platform.events import Event


class ProductChangedEvent(Event, frozen=True, kw_only=True):
    """A product was created, changed, published or hidden: its whole state. Aggregate: the product's id."""

    TYPE = "catalog.product_changed"

    product: Product


class CategoriesChanged(Event, frozen=True, kw_only=True):
    """The category tree as it is now. Aggregate: "categories"."""

    TYPE = "catalog.categories_changed"

    categories: tuple[Category, ...]
