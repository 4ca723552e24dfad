from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from springtide.channels.browse.desk import Desk
from springtide.channels.shop_api.return_urls import checked_return_url
from springtide.contracts.checkout.api import CartClosed, PaymentStillOpen, Step, TotalChanged
from springtide.contracts.customers.api import SignInThrottled
from springtide.contracts.pricing.api import PriceNotFound
from springtide.platform.errors import BadInput, Unavailable
from springtide.platform.http import DOCUMENT_POLICY
from tests.unit.browse.goods import Contexts
from tests.unit.shop_api.desk import CART_ID, CHECKOUT_ID, TOKEN, Shop, completion, shop

KEY = {"Idempotency-Key": "0123456789abcdef"}
CART = {"market": "GB", "locale": "en", "lines": [{"sku": "L1", "quantity": 2}]}
ADDRESS = {"name": "A", "line1": "B 1", "city": "C", "postcode": "1017 GC", "country": "NL"}
DETAILS = {"contact": {"email": "a@example.org"}, "delivery": {"address": ADDRESS, "shipping_method": "standard"}}
PURCHASE = {"method": "card", "total_minor": 1295}


@pytest.fixture
async def open_shop() -> AsyncIterator[Shop]:
    async with shop() as running:
        yield running


def assert_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"https://springtide.example/problems/{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_products_are_listed_searched_and_read(open_shop: Shop) -> None:
    http = open_shop.http
    listed = (await http.get("/api/products", params={"q": "lantren", "size": 1})).json()
    assert (listed["total"], listed["corrected"], listed["cards"][0]["name"]) == (2, True, "Hanging heart lantern")
    narrowed = await http.get("/api/products?band=few_left&band=in_stock&attribute=style:Blue&market=NL")
    assert [card["name"] for card in narrowed.json()["cards"]] == ["Spotty mug"]
    found = (await http.get("/api/products/kerstkaart?market=NL")).json()
    assert found["product"]["name"] == "Kerstkaart"
    assert found["offers"] == [
        {
            "sku": "C1",
            "currency": "EUR",
            "price_minor": 195,
            "was_minor": None,
            "lowest_30d_minor": None,
            "band": "in_stock",
            "expected_on": None,
        }
    ]


async def test_a_slug_of_another_language_redirects_for_good_and_keeps_the_query(open_shop: Shop) -> None:
    answer = await open_shop.http.get("/api/products/christmas-card?market=NL&language=nl")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/api/products/kerstkaart?market=NL&language=nl"


async def test_browsing_makes_no_contract_call(open_shop: Shop) -> None:
    for path in ("/api/markets", "/api/categories", "/api/categories/home", "/api/products", "/api/suggest?q=lan"):
        assert (await open_shop.http.get(path)).status_code == 200
    assert open_shop.calls == []


async def test_a_guest_buys_in_three_writes_each_one_contract_call(open_shop: Shop) -> None:
    http, token = open_shop.http, {"Springtide-Token": TOKEN}
    created = await http.post("/api/carts", json=CART, headers=KEY)
    assert (created.status_code, created.json()["token"]) == (201, TOKEN)
    details = await http.put(f"/api/carts/{CART_ID}/details", json=DETAILS, headers={**KEY, **token})
    assert details.status_code == 200
    bought = await http.post(f"/api/carts/{CART_ID}/complete", json=PURCHASE, headers={**KEY, **token})
    assert (bought.status_code, bought.json()["step"]) == (200, "completed")
    assert [verb for verb, _ in open_shop.calls] == ["create_cart", "set_details", "complete"]
    sent = open_shop.calls[0][1]
    assert [(line.sku, line.quantity, line.name) for line in sent["lines"]] == [("L1", 2, "White metal lantern")]
    assert (sent["key"], sent["caller"].principal, sent["origin"].channel) == (
        KEY["Idempotency-Key"],
        "guest:",
        "shop_api",
    )


async def test_a_repeat_gives_the_same_bytes_and_passes_the_same_arguments(open_shop: Shop) -> None:
    path, headers = f"/api/carts/{CART_ID}/complete", {**KEY, "Springtide-Token": TOKEN}
    first, second = [await open_shop.http.post(path, json=PURCHASE, headers=headers) for _ in range(2)]
    assert first.content == second.content
    one, other = [{**call, "caller": None} for call in open_shop.made("complete")]
    assert one == other


async def test_two_guests_with_the_same_key_for_their_carts_do_not_meet(open_shop: Shop) -> None:
    for cart_id in (CART_ID, UUID(int=7)):
        headers = {"Idempotency-Key": "checkout-1", "Springtide-Token": TOKEN}
        await open_shop.http.put(f"/api/carts/{cart_id}/vouchers", json={"vouchers": []}, headers=headers)
    one, other = [call["key"] for call in open_shop.made("set_vouchers")]
    assert one != other


