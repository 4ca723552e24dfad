"""Ways in: "/" leads to a language and market, the switch leads to another, media and suggestions."""

from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from springtide.channels.browse import keys
from springtide.channels.pages.pictures import drawn_picture
from springtide.channels.storefront.places import Place, wanted
from springtide.channels.storefront.shop import Shop, see_other
from springtide.channels.storefront.visitor import PLACE, place_cookie
from springtide.platform.caching import HINT, PRIVATE
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest, json_response, tag

_PATH_LIMIT = 500


class Suggestion(msgspec.Struct, frozen=True):
    """One line of the suggestion list."""

    text: str
    href: str


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @get("/", include_in_schema=False, opt=PRIVATE)
    async def front_door(request: HttpRequest) -> Response[bytes]:
        return see_other(f"{_likely(shop, request).prefix}/")

    @get("/switch", include_in_schema=False, opt=PRIVATE)
    async def switch(request: HttpRequest) -> Response[bytes]:
        """Go to the same page in another language or market, and remember the choice."""
        name = request.query_params.get("to", "")
        place = shop.places().get(name)
        if place is None:
            msg = "There is no such shop."
            raise NotFound(msg)
        path = request.query_params.get("path", "/")[:_PATH_LIMIT]
        return see_other(place.prefix + quote("/" + path.lstrip("/"), safe="/-._~?=&%+"), [place_cookie(shop, name)])

    @get("/{where:str}/suggest", include_in_schema=False, opt=HINT)
    async def suggest(request: HttpRequest) -> Response[bytes]:
        """Return what a half-typed search may become, for the search field's module."""
        place = shop.place(request)
        text = request.query_params.get("q", "")[:100]
        found = shop.browse.suggest(text, market=place.market.key, language=place.language)
        lines = [Suggestion(word, f"{place.prefix}/search?{urlencode({'q': word})}") for word in found.words]
        lines += [Suggestion(view.name, f"{place.prefix}/c/{view.slug}") for view in found.categories]
        lines += [Suggestion(product.name, f"{place.prefix}/p/{product.slug}") for product in found.products]
        tag(request, keys.of_list(place.market, place.language, ""))
        return json_response(lines)

    def from_mail(request: HttpRequest) -> Response[bytes]:
        """Mails carry addresses without language and market: add them."""
        place = _likely(shop, request)
        query = request.url.query
        return see_other(place.prefix + quote(request.url.path) + (f"?{query}" if query else ""))

    @get("/orders/{order_id:str}", include_in_schema=False, opt=PRIVATE)
    async def order_from_mail(request: HttpRequest) -> Response[bytes]:
        return from_mail(request)

    @get("/account/{page:str}", include_in_schema=False, opt=PRIVATE)
    async def account_from_mail(request: HttpRequest) -> Response[bytes]:
        return from_mail(request)

    return [front_door, switch, order_from_mail, account_from_mail, suggest, drawn_picture, shop.static.handler()]


def _likely(shop: Shop, request: HttpRequest) -> Place:
    return wanted(
        shop.places(),
        remembered=request.cookies.get(PLACE, ""),
        accept_language=request.headers.get("accept-language", ""),
        default_market=shop.desk.default_market,
    )
