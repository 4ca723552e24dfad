"""What of the pages in shared caches a change on the shelf makes wrong, as surrogate keys."""

from collections.abc import Iterable, Iterator
from typing import Protocol
from uuid import UUID

from springtide.channels.browse import keys
from springtide.channels.browse.shelf import Entry, Shelf


class Note(Protocol):
    """Takes keys to purge; `slowly`: a while later is soon enough."""

    def __call__(self, stale: Iterable[str], /, *, slowly: bool = False) -> None:
        """Take keys."""
        ...


class Stale:
    """Watches a shelf. Prices, texts and a product's own stock are purged at once, stock words on lists slowly: on a
    sale day bands change all the time, and the cart tells the truth.
    """

    def __init__(self, shelf: Shelf, note: Note) -> None:
        self._shelf = shelf
        self._note = note

    def product_changed(self, before: Entry | None, after: Entry | None) -> None:
        """Note a product that came, changed or left, with all lists it was or is on."""
        entries = [entry for entry in (before, after) if entry is not None]
        stale = {keys.product(entries[0].id), keys.CATEGORIES}
        for market in self._shelf.markets:
            stale.update(key for entry in entries for key in self._lists(entry.category, market))
        self._note(stale)

    def price_changed(self, market: str, product_id: UUID) -> None:
        """Note a price: it also moves the product in lists."""
        self._note([keys.offer(product_id, market), *self._lists_with(product_id, market)])

    def band_changed(self, market: str, product_id: UUID) -> None:
        """Note a stock band."""
        self._note([keys.offer(product_id, market)])
        self._note(self._lists_with(product_id, market), slowly=True)

    def front_changed(self) -> None:
        """Note markets, sellers or the category tree: they are on every page."""
        self._note([keys.FRONT])

    def index_changed(self) -> None:
        """Note that searches find something else than before."""
        self._note([keys.lists(market) for market in self._shelf.markets])

    def _lists_with(self, product_id: UUID, market: str) -> Iterator[str]:
        entry = self._shelf.products.get(product_id)
        return self._lists(entry.category if entry is not None else "", market)

    def _lists(self, category: str, market: str) -> Iterator[str]:
        """Yield the lists of a market that may show a product: its category's, those above it, and searches."""
        yield keys.lists(market)
        seen: set[str] = set()
        while category and category not in seen:
            seen.add(category)
            yield keys.category(category, market)
            above = self._shelf.categories.get(category)
            category = above.parent if above is not None else ""
