"""Every route says what caches may do with its answers, and the answers say the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from litestar import Litestar, Response, get
from litestar.datastructures import Cookie

from springtide.channels import shop_api, webhooks
from springtide.channels.browse import keys
from springtide.channels.pages.media import media_app
from springtide.channels.storefront.app import app_of
from springtide.platform.blob import FolderBlobs
from springtide.platform.caching import (
    FOREVER,
    HINT,
    KEYS_LIMIT_BYTES,
    PRIVATE,
    SHOWN,
    CacheClass,
    Caching,
    etag_matches,
)
from springtide.platform.http import HttpRequest, make_app, tag
from tests.unit.browse.goods import CARD
from tests.unit.shop_api.desk import Shop
from tests.unit.shop_api.desk import shop as shop_with_api
from tests.unit.storefront.fake_shop import FakeShop, fake_shop

PUBLIC = {CacheClass.SHOWN, CacheClass.HINT, CacheClass.FOREVER}
PERSONAL = ("cart", "checkout", "account", "orders", "session", "webhooks", "switch", "customer")


def litestar_of(app: Any) -> Litestar:
    while not isinstance(app, Litestar):
        app = app._app
    return app


def routes_of(app: Any) -> Iterator[tuple[str, frozenset[str], Any]]:
    for route in litestar_of(app).routes:
        for handler in route.route_handlers:  # type: ignore[union-attr]
            methods = frozenset(str(method) for method in handler.http_methods) - {"OPTIONS"}  # type: ignore[union-attr]
            if methods:
                yield route.path, methods, handler.opt.get("cache")


@pytest.fixture
async def everything(tmp_path: Path) -> list[tuple[str, frozenset[str], Any]]:
    async with fake_shop() as shop:
        desk = shop.shop.desk
        apps = (
            app_of(shop.shop),
            shop_api.create_app(desk),
            webhooks.create_app(desk),
            media_app(FolderBlobs(tmp_path)),
        )
        return [route for app in apps for route in routes_of(app)]


async def test_every_route_states_its_class(everything: list[tuple[str, frozenset[str], Any]]) -> None:
    assert len(everything) > 60
    assert [(path, methods) for path, methods, kind in everything if not isinstance(kind, CacheClass)] == []


async def test_only_what_reads_and_is_nobodys_own_may_be_shared(
    everything: list[tuple[str, frozenset[str], Any]],
) -> None:
    for path, methods, kind in everything:
        if kind in PUBLIC:
            assert methods <= {"GET", "HEAD"}, path
            assert not any(part.startswith(PERSONAL) for part in path.split("/")), path
        elif methods == {"GET"}:
            assert path == "/" or any(part.startswith(PERSONAL) for part in path.split("/")), path


async def test_a_route_that_states_nothing_is_seen_and_private() -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "whose?"

    app = make_app([forgotten])
    assert [kind for path, _, kind in routes_of(app) if path == "/forgotten"] == [None]
    async with client_of(app) as client:
        answer = await client.get("/forgotten")
    assert answer.headers["cache-control"] == "private, no-store"


def client_of(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://shop")


async def test_classes_as_headers() -> None:
    @get("/shown", opt=SHOWN)
    async def shown(request: HttpRequest) -> str:
        tag(request, "front m-gb")
        return ""

    @get("/day", opt=SHOWN)
    async def until_the_cut_off(request: HttpRequest) -> str:
        tag(request, "front", 7)
        return ""

    @get("/hint", opt=HINT)
    async def hint() -> str:
        return ""

    @get("/own", opt=PRIVATE)
    async def own() -> Response[str]:
        return Response("", headers={"cache-control": "public"})

    @get("/file", opt=FOREVER)
    async def file() -> str:
        return ""

    app = make_app([shown, until_the_cut_off, hint, own, file], caching=Caching(shared_for_s=600, cache_tags=True))
    async with client_of(app) as client:
        found = {path: (await client.get(path)).headers for path in ("/shown", "/day", "/hint", "/own", "/file")}
    said = {path: headers["cache-control"] for path, headers in found.items()}
    assert said == {
        "/shown": "public, max-age=0, s-maxage=600, stale-while-revalidate=5, stale-if-error=3600",
        "/day": "public, max-age=0, s-maxage=7, stale-while-revalidate=5, stale-if-error=3600",
        "/hint": "public, max-age=60, s-maxage=60",
        "/own": "private, no-store",
        "/file": "public, max-age=31536000, immutable",
    }
    assert found["/shown"]["surrogate-key"] == "front m-gb"
    assert found["/shown"]["cache-tag"] == "front,m-gb"
    assert "surrogate-key" not in found["/own"]


async def test_a_cookie_or_a_refusal_is_never_shared() -> None:
    @get("/cookie", opt=SHOWN)
    async def with_a_cookie() -> Response[str]:
        return Response("", cookies=[Cookie(key="session", value="s")])

    @get("/refused", opt=SHOWN)
    async def refused() -> Response[str]:
        return Response("", status_code=404)

    async with client_of(make_app([with_a_cookie, refused])) as client:
        for path in ("/cookie", "/refused", "/nowhere"):
            answer = await client.get(path)
            assert "no-store" in answer.headers["cache-control"], path
            assert "surrogate-key" not in answer.headers


LOOKED_AT = {
    "/en-gb/": "front m-gb m-gb-en s-gb",
    "/nl-nl/c/wonen": "front m-nl m-nl-nl c-home-nl",
    "/nl-nl/c/wonen?sort=price&page=1": "front m-nl m-nl-nl c-home-nl",
    "/nl-nl/search?q=kaart": "front m-nl m-nl-nl s-nl",
    "/sv-se/p/julkort": f"front m-se m-se-sv {keys.product(CARD.id)} {keys.offer(CARD.id, 'SE')}",
    "/nl-nl/about": "front m-nl m-nl-nl",
}


@pytest.mark.parametrize(("path", "expected"), LOOKED_AT.items(), ids=LOOKED_AT)
async def test_pages_say_what_they_are_made_of(path: str, expected: str) -> None:
    async with fake_shop() as shop, shop.client() as client:
        answer = await client.get(path)
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert answer.status_code == 200
    assert answer.headers["surrogate-key"] == expected
    assert again.status_code == 304
    for name in ("cache-control", "surrogate-key", "etag", "vary"):
        assert again.headers[name] == answer.headers[name]
    assert answer.headers["vary"] == "accept-encoding"
    assert "set-cookie" not in answer.headers
    assert len(answer.headers["surrogate-key"]) <= KEYS_LIMIT_BYTES


async def test_a_page_that_promises_a_day_is_kept_until_the_cut_off_at_most() -> None:
    async with fake_shop() as shop, shop.client() as client:
        await _keep_for(shop, 86_400)
        # A Wednesday, 11:00 in Amsterdam; what is ordered before 17:00 leaves today.
        page = await client.get("/nl-nl/p/kerstkaart")
        home = await client.get("/nl-nl/")
    assert f"s-maxage={6 * 3600}," in page.headers["cache-control"]
    assert "s-maxage=86400," in home.headers["cache-control"]


async def _keep_for(shop: FakeShop, seconds: int) -> None:
    desk = shop.shop.desk
    kept = type(desk)(
        ask=desk.ask,
        browse=desk.browse,
        public_url=desk.public_url,
        default_market=desk.default_market,
        caching=Caching(shared_for_s=seconds),
    )
    shop.shop.desk = kept
    shop.app._app = app_of(shop.shop)


JSON = {
    "/api/markets": "front",
    "/api/categories?market=NL": "front m-nl m-nl-nl categories",
    "/api/categories/home": "front m-gb m-gb-en categories",
    "/api/products?category=home": "front m-gb m-gb-en c-home-gb",
    "/api/products?q=card": "front m-gb m-gb-en s-gb",
    "/api/suggest?q=ca": "front m-gb m-gb-en s-gb",
    "/api/products/christmas-card": f"front m-gb m-gb-en {keys.product(CARD.id)} {keys.offer(CARD.id, 'GB')}",
}


async def _asked(shop: Shop, path: str, **headers: str) -> httpx2.Response:
    return await shop.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(("path", "expected"), JSON.items(), ids=JSON)
async def test_json_says_what_it_is_made_of_and_answers_304(path: str, expected: str) -> None:
    async with shop_with_api() as shop:
        answer = await _asked(shop, path)
        again = await _asked(shop, path, if_none_match=f'"other", {answer.headers["etag"]}')
        other = await _asked(shop, path, if_none_match='"other"')
    assert (answer.status_code, answer.headers["surrogate-key"]) == (200, expected)
    assert answer.headers["cache-control"].startswith("public")
    assert "vary" not in answer.headers
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert again.headers["cache-control"] == answer.headers["cache-control"]
    assert (other.status_code, other.content) == (200, answer.content)


async def test_own_json_is_nobody_elses() -> None:
    async with shop_with_api() as shop:
        answer = await _asked(shop, "/api/account/me", authorization="Bearer customer-session")
        missing = await _asked(shop, "/api/products/none")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert "etag" not in answer.headers
    assert "no-store" in missing.headers["cache-control"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", False), ('"a"', True), ('W/"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False)],
)
def test_entities_are_compared_weakly(header: str, *, expected: bool) -> None:
    assert etag_matches('W/"a"', header) is expected