@pytest.mark.parametrize(
    "headers",
    [{}, {"Idempotency-Key": "short"}, {"Idempotency-Key": "x" * 201}, {"Idempotency-Key": "a b c d e f g h i"}],
)
async def test_a_write_without_a_proper_key_is_refused_and_calls_nothing(
    open_shop: Shop, headers: dict[str, str]
) -> None:
    answer = await open_shop.http.post("/api/carts", json=CART, headers=headers)
    problem = assert_problem(answer, 400, "bad_input")
    assert "Idempotency-Key" in problem["facts"]["fields"] or "idempotency_key" in problem["facts"]["fields"]
    assert open_shop.calls == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"market": "GB"}, "locale"),
        ({**CART, "lines": [{"sku": "L1"}]}, "lines[0].quantity"),
        ({**CART, "lines": [{"sku": "L1", "quantity": "2"}]}, "lines[0].quantity"),
        ({**CART, "lines": [{"sku": "L1", "quantity": -1}]}, "lines[0].quantity"),
        ({**CART, "lines": [{"sku": "", "quantity": 1}]}, "lines[0].sku"),
        ({**CART, "colour": "red"}, "colour"),
        ([], "body"),
    ],
)
async def test_bad_bodies_are_refused_by_field_and_call_nothing(open_shop: Shop, body: object, field: str) -> None:
    answer = await open_shop.http.post("/api/carts", json=body, headers=KEY)
    problem = assert_problem(answer, 400, "bad_input")
    assert list(problem["facts"]["fields"]) == [field]
    assert open_shop.calls == []


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_input"),
        (b"\xff\xfe", "application/json", 400, "bad_input"),
        (b'{"market":"G\\u0000","locale":"en"}', "application/json", 400, "bad_input"),
        (b"market=GB", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b" " * 70_000, "application/json", 413, "too_large"),
    ],
)
async def test_bodies_that_cannot_be_read_are_refused(
    open_shop: Shop, content: bytes, media_type: str, status: int, code: str
) -> None:
    headers = {**KEY, "content-type": media_type}
    assert_problem(await open_shop.http.post("/api/carts", content=content, headers=headers), status, code)
    assert open_shop.calls == []


async def test_addresses_and_methods_that_do_not_exist_are_problems_too(open_shop: Shop) -> None:
    http = open_shop.http
    assert_problem(await http.get("/api/nothing"), 404, "not_found")
    assert_problem(await http.get("/nothing"), 404, "not_found")
    assert_problem(await http.get("/api/carts/not-an-id"), 404, "not_found")
    answer = await http.request("DELETE", "/api/markets")
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    options = await http.request("OPTIONS", "/api/account/me")
    assert (options.status_code, options.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PUT")


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (PriceNotFound("No price.", sku="L1"), 422, "price_not_found"),
        (CartClosed("Bought.", state="completed"), 409, "cart_closed"),
        (PaymentStillOpen("Open.", method="ideal", expires_at="2026-01-01T10:15:00+00:00"), 409, "payment_still_open"),
        (TotalChanged("Another total.", total_minor=5, currency="GBP", quote_id="q"), 409, "total_changed"),
    ],
)
async def test_refusals_of_contexts_come_out_by_name_with_their_facts(
    open_shop: Shop, refusal: Exception, status: int, code: str
) -> None:
    open_shop.answers["complete"] = refusal
    answer = await open_shop.http.post(f"/api/carts/{CART_ID}/complete", json=PURCHASE, headers=KEY)
    assert assert_problem(answer, status, code)["facts"] == refusal.facts  # type: ignore[attr-defined]


async def test_unavailable_and_throttled_say_when_to_come_back(open_shop: Shop) -> None:
    open_shop.answers["create_cart"] = Unavailable("The database is away.", retry_after_s=3)
    answer = await open_shop.http.post("/api/carts", json=CART, headers=KEY)
    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "3"
    open_shop.answers["sign_in"] = SignInThrottled("Later.", retry_after_s=30)
    answer = await open_shop.http.post("/api/account/sign-in", json={"email": "a@b.c", "password": "x"})
    assert_problem(answer, 429, "sign_in_throttled")
    assert answer.headers["retry-after"] == "30"


async def test_what_breaks_is_a_503_without_a_trace_of_the_inside(open_shop: Shop) -> None:
    open_shop.answers["create_cart"] = RuntimeError("secret inside")
    answer = await open_shop.http.post("/api/carts", json=CART, headers=KEY)
    assert_problem(answer, 503, "unavailable")
    assert "secret" not in answer.text


