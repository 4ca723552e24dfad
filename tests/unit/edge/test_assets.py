"""Styles, scripts and pictures from an address of their own: a CDN before the shop."""

import re

from springtide.channels.browse.desk import Desk
from springtide.channels.storefront.app import app_of
from springtide.channels.storefront.shop import Shop
from springtide.edge.entrance import Entrance
from springtide.platform.http import security_headers
from tests.unit.storefront.fake_shop import fake_shop

CDN = "https://cdn.example.org"


async def test_pages_fetch_everything_from_there_and_may() -> None:
    async with fake_shop() as shop:
        desk = shop.shop.desk
        moved = Desk(
            ask=desk.ask,
            browse=desk.browse,
            public_url=desk.public_url,
            default_market=desk.default_market,
            assets_url=CDN,
        )
        headers = security_headers(CDN)
        shop.app = Entrance(app_of(Shop(moved)), channel="storefront", headers=headers)  # type: ignore[arg-type]
        async with shop.client() as client:
            page = await client.get("/nl-nl/p/kerstkaart")
            [style] = re.findall(rf'{CDN}(/static/shop\.[^"]+\.css)', page.text)
            answer = await client.get(style)  # the CDN's origin is the shop
    fetched = re.findall(r'(?:href|src)="([^"]*/(?:static|media)/[^"]+)"', page.text)
    assert len(fetched) > 4
    assert all(address.startswith(f"{CDN}/") for address in fetched)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    for kind in ("script-src", "style-src", "img-src", "font-src"):
        assert CDN in policy[kind].split()
    assert policy["default-src"] == "'self'"
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "immutable" in answer.headers["cache-control"]
