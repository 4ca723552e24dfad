"""The shipped VCL in Debian's Varnish, in front of web processes that say what the test wants."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from fakes.daemons import wait_for
from fakes.upstream import Asked, Said, Upstream, upstream
from fakes.varnish import varnish

TOKEN = "a-token-for-purges"
_numbers = itertools.count()


@dataclass(slots=True)
class Shop:
    """What the web processes answer, by path; shared by both of them."""

    pages: dict[str, Said]

    def answer(self, asked: Asked) -> Said:
        return self.pages.get(asked.path, Said(headers={"Cache-Control": "public, s-maxage=60"}))


@dataclass(slots=True)
class Node:
    """A Varnish over two web processes."""

    client: httpx2.Client
    webs: list[Upstream]
    shop: Shop
    page: str = ""

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def count(self, path: str) -> int:
        return sum(web.count(path) for web in self.webs)

    def purge(self, keys: str, token: str = TOKEN) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}", "Surrogate-Key": keys}
        return self.client.request("PURGE", "/", headers=headers)


@pytest.fixture(scope="module")
def running() -> Iterator[Node]:
    shop = Shop({})
    with (
        upstream(shop.answer) as one,
        upstream(shop.answer) as two,
        varnish([one.port, two.port], token=TOKEN) as origin,
        httpx2.Client(base_url=origin, timeout=10) as client,
    ):
        yield Node(client, [one, two], shop)


@pytest.fixture
def node(running: Node) -> Node:
    running.shop.pages.clear()
    for web in running.webs:
        web.asked.clear()
        web.is_ready = True
    running.client.cookies.clear()
    running.page = f"/en-gb/p/teapot-{next(_numbers)}"  # a page that failed is remembered for seconds
    wait_for(lambda: running.client.post("/warm").status_code == 200 and all(web.asked for web in running.webs))
    for web in running.webs:
        web.asked.clear()
    return running


def page(cache_control: str, *, body: bytes = b"page", **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(body=body, headers={"Cache-Control": cache_control, **named})


def old_page(leave: str) -> Said:
    """A page whose time is over when it arrives, with leave to show it longer."""
    return page(f"public, s-maxage=5, {leave}", body=b"old", Age="5")


def test_a_page_is_fetched_once_and_says_nothing_of_its_keys(node):
    node.shop.pages[node.page] = page("public, max-age=0, s-maxage=60", Surrogate_Key="product-9 everything")

    answers = [node.get(node.page) for _ in range(5)]

    assert [answer.headers["x-cache"] for answer in answers] == ["miss", "hit", "hit", "hit", "hit"]
    assert node.count(node.page) == 1
    assert {"xkey", "surrogate-key", "x-url", "via", "x-varnish"}.isdisjoint(answers[-1].headers)
    assert answers[-1].headers["cache-control"] == "public, max-age=0, s-maxage=60"


def test_what_marketing_adds_and_the_order_of_parameters_make_no_second_page(node):
    for query in ("page=2&sort=price", "sort=price&page=2", "utm_source=x&sort=price&gclid=1&page=2&fbclid=abc"):
        node.get(f"/en-gb/c/tea?{query}")
    node.get("/en-gb/c/tea?utm_source=letter")
    node.get("/en-gb/c/tea")

    asked = sorted(asked.path for web in node.webs for asked in web.asked)
    assert asked == ["/en-gb/c/tea", "/en-gb/c/tea?page=2&sort=price"]


def test_pages_for_everybody_never_see_a_cookie(node):
    node.shop.pages[node.page] = page("public, s-maxage=60")
    node.get(node.page, Cookie="session=s1; cart_gb=c1")
    node.get(node.page, Cookie="session=s2")

    (asked,) = [asked for web in node.webs for asked in web.asked]
    assert "cookie" not in asked.headers


@pytest.mark.parametrize("cookie", ["session=abc", "a=1; cart_gb=abc.def", "place=nl-nl"])
def test_whoever_has_a_cookie_of_ours_is_answered_by_the_shop_everywhere_else(node, cookie):
    other = f"/en-gb/other{node.page}"
    node.shop.pages[other] = page("public, s-maxage=60")
    node.get(other)
    for _ in range(2):
        node.get(other, Cookie=cookie)

    assert ["", cookie, cookie] == sorted(asked.headers.get("cookie", "") for web in node.webs for asked in web.asked)


@pytest.mark.parametrize(
    "said",
    [
        page("no-store"),
        page("private, max-age=60"),
        page("public, max-age=0"),
        Said(headers={}),
        page("public, s-maxage=60", Set_Cookie="session=abc"),
        page("public, s-maxage=60", Vary="*"),
        Said(status=404, headers={"Cache-Control": "public, s-maxage=60"}),
    ],
    ids=["no-store", "private", "no time", "no word", "cookie", "varies", "error"],
)
def test_what_does_not_say_so_is_not_kept(node, said):
    node.shop.pages[node.page] = said
    assert [said.status] * 3 == [node.get(node.page).status_code for _ in range(3)]

    assert node.count(node.page) == 3


def test_a_purge_by_key_takes_what_has_the_key_and_tells_how_many(node):
    other = f"{node.page}-cup"
    node.shop.pages[node.page] = page("public, s-maxage=60", Surrogate_Key="product-1 market-GB", body=b"old")
    node.shop.pages[other] = page("public, s-maxage=60", Surrogate_Key="product-2 market-GB")
    for path in (node.page, other):
        node.get(path)
    node.shop.pages[node.page] = page("public, s-maxage=60", Surrogate_Key="product-1 market-GB", body=b"new")

    answer = node.purge("product-1 product-77")

    assert (answer.status_code, answer.json()) == (200, {"purged": 1})
    assert node.get(node.page).content == b"new"
    node.get(other)
    assert (node.count(node.page), node.count(other)) == (2, 1)
    assert node.purge("market-GB").json() == {"purged": 2}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PURGE", {"Surrogate-Key": "k"}, 403),
        ("PURGE", {"Surrogate-Key": "k", "Authorization": "Bearer wrong"}, 403),
        ("PURGE", {"Authorization": f"Bearer {TOKEN}"}, 400),
        ("BAN", {"X-Ban-Url": "."}, 403),
        ("BAN", {"Authorization": f"Bearer {TOKEN}"}, 400),
        ("BAN", {"X-Ban-Url": "(", "Authorization": f"Bearer {TOKEN}"}, 400),
        ("TRACE", {}, 405),
    ],
)
def test_purges_without_the_token_or_a_key_change_nothing(node, method, headers, status):
    node.shop.pages[node.page] = page("public, s-maxage=60", Surrogate_Key="k")
    node.get(node.page)

    assert status == node.client.request(method, "/", headers=headers).status_code

    assert node.get(node.page).headers["x-cache"] == "hit"


def test_purges_from_elsewhere_are_refused_with_the_right_token(node):
    """127.0.0.2 is this machine too, but not in the list of those who may."""
    transport = httpx2.HTTPTransport(local_address="127.0.0.2")
    with httpx2.Client(base_url=node.client.base_url, transport=transport) as elsewhere:
        headers = {"Authorization": f"Bearer {TOKEN}", "Surrogate-Key": "k"}
        assert elsewhere.request("PURGE", "/", headers=headers).status_code == 403
        assert elsewhere.get("/en-gb/").status_code == 200


def test_while_a_new_page_is_fetched_the_old_one_is_shown(node):
    node.shop.pages[node.page] = old_page("stale-while-revalidate=60")
    node.get(node.page)
    node.shop.pages[node.page] = page("public, s-maxage=60", body=b"new")
    bodies = until(node, b"new")

    assert {b"old"} == set(bodies[:-1])
    assert node.count(node.page) == 2


def until(node: Node, wanted: bytes) -> list[bytes]:
    """Ask for the page until it is the wanted one; gives everything that was shown on the way."""
    bodies = []

    def shown() -> bool:
        bodies.append(node.get(node.page).content)
        return bodies[-1] == wanted

    wait_for(shown)
    return bodies


def test_without_leave_to_show_old_pages_a_visitor_waits_for_the_new_one(node):
    node.shop.pages[node.page] = old_page("stale-if-error=60")
    node.get(node.page)
    node.shop.pages[node.page] = page("public, s-maxage=60", body=b"new")

    assert node.get(node.page).content == b"new"
    assert node.get(node.page).headers["x-cache"] == "hit"
    assert node.count(node.page) == 2


@pytest.mark.parametrize(
    "failure", [Said(status=500), Said(hang_up=True), Said(status=503, headers={"Retry-After": "1"})]
)
def test_an_old_page_is_shown_when_its_new_one_fails(node, failure):
    node.shop.pages[node.page] = old_page("stale-if-error=60")
    node.get(node.page)
    node.shop.pages[node.page] = failure

    wait_for(lambda: node.get(node.page).content == b"old" and node.count(node.page) > 1)
    assert [(a.status_code, a.content) for a in (node.get(node.page) for _ in range(3))] == [(200, b"old")] * 3


def test_an_old_page_is_shown_when_no_web_process_is_ready(node):
    node.shop.pages[node.page] = old_page("stale-if-error=60")
    node.get(node.page)
    for web in node.webs:
        web.is_ready = False
    wait_for(lambda: node.get("/edge/healthz").status_code == 503)

    wait_for(lambda: node.get(node.page).content == b"old")
    answer = node.get("/en-gb/p/never-seen")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["cache-control"] == "no-store"


def test_a_web_process_that_fails_at_a_page_is_not_asked_for_it_again(node):
    failing = "/en-gb/p/broken"
    bad, good = node.webs
    bad.answer = lambda _: Said(status=500)
    try:
        first = [node.get(failing, X_N=str(n)).status_code for n in range(4)]
    finally:
        bad.answer = node.shop.answer

    assert {200} == set(first)
    assert bad.count(failing) <= 1
    assert good.count(failing) == 1


def test_an_error_of_all_is_the_shops_own_error(node):
    node.shop.pages[node.page] = Said(status=503, body=b'{"code": "overloaded"}', headers={"Retry-After": "1"})

    answer = node.get(node.page)

    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b'{"code": "overloaded"}', "1")
    assert node.count(node.page) == 1


def test_pages_are_banned_by_address(node):
    node.shop.pages[node.page] = page("public, s-maxage=60")
    node.get(node.page)
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Ban-Url": f"^{node.page}$"}

    assert node.client.request("BAN", "/", headers=headers).json() == {"banned": True}

    assert node.get(node.page).headers["x-cache"] == "miss"
    assert node.count(node.page) == 2


def test_writes_go_through_once_and_untouched(node):
    node.shop.pages["/api/carts?utm_source=x"] = Said(status=500)

    answer = node.client.post("/api/carts?utm_source=x", content=b"{}", headers={"Cookie": "session=s"})

    assert answer.status_code == 500
    (asked,) = [asked for web in node.webs for asked in web.asked]
    assert (
        asked.method,
        asked.body,
        asked.headers["cookie"],
        asked.headers["x-forwarded-for"],
    ) == ("POST", b"{}", "session=s", "127.0.0.1")


def test_what_is_for_the_inside_is_not_shown_outside(node):
    assert {404} == {node.get(path).status_code for path in ("/metrics", "/healthz/deep", "/healthz", "/readyz?x=1")}


def test_pictures_are_kept_in_three_spellings_of_accept(node):
    node.shop.pages["/media/abc"] = page("public, max-age=31536000, immutable", Vary="Accept")
    for accept in ("image/avif,image/webp,a/1", "image/avif,image/webp,a/2", "image/webp,b/1", "*/*", "image/png"):
        node.get("/media/abc", Accept=accept)

    assert node.count("/media/abc") == 3
