from springtide.channels.browse.listing import listing, offered
from springtide.channels.browse.views import Listing, ListQuery, PriceRange, Sort
from springtide.contracts.inventory.api import Band
from springtide.contracts.pricing.api import Price
from tests.unit.browse.goods import filled_shelf

SHELF = filled_shelf()


def listed(**query: object) -> Listing:
    whole = ListQuery(**{"market": "GB", "language": "en", **query})  # type: ignore[arg-type]
    return listing(SHELF, whole, offered(SHELF, whole))


def names(page: Listing) -> list[str]:
    return [card.name for card in page.cards]


def facet(page: Listing, key: str) -> dict[str, int]:
    return {value.value: value.count for found in page.facets if found.key == key for value in found.values}


def test_without_words_the_most_popular_come_first() -> None:
    assert names(listed()) == ["Hanging heart lantern", "White metal lantern", "Christmas card", "Spotty mug"]


def test_lists_sort_by_price_and_age() -> None:
    assert [card.price_minor for card in listed(sort=Sort.PRICE).cards] == [195, 495, 895, 1295]
    assert [card.price_minor for card in listed(sort=Sort.PRICE_DESCENDING).cards] == [1295, 895, 495, 195]
    assert names(listed(sort=Sort.NEWEST))[0] == "Spotty mug"


def test_a_category_holds_everything_below_it() -> None:
    assert set(names(listed(category="home"))) == {"Hanging heart lantern", "White metal lantern", "Spotty mug"}
    assert facet(listed(category="home"), "category") == {"home": 3, "lanterns": 2}


def test_facets_count_what_choosing_a_value_would_show() -> None:
    page = listed(attributes=(("colour", "Red"),))
    assert names(page) == ["Hanging heart lantern"]
    assert facet(page, "colour") == {"Red": 1, "White": 1}
    assert facet(page, "band") == {"in_stock": 1}


def test_bands_and_prices_narrow_the_list() -> None:
    page = listed(bands=(Band.IN_STOCK, Band.FEW_LEFT), min_minor=400, max_minor=900)
    assert set(names(page)) == {"Hanging heart lantern", "Spotty mug"}
    assert page.prices == PriceRange(min_minor=195, max_minor=895)


def test_pages_are_cut_and_a_page_past_the_end_is_empty() -> None:
    assert [len(listed(size=3, page=page).cards) for page in (1, 2, 3)] == [3, 1, 0]
    assert (listed(size=3).total, listed(size=3).pages) == (4, 2)


def test_labels_are_in_the_language_asked_for_and_values_stay() -> None:
    page = listed(language="nl", market="NL")
    labels = {value.value: value.label for found in page.facets if found.key == "colour" for value in found.values}
    assert labels == {"Red": "Rood", "White": "Wit"}


def test_a_product_without_a_price_in_the_market_is_not_listed() -> None:
    shelf = filled_shelf()
    shelf.keep_only(set(shelf.products), {("GB", "C1")}, set())
    query = ListQuery(market="GB", language="en")
    assert names(listing(shelf, query, offered(shelf, query))) == ["Christmas card"]


def test_a_reduction_shows_its_lowest_prior_price() -> None:
    shelf = filled_shelf()
    shelf.put_price(Price(market="GB", sku="C1", gross_minor=150, was_minor=195, lowest_30d_minor=190, version=2))
    query = ListQuery(market="GB", language="en", category="cards")
    card = listing(shelf, query, offered(shelf, query)).cards[0]
    assert (card.price_minor, card.was_minor, card.lowest_30d_minor) == (150, 195, 190)
