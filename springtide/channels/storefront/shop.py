"""What every page of the shop works with: the desk, the templates, the places, and the frame around a page."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie

from springtide.channels.browse import CategoryView
from springtide.channels.browse.desk import Desk
from springtide.channels.pages import static_files
from springtide.channels.pages.render import Pages
from springtide.channels.pages.static_files import StaticFiles
from springtide.channels.pages.translations import say
from springtide.channels.storefront.kept_pages import HTML, KeptPages
from springtide.channels.storefront.places import Place, places_of
from springtide.contracts.pricing.api import Market
from springtide.platform.errors import NotFound
from springtide.platform.http import HttpRequest

PRODUCT_PAGES_KEPT = 6_000
LIST_PAGES_KEPT = 600
_NAVIGATION_KEPT_S = 10.0
DEMO_UNTIL = date(2011, 9, 1)
"""The day the demo's history ends; its figures and plans are as of this day, and every page says so."""

_LEGAL_FORM = re.compile(r",? (Ltd|Limited|plc|Inc|LLC|B\.?V|N\.?V|AB|GmbH|AG|ApS|Oy)\.?$")
_HERE = Path(__file__).parent


@cache
def _compiled(assets_url: str) -> tuple[StaticFiles, Pages]:
    """Read the files and compile the templates, once a process."""
    static = StaticFiles((static_files.SHARED, _HERE / "static"), assets_url)
    return static, Pages((_HERE / "templates",), static, demo_until=DEMO_UNTIL)


def _now() -> datetime:
    return datetime.now(UTC)


class Shop:
    """One per process. `now` stamps promises shown to buyers; it decides nothing."""

    def __init__(self, desk: Desk, *, now: Callable[[], datetime] = _now) -> None:
        self.desk = desk
        self.browse = desk.browse
        self.now = now
        self.static, self.pages = _compiled(desk.assets_url)
        self.product_pages = KeptPages(PRODUCT_PAGES_KEPT)
        self.list_pages = KeptPages(LIST_PAGES_KEPT)
        self._markets: tuple[Market, ...] = ()
        self._places: dict[str, Place] = {}
        self._navigation: dict[str, tuple[float, int, tuple[CategoryView, ...]]] = {}

    def places(self) -> dict[str, Place]:
        """Return all places; a market that was added is there with the next request."""
        markets = self.browse.markets()
        if markets != self._markets:
            self._places = places_of(markets)
            self._markets = markets
        return self._places

    def place(self, request: HttpRequest) -> Place:
        """Return the place of a request from the first part of its address; `NotFound`."""
        place = self.places().get(request.path_params["where"])
        if place is None:
            msg = "There is no such shop."
            raise NotFound(msg)
        return place

    def navigation(self, place: Place) -> tuple[CategoryView, ...]:
        """Return the categories of the top that have products. Counting is not free: whether a category has any is up
        to ten seconds old, but the tree is the one that is known now.
        """
        kept = self._navigation.get(place.language)
        grown = self.browse.tree_generation
        if kept is None or kept[1] != grown or time.monotonic() - kept[0] > _NAVIGATION_KEPT_S:
            tree = self.browse.categories(place.language)
            kept = time.monotonic(), grown, tuple(view for view in tree if not view.parent and view.products)
            self._navigation[place.language] = kept
        return kept[2]

    def frame(self, place: Place, path: str) -> dict[str, Any]:
        """Return what every template of the shop needs. `path`: the address without the prefix, for other languages."""
        return {
            "place": place,
            "language": place.language,
            "locale": place.locale,
            "t": partial(say, place.language),
            "path": path,
            "query": "",
            "places": tuple(self.places().values()),
            "navigation": self.navigation(place),
            "shop_name": _trade_name(self.browse.seller(place.market.key).name),
            "public_url": self.desk.public_url,
            "collects": self.desk.collects,
            "badge": None,
            "alternates": (),
        }

    def html(self, template: str, place: Place, path: str, values: Mapping[str, Any]) -> bytes:
        """Return a page of the shop as UTF-8."""
        return self.pages.html(template, {**self.frame(place, path), **values})

    def personal(
        self,
        template: str,
        place: Place,
        path: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
        cookies: Sequence[Cookie] = (),
    ) -> Response[bytes]:
        """Return a page made for one visitor: never kept by anybody."""
        return Response(
            self.html(template, place, path, values),
            status_code=status,
            media_type=HTML,
            cookies=list(cookies),
        )


def _trade_name(name: str) -> str:
    """Return a seller's name as it stands over the door: without its legal form."""
    return _LEGAL_FORM.sub("", name)


def see_other(location: str, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """Return the answer to a write: go and look at the page (a reload repeats nothing)."""
    return _redirect(location, 303, cookies)


def moved(location: str) -> Response[bytes]:
    """Return the answer for an address of before."""
    return _redirect(location, 301, ())


def _redirect(location: str, status: int, cookies: Sequence[Cookie]) -> Response[bytes]:
    return Response(
        b"",
        status_code=status,
        media_type=HTML,
        headers={"location": location},
        cookies=list(cookies),
    )
