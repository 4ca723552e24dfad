"""The HTML channel as one ASGI application."""

from litestar import Litestar

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
from springtide.platform.http import make_app


def create_app(desk: Desk) -> Litestar:
    """Build the storefront. Looking needs only `desk.browse`; buying and accounts ask contracts."""
    shop = Shop(desk)
    return app_of(shop)


def app_of(shop: Shop) -> Litestar:
    """Build the application around a shop."""
    parts = (entry, looking, carts, paying, orders_page, account, my_account, info, statistics)
    return make_app(
        [route for part in parts for route in part.routes(shop)], exception_handlers=problems.handlers(shop)
    )
