"""The HTML channel as one ASGI application."""

from litestar import Litestar, Router

from springtide.channels.browse.desk import Desk
from springtide.channels.storefront import (
    account,
    carts,
    entry,
    info,
    looking,
    my_account,
    orders_page,
    paying,
    problems,
    statistics,
)
from springtide.channels.storefront.shop import Shop
from springtide.platform.caching import PRIVATE
from springtide.platform.http import make_app


def create_app(desk: Desk) -> Litestar:
    """Build the storefront. Looking needs only `desk.browse`; buying and accounts ask contracts."""
    shop = Shop(desk)
    return app_of(shop)


def app_of(shop: Shop) -> Litestar:
    """Build the application around a shop."""
    open_to_all = [route for part in (entry, looking, info) for route in part.routes(shop)]
    own = (carts, paying, orders_page, account, my_account, statistics)
    personal = Router("/", route_handlers=[route for part in own for route in part.routes(shop)], opt=PRIVATE)
    return make_app([*open_to_all, personal], exception_handlers=problems.handlers(shop), caching=shop.desk.caching)
