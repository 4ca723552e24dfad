"""Pages to read: delivery and returns, about this shop and its data."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from springtide.channels.browse import keys
from springtide.channels.storefront.kept_pages import KeptPage, answer
from springtide.channels.storefront.places import Place
from springtide.channels.storefront.shop import Shop
from springtide.contracts.pricing.api import PriceMode
from springtide.platform.caching import SHOWN
from springtide.platform.http import HttpRequest


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/{where:str}/delivery", include_in_schema=False, opt=SHOWN)
    async def delivery(request: HttpRequest) -> Response[bytes]:
        return answer(request, _page(shop, shop.place(request), "delivery"))

    @get("/{where:str}/about", include_in_schema=False, opt=SHOWN)
    async def about(request: HttpRequest) -> Response[bytes]:
        return answer(request, _page(shop, shop.place(request), "about"))

    return [delivery, about]


def _page(shop: Shop, place: Place, name: str) -> KeptPage:
    key = (place.prefix, name)
    state = (place.market, shop.browse.seller(place.market.key))
    kept = shop.list_pages.checked(key, shop.browse.generation, lambda: state)
    if kept is not None:
        return kept
    values = {
        "seller": state[1],
        "methods": place.market.shipping_methods,
        "prices_shown": place.market.price_mode is PriceMode.GROSS,
        "alternates": tuple((other.tag, f"{other.prefix}/{name}") for other in shop.places().values()),
    }
    made_of = keys.of(place.market, place.language)
    body = shop.html(f"{name}.html", place, f"/{name}", values)
    return shop.list_pages.put(key, KeptPage(body, state, shop.browse.generation, made_of))