async def test_a_purchase_that_is_still_going_on_is_a_202_that_says_when_to_ask(open_shop: Shop) -> None:
    open_shop.answers["complete"] = completion(step=Step.UNKNOWN, ask_again_s=2)
    answer = await open_shop.http.post(f"/api/carts/{CART_ID}/complete", json=PURCHASE, headers=KEY)
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "2")
    open_shop.answers["completion"] = completion(
        step=Step.DECLINED, reason="declined", message="The card was declined."
    )
    after = await open_shop.http.get(f"/api/checkouts/{CHECKOUT_ID}", headers={"Springtide-Token": TOKEN})
    assert (after.status_code, after.json()["reason"]) == (200, "declined")


async def test_a_customer_is_recognised_by_the_session_and_staff_are_not(open_shop: Shop) -> None:
    http = open_shop.http
    me = await http.get("/api/account/me", headers={"Authorization": "Bearer customer-session"})
    assert me.json()["email"] == "sanne@example.org"
    assert open_shop.made("me")[0]["caller"].kind == "customer"
    assert_problem(await http.get("/api/account/me"), 401, "unauthenticated")
    for header, code in (
        ("Bearer gone", "session_gone"),
        ("Bearer staff-session", "session_gone"),
        ("Basic x", "unauthenticated"),
    ):
        assert_problem(await http.get("/api/account/me", headers={"Authorization": header}), 401, code)
    assert len(open_shop.made("me")) == 1


async def test_signing_up_answers_the_same_whether_or_not_there_is_an_account(open_shop: Shop) -> None:
    body = {"email": "sanne@example.org", "password": "a long pass phrase", "name": "Sanne"}
    taken = await open_shop.http.post("/api/account/sign-up", json=body, headers=KEY)
    open_shop.answers["sign_up"] = open_shop.answers["me"]
    fresh = await open_shop.http.post("/api/account/sign-up", json=body, headers=KEY)
    assert (taken.status_code, taken.content) == (fresh.status_code, fresh.content)


async def test_every_answer_carries_request_id_and_security_headers(open_shop: Shop) -> None:
    answer = await open_shop.http.get("/api/markets", headers={"X-Request-Id": "my-request-1"})
    assert answer.headers["x-request-id"] == "my-request-1"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    strange = await open_shop.http.get("/api/markets", headers={"X-Request-Id": "<script>"})
    assert strange.headers["x-request-id"] != "<script>"
    head = await open_shop.http.head("/api/markets")
    assert (head.status_code, head.content) == (200, b"")
    private = await open_shop.http.get(f"/api/carts/{CART_ID}", headers={"Springtide-Token": TOKEN})
    assert "no-store" in private.headers["cache-control"]


async def test_webhooks_are_passed_on_as_they_came(open_shop: Shop) -> None:
    taken = await open_shop.http.post("/webhooks/sandbox", content=b"signed", headers={"Sandbox-Signature": "s"})
    assert (taken.status_code, taken.content) == (204, b"")
    sent = open_shop.made("webhook")[0]
    assert (sent["gateway"], sent["body"], sent["headers"]["sandbox-signature"]) == ("sandbox", b"signed", "s")
    assert_problem(await open_shop.http.post("/webhooks/sandbox", content=b"forged"), 400, "webhook_refused")
    open_shop.answers["webhook"] = Unavailable("away")
    later = await open_shop.http.post("/webhooks/sandbox", content=b"signed")
    assert_problem(later, 503, "unavailable")
    assert later.headers["retry-after"] == "2"


async def test_probes_tell_life_readiness_and_figures() -> None:
    contexts = Contexts()
    contexts.away = Unavailable("away")
    async with shop(contexts) as running:
        assert (await running.http.get("/healthz")).status_code == 200
        assert_problem(await running.http.get("/readyz"), 503, "not_ready")
        assert_problem(await running.http.get("/api/products"), 503, "unavailable")
    async with shop() as running:
        assert (await running.http.get("/readyz")).status_code == 200
        assert "springtide_http_request_seconds" in (await running.http.get("/metrics")).text
        running.app.health.draining = True
        assert_problem(await running.http.get("/readyz"), 503, "not_ready")


