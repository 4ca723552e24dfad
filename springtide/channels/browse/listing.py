"""Lists: narrow, count, sort and cut products that are already in memory. Pure: the shelf in, a `Listing` out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from springtide.channels.browse.documents import FALLBACK, decode_document, text_in, unpacked
from springtide.channels.browse.shelf import Entry, Shelf, Summary, Trait
from springtide.channels.browse.views import (
    FACET_VALUES_LIMIT,
    PAGE_LIMIT,
    Card,
    Facet,
    FacetValue,
    Listing,
    ListQuery,
    PriceRange,
    Sort,
)
from springtide.contracts.inventory.api import Band


class Row(msgspec.Struct, frozen=True):
    """A candidate: the product and what it costs in the market."""

    entry: Entry
    summary: Summary


Test = Callable[[Row], bool]


def offered(shelf: Shelf, query: ListQuery, found: Iterable[Entry] | None = None) -> list[Row]:
    """Return what the list is made of: of the products found (None: of all) those below its category and sold there."""
    keys = below(shelf, query.category) if query.category else None
    if found is None:
        found = shelf.products.values() if keys is None else shelf.of_categories(keys)
    elif keys is not None:
        found = [entry for entry in found if entry.category in keys]
    return rows(shelf, query.market, found)


def rows(shelf: Shelf, market: str, entries: Iterable[Entry]) -> list[Row]:
    """Return the entries that are sold in the market."""
    known = shelf.summaries(market)
    found = []
    for entry in entries:
        summary = known[entry.id] if entry.id in known else shelf.summary(market, entry)
        if summary is not None:
            found.append(Row(entry, summary))
    return found


def below(shelf: Shelf, category: str) -> set[str]:
    """Return the keys of a category and everything below it."""
    keys = {category}
    grown = True
    while grown:
        more = {known.key for known in shelf.categories.values() if known.parent in keys} - keys
        keys |= more
        grown = bool(more)
    return keys


def listing(shelf: Shelf, query: ListQuery, candidates: Sequence[Row], *, corrected: bool = False) -> Listing:
    """Return one page of what is `offered`. Facets count what choosing a value would show: each ignores its own group's
    choice. Categories are those below the chosen one.
    """
    narrowed = _Narrowed(candidates, _tests(query))
    kept = narrowed.kept
    prices = [row.summary.price.gross_minor for row in narrowed.without("price")]
    size = max(1, min(query.size, PAGE_LIMIT))
    pages = max(1, -(-len(kept) // size))
    page = max(1, query.page)
    chosen = _sorted(kept, query)[(page - 1) * size : page * size]
    currency = shelf.markets[query.market].currency
    return Listing(
        cards=tuple(card(row, query.language, currency) for row in chosen),
        total=len(kept),
        page=page,
        pages=pages,
        size=size,
        sort=query.sort,
        facets=tuple(_facets(shelf, query, narrowed)),
        prices=PriceRange(min_minor=min(prices), max_minor=max(prices)) if prices else None,
        corrected=corrected,
    )


def card(row: Row, language: str, currency: str) -> Card:
    """Return a product as a list shows it."""
    document = decode_document(in_language(row.entry, language))
    price = row.summary.price
    return Card(
        id=row.entry.id,
        slug=document.slug,
        name=document.name,
        category=row.entry.category,
        sku=price.sku,
        currency=currency,
        price_minor=price.gross_minor,
        was_minor=price.was_minor,
        lowest_30d_minor=price.lowest_30d_minor,
        from_price=row.summary.from_price,
        band=row.summary.band,
        variants=len(row.entry.skus),
        picture=document.media[0].hash if document.media else "",
    )


def in_language(entry: Entry, language: str) -> bytes:
    """Return the encoded document in the language, else the English one: at most 4 KB, enough for lists."""
    return entry.documents.get(language) or entry.documents[FALLBACK]


def whole_in_language(entry: Entry, language: str) -> bytes:
    """Return the encoded document in the language, else the English one, with everything that is known."""
    spoken = language if language in entry.documents else FALLBACK
    packed = entry.whole.get(spoken)
    return entry.documents[spoken] if packed is None else unpacked(packed)


def _tests(query: ListQuery) -> dict[str, Test]:
    """Return the filters by group: "price", "band", and one per attribute key."""
    tests: dict[str, Test] = {}
    if query.min_minor is not None or query.max_minor is not None:
        low, high = query.min_minor or 0, query.max_minor
        tests["price"] = lambda row: (
            low <= row.summary.price.gross_minor and (high is None or row.summary.price.gross_minor <= high)
        )
    if query.bands:
        bands = frozenset(query.bands)
        tests["band"] = lambda row: row.summary.band in bands
    if query.reduced:
        tests["reduced"] = lambda row: row.summary.price.was_minor is not None
    wanted: dict[str, set[str]] = {}
    for key, value in query.attributes:
        wanted.setdefault(key, set()).add(value)
    for key, values in wanted.items():
        tests[f"attribute:{key}"] = _has_trait(key, frozenset(values))
    return tests


def _has_trait(key: str, values: frozenset[str]) -> Test:
    return lambda row: any(trait.key == key and trait.value in values for trait in row.entry.traits)


class _Narrowed:
    """Candidates sorted out in one pass: those that pass every test, and those that fail in just one group."""

    def __init__(self, candidates: Sequence[Row], tests: dict[str, Test]) -> None:
        self._but_one: dict[str, list[Row]] = {group: [] for group in tests}
        self.kept = [row for row in candidates if self._passes(row, tests)] if tests else list(candidates)

    def _passes(self, row: Row, tests: dict[str, Test]) -> bool:
        failed = ""
        for group, test in tests.items():
            if not test(row):
                if failed:
                    return False
                failed = group
        if failed:
            self._but_one[failed].append(row)
        return not failed

    def without(self, group: str) -> list[Row]:
        """Return what would be kept if the test of `group` were not there; the order is not the candidates'."""
        more = self._but_one.get(group)
        return [*self.kept, *more] if more else self.kept


