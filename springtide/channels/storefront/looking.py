"""Pages to look at: home, category, search, product. Made of the read model alone, the same for everybody, kept."""

from collections.abc import Hashable
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from springtide.channels.browse import Card, Found, Listing, ListQuery, Moved, Sort, keys
from springtide.channels.storefront import promise
from springtide.channels.storefront.kept_pages import KeptPage, answer
from springtide.channels.storefront.narrowing import Narrowing, listing_address
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.product_page import product_values
from springtide.channels.storefront.shop import Shop, moved
from springtide.contracts.catalog.api import ProductNotFound
from springtide.platform.caching import SHOWN
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest, tag

LISTS_KEPT_S = 0.3
_SETTLED = "settled"
_POPULAR = 10
_REDUCED = 5


class GoneProduct(ProductNotFound):
    """The product was sold here and is not any more."""

    code = "product_gone"
    status = 410


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/{where:str}/", include_in_schema=False, opt=SHOWN)
    async def home(request: HttpRequest) -> Response[bytes]:
        return answer(request, await _home(shop, shop.place(request)))

    @get("/{where:str}/c/{slug:str}", include_in_schema=False, opt=SHOWN)
    async def category(request: HttpRequest) -> Response[bytes]:
        place = shop.place(request)
        found = shop.browse.category_by_slug(place.language, request.path_params["slug"])
        if isinstance(found, Moved):
            tag(request, keys.of(place.market, place.language))
            return moved(_with_query(f"{place.prefix}/c/{found.slug}", request))
        if found is None:
            msg = "There is no such category."
            raise NotFound(msg)
        return answer(request, await _list(shop, place, Narrowing.read(request, place, category=found.key)))

    @get("/{where:str}/search", include_in_schema=False, opt=SHOWN)
    async def search(request: HttpRequest) -> Response[bytes]:
        place = shop.place(request)
        return answer(request, await _list(shop, place, Narrowing.read(request, place)))

    @get("/{where:str}/p/{slug:str}", include_in_schema=False, opt=SHOWN)
    async def product(request: HttpRequest) -> Response[bytes]:
        place = shop.place(request)
        slug: str = request.path_params["slug"]
        found = shop.browse.product_by_slug(place.language, slug)
        if isinstance(found, Found):
            page = _product(shop, place, slug, UUID(found.key))
            return answer(request, page, at_most_s=_promise_stands_s(shop, place))
        if isinstance(found, Moved):
            tag(request, _moved_keys(shop, place, found.slug))
            return moved(f"{place.prefix}/p/{found.slug}")
        if (place.prefix, slug) in shop.product_pages:
            msg = "This product is no longer sold."
            raise GoneProduct(msg)
        msg = "There is no such product."
        raise NotFound(msg)

    return [home, category, search, product]


def _with_query(address: str, request: HttpRequest) -> str:
    query = request.url.query
    return f"{address}?{query}" if query else address


def _fresh(shop: Shop, key: Hashable) -> KeptPage | None:
    """Return a kept list page that is right, or at most `LISTS_KEPT_S` old.

    Stock bands change all the time on a busy day. With what the read model's own lists may lag and the way of an event,
    a change is on the page within a second; what lies in shared caches is purged later than that (`edge.purge`).
    The read model's own lists may lag a moment as well, so a page made right after a change counts as right only once
    it was made a second time without a change in between: it is `_SETTLED` then.
    """
    kept = shop.list_pages.find(key)
    if kept is None:
        return None
    settled = kept.state == _SETTLED and kept.generation == shop.browse.generation
    return kept if settled or kept.younger_than(LISTS_KEPT_S) else None


def _keep(shop: Shop, key: Hashable, body: bytes, generation: int, made_of: str) -> KeptPage:
    """Keep a list page that was made from the state of `generation`."""
    former = shop.list_pages.find(key)
    again = former is not None and former.generation == generation
    return shop.list_pages.put(key, KeptPage(body, _SETTLED if again else "", generation, made_of))


async def _home(shop: Shop, place: Place) -> KeptPage:
    key = (place.prefix, "home")
    kept = _fresh(shop, key)
    if kept is not None:
        return kept
    generation = shop.browse.generation
    values = {
        "popular": await _popular(shop, place),
        "reduced": await _reduced(shop, place),
        "tiles": _tiles(shop, place),
        "alternates": tuple((other.tag, f"{other.prefix}/") for other in shop.places().values()),
    }
    body = shop.html("home.html", place, "/", values)
    return _keep(shop, key, body, generation, keys.of_list(place.market, place.language, ""))


async def _popular(shop: Shop, place: Place) -> tuple[Card, ...]:
    query = ListQuery(market=place.market.key, language=place.language, sort=Sort.POPULARITY, size=_POPULAR)
    return (await shop.browse.products(query)).cards