async def test_the_document_names_every_refusal_and_its_examples_are_valid(open_shop: Shop) -> None:
    contract = (await open_shop.http.get("/api/openapi.json")).json()
    assert contract["openapi"].startswith("3.1")
    for path, operations in contract["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert "503" in operation["responses"], path
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
            headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
            if method in {"put", "delete"}:
                assert "Idempotency-Key" in headers, path
    body = contract["components"]["schemas"]["NewCart"]
    assert body["additionalProperties"] is False
    request = contract["paths"]["/api/carts"]["post"]["requestBody"]["content"]["application/json"]
    example = next(iter(request["examples"].values()))["value"]
    created = await open_shop.http.post("/api/carts", json=example, headers=KEY)
    assert created.status_code == 201


async def test_the_try_out_page_comes_from_this_machine_alone(open_shop: Shop) -> None:
    page = await open_shop.http.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path, media_type in (("/api/docs/try.js", "text/javascript"), ("/api/docs/try.css", "text/css")):
        assert path in page.text
        asset = await open_shop.http.get(path)
        assert asset.headers["content-type"].startswith(media_type)
        assert "http://" not in asset.text
        assert "https://" not in asset.text
    assert "<script>" not in page.text


async def test_an_order_shows_nothing_of_the_staff(open_shop: Shop) -> None:
    document = (await open_shop.http.get("/api/openapi.json")).json()
    shown = document["components"]["schemas"]["OrderReply"]["properties"]
    assert not {"token", "timeline", "origin", "external_refs", "seller", "customer_id"} & set(shown)
    assert_problem(await open_shop.http.get(f"/api/orders/{CHECKOUT_ID}"), 404, "order_not_found")


async def test_an_invoice_brings_the_policy_its_styles_need(open_shop: Shop) -> None:
    open_shop.answers["document"] = "<!doctype html><style>h1 { color: #123 }</style><h1>Invoice</h1>"
    answer = await open_shop.http.get(f"/api/orders/{CHECKOUT_ID}/documents/ST-1", headers={"Springtide-Token": "t"})
    assert answer.text.startswith("<!doctype html>")
    assert answer.headers["content-security-policy"] == DOCUMENT_POLICY


async def buy(shop: Shop, return_url: str) -> httpx2.Response:
    headers = {**KEY, "Springtide-Token": TOKEN}
    purchase = {**PURCHASE, "return_url": return_url}
    return await shop.http.post(f"/api/carts/{CART_ID}/complete", json=purchase, headers=headers)


@pytest.mark.parametrize(
    ("url", "passed_on"),
    [
        ("", "http://shop/"),
        ("http://shop/back/{checkout_id}", "http://shop/back/{checkout_id}"),
        ("http://SHOP:80/back", "http://SHOP:80/back"),
    ],
)
async def test_a_bank_sends_buyers_back_to_the_shop(open_shop: Shop, url: str, passed_on: str) -> None:
    answer = await buy(open_shop, url)
    assert answer.status_code == 200
    assert [call["return_url"] for call in open_shop.made("complete")] == [passed_on]


@pytest.mark.parametrize(
    "url",
    [
        "https://shop/",
        "http://shop:8080/",
        "http://evil.example/",
        "http://shop.evil.example/",
        "http://shop@evil.example/",
        "http://evil.example\\@shop/",
        "http://shop\\.evil.example/",
        "http://[shop/",
        "http://shop:port/",
        "http:///shop/",
    ],
)
async def test_a_bank_sends_nobody_to_a_place_of_a_strangers_choice(open_shop: Shop, url: str) -> None:
    answer = await buy(open_shop, url)
    problem = assert_problem(answer, 400, "bad_input")
    assert list(problem["facts"]["fields"]) == ["return_url"]
    assert open_shop.calls == []


def test_a_storefront_elsewhere_is_named_to_be_returned_to(open_shop: Shop) -> None:
    named = Desk(
        ask=lambda api: api,
        browse=open_shop.app.browse,
        public_url="http://shop",
        default_market="GB",
        return_origins=("https://front.example",),
    )
    assert checked_return_url(named, "https://front.example/thanks") == "https://front.example/thanks"
    with pytest.raises(BadInput):
        checked_return_url(named, "http://front.example/thanks")


@pytest.mark.parametrize(
    "lines",
    [[{"sku": "L1", "quantity": 10_000}], [{"sku": f"L{turn}", "quantity": 1} for turn in range(101)]],
)
async def test_a_cart_has_limits(open_shop: Shop, lines: list[dict[str, object]]) -> None:
    answer = await open_shop.http.post("/api/carts", json={**CART, "lines": lines}, headers=KEY)
    assert_problem(answer, 400, "bad_input")
    assert open_shop.calls == []


async def test_signing_up_says_where_the_wish_comes_from(open_shop: Shop) -> None:
    person = {"email": "bo@example.org", "password": "a long enough one", "name": "Bo"}
    await open_shop.http.post("/api/account/sign-up", json=person, headers=KEY)
    assert [call["source"] for call in open_shop.made("sign_up")] == ["127.0.0.1"]