def _sorted(kept: list[Row], query: ListQuery) -> list[Row]:
    match query.sort:
        case Sort.PRICE:
            return sorted(kept, key=lambda row: row.summary.price.gross_minor)
        case Sort.PRICE_DESCENDING:
            return sorted(kept, key=lambda row: -row.summary.price.gross_minor)
        case Sort.NEWEST:
            return sorted(kept, key=lambda row: row.entry.id, reverse=True)  # a UUIDv7 begins with its time
        case Sort.RELEVANCE if query.text:
            return kept
        case _:
            return sorted(kept, key=lambda row: (-row.entry.popularity, row.entry.id))


def _facets(shelf: Shelf, query: ListQuery, narrowed: _Narrowed) -> Iterable[Facet]:
    categories = _category_facet(shelf, query, narrowed.kept)
    if categories is not None:
        yield categories
    yield _band_facet(query, narrowed.without("band"))
    yield from _attribute_facets(query, narrowed)


def _category_facet(shelf: Shelf, query: ListQuery, kept: Iterable[Row]) -> Facet | None:
    """Count the children of the chosen category (the top ones when none is chosen), each with all below it."""
    chosen = query.category
    counts = Counter(row.entry.category for row in kept)
    values = []
    for category in shelf.categories.values():
        if chosen in {category.parent, category.key}:
            count = sum(counts[key] for key in below(shelf, category.key))
            if count:
                label = text_in(category.names, query.language)
                values.append(FacetValue(value=category.key, label=label, count=count, chosen=category.key == chosen))
    return Facet(key="category", label="category", values=tuple(values[:FACET_VALUES_LIMIT])) if values else None


def _band_facet(query: ListQuery, kept: Iterable[Row]) -> Facet:
    counts = Counter(row.summary.band for row in kept)
    values = tuple(
        FacetValue(value=band.value, label=band.value, count=counts[band], chosen=band in query.bands)
        for band in Band
        if counts[band] or band in query.bands
    )
    return Facet(key="band", label="band", values=values)


def _attribute_facets(query: ListQuery, narrowed: _Narrowed) -> Iterable[Facet]:
    counted = _traits(narrowed.kept)
    for key in {key for key, _ in query.attributes}:
        counted[key] = _traits(narrowed.without(f"attribute:{key}")).get(key, {})
    chosen = set(query.attributes)
    for key, found in sorted(counted.items()):
        most = sorted(found.values(), key=lambda pair: (-pair[1], pair[0].value))[:FACET_VALUES_LIMIT]
        values = tuple(
            FacetValue(
                value=trait.value,
                label=text_in(trait.labels, query.language),
                count=count,
                chosen=(key, trait.value) in chosen,
            )
            for trait, count in most
        )
        if values:
            yield Facet(key=key, label=key, values=values)


def _traits(kept: Iterable[Row]) -> dict[str, dict[str, tuple[Trait, int]]]:
    """Return key -> value -> (trait, how many products have it), in one pass."""
    counted: dict[str, dict[str, tuple[Trait, int]]] = {}
    for row in kept:
        for trait in row.entry.traits:
            values = counted.setdefault(trait.key, {})
            _, count = values.get(trait.value, (trait, 0))
            values[trait.value] = (trait, count + 1)
    return counted