async def _reduced(shop: Shop, place: Place) -> tuple[Card, ...]:
    """Return the most bought products with an announced reduction."""
    query = ListQuery(
        market=place.market.key, language=place.language, sort=Sort.POPULARITY, size=_REDUCED, reduced=True
    )
    return (await shop.browse.products(query)).cards


def _tiles(shop: Shop, place: Place) -> list[dict[str, str]]:
    """Return the top categories, each with the picture of its first kind of products."""
    tree = shop.browse.categories(place.language)
    tiles = []
    for view in shop.navigation(place):
        child = next((known.key for known in tree if known.parent == view.key and known.products), view.key)
        tiles.append({"name": view.name, "slug": view.slug, "key": view.key, "drawn_as": child})
    return tiles


async def _list(shop: Shop, place: Place, wish: Narrowing) -> KeptPage:
    """Return a category or the results of a search."""
    key = (place.prefix, "list", wish.query, wish.raw)
    kept = _fresh(shop, key)
    if kept is not None:
        return kept
    generation = shop.browse.generation
    listing = await shop.browse.products(wish.query)
    values = _category_values(shop, place, wish) if wish.query.category and not wish.searching else _search_values(wish)
    path = str(values["path_here"])
    page = shop.html("list.html", place, path, {**values, **_list_values(place, wish, listing, path)})
    category = "" if wish.searching else wish.query.category
    return _keep(shop, key, page, generation, keys.of_list(place.market, place.language, category))


def _list_values(place: Place, wish: Narrowing, listing: Listing, path: str) -> dict[str, Any]:
    return {
        "wish": wish,
        "listing": listing,
        "query": wish.query.text,
        "here": place.prefix + path,
        "address": lambda **change: listing_address(place.prefix + path, wish, **change),
    }


def _category_values(shop: Shop, place: Place, wish: Narrowing) -> dict[str, Any]:
    key = wish.query.category
    view = shop.browse.category(key, place.language)
    tree = shop.browse.categories(place.language)
    return {
        "category": view,
        "trail": shop.browse.category_path(key, place.language)[:-1],
        "children": tuple(known for known in tree if known.parent == key and known.products),
        "path_here": f"/c/{view.slug}",
        "alternates": tuple(
            (other.tag, f"{other.prefix}/c/{view.slugs.get(other.language) or view.slugs.get('en', view.slug)}")
            for other in shop.places().values()
        ),
    }


def _search_values(wish: Narrowing) -> dict[str, Any]:
    return {"category": None, "trail": (), "children": (), "path_here": "/search", "searched": wish.query.text}


def _product(shop: Shop, place: Place, slug: str, product_id: UUID) -> KeptPage:
    """Return a product's page: the kept one while document, offers and promised day are the same."""
    browse = shop.browse
    key = (place.prefix, slug)
    day = _promised(shop, place)

    def state() -> Hashable:
        return (product_id, browse.version(product_id), browse.offers(product_id, place.market.key), day)

    kept = shop.product_pages.checked(key, browse.generation, state) if _same_day(shop, key, day) else None
    if kept is not None:
        return kept
    generation = browse.generation
    body = shop.html("product.html", place, f"/p/{slug}", product_values(shop, place, product_id, day))
    made_of = _product_keys(place, product_id)
    return shop.product_pages.put(key, KeptPage(body, state(), generation, made_of))


def _product_keys(place: Place, product_id: UUID) -> str:
    own = keys.product(product_id), keys.offer(product_id, place.market.key)
    return keys.of(place.market, place.language, *own)


def _moved_keys(shop: Shop, place: Place, slug: str) -> str:
    found = shop.browse.product_by_slug(place.language, slug)
    return _product_keys(place, UUID(found.key)) if isinstance(found, Found) else keys.of(place.market, place.language)


def _same_day(shop: Shop, key: Hashable, day: object) -> bool:
    """Tell whether the kept page promises this day: without any change in the shop it is wrong once that moves on."""
    kept = shop.product_pages.find(key)
    return kept is not None and isinstance(kept.state, tuple) and kept.state[-1] == day


def _promised(shop: Shop, place: Place) -> Any:  # noqa: ANN401 - a date or None
    method = promise.usual(place.market.shipping_methods, place.country)
    if method is None:
        return None
    return promise.delivered_by(shop.now(), place.zone, days_max=method.days_max, cut_off_local=method.cut_off_local)


def _promise_stands_s(shop: Shop, place: Place) -> int | None:
    """Return for how many seconds the promised day stays the same: at the cut-off a kept page begins to be wrong."""
    method = promise.usual(place.market.shipping_methods, place.country)
    if method is None:
        return None
    now = shop.now()
    return int((promise.next_cut_off(now, place.zone, method.cut_off_local) - now).total_seconds())
