"""Whether a visitor agrees to statistics: one cookie that says yes or no, set by a form that works without script."""

from urllib.parse import quote

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from springtide.channels.beacon.app import STATISTICS
from springtide.channels.pages.forms import read_form
from springtide.channels.pages.same_origin import require_same_origin
from springtide.channels.storefront.shop import Shop, see_other
from springtide.platform.http import HttpRequest, cookie

_KEPT_S = 180 * 24 * 3600
_PATH_LIMIT = 500


def routes(shop: Shop) -> list[HTTPRouteHandler]:
    """Return the routes."""

    @post("/{where:str}/statistics", status_code=303, include_in_schema=False)
    async def choose(request: HttpRequest) -> Response[bytes]:
        """Remember the choice for half a year; anything but a yes is a no."""
        require_same_origin(request.headers, shop.desk.public_url)
        place = shop.place(request)
        form = await read_form(request)
        said = "yes" if form["agree"] == "yes" else "no"
        path = quote("/" + form["path"].lstrip("/")[:_PATH_LIMIT], safe="/-._~?=&%+")
        kept = cookie(STATISTICS, said, public_url=shop.desk.public_url, max_age_s=_KEPT_S)
        return see_other(f"{place.prefix}{path}", [kept])

    return [choose]
