"""From the product page to the order, by forms: what each form writes, and that nothing else happens."""

import html as markup
import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from springtide.contracts.checkout.api import CartState, Step
from springtide.contracts.common import Address
from springtide.platform.caller import Kind
from springtide.platform.http import DOCUMENT_POLICY
from tests.unit.storefront.fake_shop import PASSWORD, FakeShop

DETAILS = {
    "email": "anna@example.com",
    "phone": "",
    "name": "Anna de Vries",
    "line1": "Damrak 1",
    "line2": "",
    "postcode": "1012 LG",
    "city": "Amsterdam",
    "country": "NL",
    "billing_same": "yes",
    "shipping_method": "standard",
}


def hidden(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that posts to `action`."""
    form = next(part for part in page.split("<form")[1:] if f'action="{action}"' in part.split("</form>")[0])
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form.split("</form>")[0])
    return {
        re.search(r'name="([^"]+)"', field)[1]: markup.unescape(re.search(r'value="([^"]*)"', field)[1])  # type: ignore[index]
        for field in inputs
    }


class Buyer:
    """A browser without script that follows redirects after writes."""

    def __init__(self, client: httpx2.AsyncClient, prefix: str = "/nl-nl") -> None:
        self.client = client
        self.prefix = prefix

    async def page(self, path: str = "/cart") -> str:
        answer = await self.client.get(self.prefix + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, path: str, **fields: str | int) -> httpx2.Response:
        return await self.client.post(self.prefix + path, data={name: str(value) for name, value in fields.items()})

    async def add(self, sku: str = "C1", quantity: int = 1, **more: str) -> httpx2.Response:
        return await self.send("/cart/add", sku=sku, quantity=quantity, **more)

    async def fill(self, **changed: str) -> httpx2.Response:
        page = await self.page()
        return await self.send("/cart/details", **{**hidden(page, f"{self.prefix}/cart/details"), **DETAILS, **changed})

    async def pay(self, **changed: str | int) -> httpx2.Response:
        page = await self.page()
        return await self.send("/cart/pay", **{**hidden(page, f"{self.prefix}/cart/pay"), "method": "ideal", **changed})


@pytest.fixture
async def buyer(shop: FakeShop) -> AsyncIterator[Buyer]:
    async with shop.client() as client:
        yield Buyer(client)


async def test_a_guest_buys_in_three_writes(shop: FakeShop, buyer: Buyer) -> None:
    added = await buyer.add("C1", 2)
    filled = await buyer.fill()
    paid = await buyer.pay()
    order = await buyer.client.get(paid.headers["location"])
    assert [answer.status_code for answer in (added, filled, paid)] == [303, 303, 303]
    assert shop.writes() == ["create_cart", "set_details", "complete"]
    (complete,) = shop.made("complete")
    assert complete["total_minor"] == 2 * 195 + 495
    assert complete["return_url"] == "http://shop/nl-nl/checkout/{checkout_id}/return"
    assert "Bedankt voor je bestelling" in order.text
    assert "ST-1001" in order.text
    assert "Uiterlijk maandag 30 november in huis." in order.text
    assert "Je winkelmand is leeg." in await buyer.page()


async def test_the_buyers_language_and_names_go_into_the_cart(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("M-BLUE")
    (created,) = shop.made("create_cart")
    assert (created["market"], created["locale"]) == ("NL", "nl-NL")
    assert created["lines"][0].name == "Spotty mug, Blauw"
    assert created["origin"].channel == "storefront"


async def test_adding_again_is_one_write_to_the_same_cart(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.add("L2")
    await buyer.add("C1", 2)
    assert shop.writes() == ["create_cart", "set_lines", "set_lines"]
    (cart,) = shop.checkout.carts.values()
    assert {line.sku: line.quantity for line in cart.lines} == {"C1": 3, "L2": 1}


async def test_a_double_click_is_one_write(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1", key="0123456789abcdef-first")
    await buyer.add("L2", key="0123456789abcdef")
    again = await buyer.add("L2", key="0123456789abcdef")
    (cart,) = shop.checkout.carts.values()
    assert again.status_code == 303
    assert {line.sku: line.quantity for line in cart.lines} == {"C1": 1, "L2": 1}


async def test_a_double_click_without_script_is_one_write_too(
    shop: FakeShop, buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await buyer.add("C1")
    monkeypatch.setattr("springtide.channels.storefront.carts.time.time", lambda: 1_000_000.0)
    await buyer.add("L2")
    await buyer.add("L2")
    (cart,) = shop.checkout.carts.values()
    assert {line.sku: line.quantity for line in cart.lines} == {"C1": 1, "L2": 1}
    monkeypatch.setattr("springtide.channels.storefront.carts.time.time", lambda: 1_000_060.0)
    await buyer.add("L2")
    (cart,) = shop.checkout.carts.values()
    assert {line.sku: line.quantity for line in cart.lines} == {"C1": 1, "L2": 2}


async def test_cookies_are_locked(shop: FakeShop, buyer: Buyer) -> None:
    answer = await buyer.add("C1")
    cart, count = answer.headers.get_list("set-cookie")
    assert cart.startswith("cart_nl=")
    assert "HttpOnly" in cart
    assert "SameSite=lax" in cart
    assert count.startswith("cart_count_nl=1;")
    assert "HttpOnly" not in count


@pytest.mark.parametrize(
    "path", ["/cart/add", "/cart/lines", "/cart/voucher", "/cart/details", "/cart/pay", "/account/sign-out"]
)
async def test_forms_of_other_sites_write_nothing(shop: FakeShop, buyer: Buyer, path: str) -> None:
    await buyer.add("C1")
    written = len(shop.calls)
    answer = await buyer.client.post(
        f"/nl-nl{path}", data={"sku": "L2"}, headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert len(shop.calls) == written
    assert "Dit formulier is verlopen" in answer.text


async def test_what_is_missing_is_said_on_top_and_next_to_the_field(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    answer = await buyer.fill(email="", name="", postcode="")
    assert answer.status_code == 422
    assert shop.writes() == ["create_cart"]
    summary = answer.text.partition('class="error-summary"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#([a-z0-9_]+)"', summary) == ["email", "name", "postcode"]
    assert '<span class="error-text" id="email-error">Vul e-mailadres in.</span>' in answer.text
    assert 'value="Damrak 1"' in answer.text  # what was right is still there


async def test_a_billing_address_is_asked_for_only_when_it_differs(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    missing = await buyer.fill(billing_same="")
    assert 'id="b_name-error"' in missing.text
    await buyer.fill(
        billing_same="",
        b_name="Boekhouding",
        b_line1="Kade 2",
        b_postcode="1011 AB",
        b_city="Amsterdam",
        b_country="NL",
    )
    (details,) = shop.made("set_details")
    assert details["delivery"].billing == Address(
        name="Boekhouding", line1="Kade 2", postcode="1011 AB", city="Amsterdam", country="NL"
    )


async def test_finished_sections_fold_and_the_button_says_what_it_does(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    assert "Betaal €" not in await buyer.page()
    await buyer.fill()
    page = await buyer.page()
    assert "Betaal €\xa06,90 met iDEAL" in page
    assert "Betaal €\xa06,90 met Kaart" in page
    assert 'id="email"' not in page
    assert "Damrak 1" in page
    assert 'id="email"' in await buyer.page("/cart?edit=1")


async def test_the_totals_add_up_with_their_vat(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("L2", 2)
    await buyer.send("/cart/voucher", voucher="ten")
    await buyer.fill()
    page = await buyer.page()
    assert "Kortingscode TEN is toegepast." in page
    sums = re.sub(r"<[^>]+>", " ", page[page.index('<dl class="sums">') : page.index("</dl>")]).replace("\xa0", " ")
    assert re.sub(r"\s+", " ", sums).strip() == (
        "Subtotaal € 17,90 Korting \u2212€ 1,79 Bezorging € 4,95 waarvan btw 21% € 3,64"
    )
    assert "€\xa021,06" in page


async def test_a_voucher_that_does_not_apply_is_refused_by_name(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    answer = await buyer.send("/cart/voucher", voucher="NOPE")
    assert answer.status_code == 422
    assert "De kortingscode NOPE is niet geldig." in answer.text
    await buyer.send("/cart/voucher", voucher="TEN")
    await buyer.send("/cart/voucher", remove="TEN")
    assert [call["vouchers"] for call in shop.made("set_vouchers")] == [("NOPE",), ("TEN",), ()]


async def test_lines_change_and_a_removal_can_be_undone(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1", 2)
    await buyer.add("L2")
    changed = await buyer.send("/cart/lines", **{"quantity-C1": "5", "quantity-L2": "1"})
    assert changed.status_code == 303
    wrong = await buyer.send("/cart/lines", **{"quantity-C1": "-1"})
    assert wrong.status_code == 422
    assert "Vul een aantal in van 1 tot 999." in wrong.text
    removed = await buyer.send("/cart/lines", remove="C1", **{"quantity-C1": "5"})
    page = (await buyer.client.get(removed.headers["location"])).text
    assert "Kerstkaart is verwijderd." in page
    undo = hidden(page, "/nl-nl/cart/add")
    assert (undo["sku"], undo["quantity"]) == ("C1", "5")
    await buyer.send("/cart/add", **undo)
    (cart,) = shop.checkout.carts.values()
    assert {line.sku: line.quantity for line in cart.lines} == {"L2": 1, "C1": 5}


async def test_another_total_is_shown_before_anything_is_paid(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.fill()
    page = await buyer.page()
    shop.checkout.price_rise_minor = 100
    answer = await buyer.send("/cart/pay", **{**hidden(page, "/nl-nl/cart/pay"), "method": "ideal"})
    assert answer.status_code == 409
    assert "Het totaal is nu €\xa07,90. Controleer het voordat je betaalt." in answer.text
    assert hidden(answer.text, "/nl-nl/cart/pay")["total_minor"] == "790"
    (cart,) = shop.checkout.carts.values()
    assert cart.state is CartState.OPEN


async def test_a_buyer_goes_to_the_bank_and_comes_back(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.fill()
    shop.checkout.bank = Step.AWAITING_BUYER
    paid = await buyer.pay()
    assert paid.headers["location"].startswith("https://bank.example/pay")
    (checkout_id,) = shop.checkout.completions
    waiting = await buyer.client.get(f"/nl-nl/checkout/{checkout_id}/return")
    assert "Je bank bevestigt de betaling." in waiting.text
    assert f'content="3;url=/nl-nl/checkout/{checkout_id}/return"' in waiting.text
    assert "We houden je producten vast tot 10:15." in waiting.text
    assert (await buyer.client.get("/nl-nl/cart")).headers["location"] == f"/nl-nl/checkout/{checkout_id}"
    shop.checkout.bank = Step.COMPLETED
    done = await buyer.client.get(f"/nl-nl/checkout/{checkout_id}/return")
    assert done.headers["location"] == f"/nl-nl/orders/{checkout_id}?token=order-token&thanks=1"
    assert 'cart_nl=""' in done.headers["set-cookie"]


@pytest.mark.parametrize(
    ("prefix", "postcode", "words"),
    [
        ("/nl-nl", "1012 LG", ("Je eerste betaling staat nog open", "dan eindigt de betaling om 10:15")),
        ("/en-gb", "SW1A 1AA", ("Your first payment is still open", "it ends at 10:15")),
        ("/sv-se", "113 30", ("Din första betalning är fortfarande öppen", "upphör den kl. 10:15")),
    ],
)
async def test_a_payment_that_cannot_be_stopped_says_until_when_it_is_open(
    shop: FakeShop, buyer: Buyer, prefix: str, postcode: str, words: tuple[str, str]
) -> None:
    buyer.prefix = prefix
    await buyer.add("C1")
    await buyer.fill(country=prefix[-2:].upper(), postcode=postcode)
    pay_form = hidden(await buyer.page(), f"{prefix}/cart/pay")
    shop.checkout.bank, shop.checkout.stays_open = Step.AWAITING_BUYER, True
    await buyer.send("/cart/pay", **pay_form, method="ideal")
    (checkout_id,) = shop.checkout.completions
    told = await buyer.send("/cart/pay", **{**pay_form, "key": "another"}, method="card")
    page = (await buyer.client.get(told.headers["location"])).text
    again = f"{prefix}/checkout/{checkout_id}/return?another=1"
    for said in (*words, "https://bank.example/pay"):
        assert said in page, said
    assert f'data-look-again="{again}"' in page
    assert words[1] in (await buyer.client.get(again)).text, "looking again does not forget why the buyer is here"
    shop.checkout.bank = Step.EXPIRED
    assert (await buyer.client.get(again)).headers["location"] == f"{prefix}/cart?outcome=expired#payment"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step.UNKNOWN, "We weten nog niet of je betaling is gelukt."),
        (Step.CLAIM, "Je betaling is binnen; we plaatsen je bestelling."),
        (Step.HOLD, "We verwerken je betaling."),
    ],
)
async def test_waiting_is_named(shop: FakeShop, buyer: Buyer, step: Step, words: str) -> None:
    await buyer.add("C1")
    await buyer.fill()
    shop.checkout.bank = step
    paid = await buyer.pay()
    assert words in (await buyer.client.get(paid.headers["location"])).text


async def test_a_declined_payment_leads_back_with_the_reason(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.fill()
    shop.checkout.bank = Step.DECLINED
    paid = await buyer.pay()
    page = (await buyer.client.get(paid.headers["location"])).text
    assert "De betaling is geweigerd." in page
    shop.checkout.bank = Step.COMPLETED
    again = await buyer.pay(method="card")
    assert "/orders/" in again.headers["location"]
    keys = [call["key"] for call in shop.made("complete")]
    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step.REFUSED, "Dit kon niet worden gekocht. Er is niets afgeschreven."),
        (Step.DECLINED, "De betaling is geweigerd. Er is niets afgeschreven."),
    ],
)
async def test_a_refusal_without_words_is_not_called_a_declined_payment(
    shop: FakeShop, buyer: Buyer, step: Step, words: str
) -> None:
    await buyer.add("C1")
    await buyer.fill()
    shop.checkout.bank, shop.checkout.message = step, ""
    paid = await buyer.pay()
    page = (await buyer.client.get(paid.headers["location"])).text
    assert words in page
    assert ("De betaling is geweigerd." in page) is (step is Step.DECLINED)


async def test_another_browser_learns_nothing(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.fill()
    paid = await buyer.pay()
    checkout_id = paid.headers["location"].split("/")[3].split("?")[0]
    async with shop.client() as stranger:
        before = len(shop.calls)
        back = await stranger.get(f"/nl-nl/checkout/{checkout_id}/return")
        order = await stranger.get(f"/nl-nl/orders/{checkout_id}")
        guessed = await stranger.get(f"/nl-nl/orders/{checkout_id}?token=guess")
    assert back.status_code == 200
    assert "in een andere browser begonnen" in back.text
    assert (order.status_code, guessed.status_code) == (404, 404)
    assert [verb for verb, _ in shop.calls[before:]] == ["get", "get_with_token"]


async def test_a_cart_of_nonsense_is_an_empty_cart(shop: FakeShop) -> None:
    for value in ("nonsense", "0198c0de-0000-7000-8000-00000000c057.wrong", "x.y"):
        async with shop.client(cookies={"cart_nl": value}) as client:
            answer = await client.get("/nl-nl/cart")
        assert answer.status_code == 200
        assert "Je winkelmand is leeg." in answer.text


async def test_a_customer_finds_the_guests_cart_and_saved_address(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    wrong = await buyer.send("/account/sign-in", email="anna@example.com", password="nope")
    assert wrong.status_code == 401
    assert "Het e-mailadres of wachtwoord klopt niet." in wrong.text
    assert 'value="nope"' not in wrong.text
    right = await buyer.send("/account/sign-in", email="anna@example.com", password=PASSWORD, next="cart")
    assert "HttpOnly" in right.headers["set-cookie"]
    merged = await buyer.client.get(right.headers["location"])
    assert merged.headers["location"] == "/nl-nl/cart"
    assert [call["key"] for call in shop.made("merge")] == [f"merge-{next(iter(shop.checkout.carts))}"]
    saved = {name: DETAILS[name] for name in ("name", "line1", "line2", "postcode", "city", "country")}
    assert (await buyer.send("/account/addresses", key="k" * 20, is_default="yes", **saved)).status_code == 303
    page = await buyer.page()
    assert 'value="anna@example.com"' in page
    assert 'value="Damrak 1"' in page
    out = await buyer.send("/account/sign-out")
    assert out.headers["location"] == "/nl-nl/account/sign-in?said=signed_out"
    assert (await buyer.client.get("/nl-nl/account")).headers["location"] == "/nl-nl/account/sign-in"


@pytest.mark.parametrize("leave", ["/account/sign-out", "/account/delete"])
async def test_whoever_comes_next_on_the_browser_finds_no_cart_in_any_market(
    shop: FakeShop, buyer: Buyer, leave: str
) -> None:
    await buyer.send("/account/sign-in", email="anna@example.com", password=PASSWORD)
    await buyer.add("C1")
    await buyer.fill()
    await Buyer(buyer.client, "/en-gb").add("C1")
    assert {"session", "cart_nl", "cart_gb", "cart_count_nl", "cart_count_gb"} <= set(buyer.client.cookies)
    await buyer.send(leave, key="k" * 20)
    assert not {name for name in buyer.client.cookies if name.startswith(("session", "cart"))}
    page = await buyer.page()
    assert "Je winkelmand is leeg." in page
    assert "Damrak" not in page


async def test_a_session_of_staff_is_a_guest_here(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.send("/account/sign-in", email="anna@example.com", password=PASSWORD)
    shop.customers.kind = Kind.STAFF
    await buyer.add("C1")
    (created,) = shop.made("create_cart")
    assert created["caller"].kind is Kind.GUEST
    assert (await buyer.client.get("/nl-nl/account")).headers["location"] == "/nl-nl/account/sign-in"


async def test_signing_up_says_where_the_wish_comes_from(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.send("/account/sign-up", name="Bo", email="bo@example.com", password="a long enough one", key="k" * 20)
    (wish,) = shop.made("sign_up")
    assert wish["source"] == "127.0.0.1"


async def test_signing_up_never_tells_who_has_an_account(shop: FakeShop, buyer: Buyer) -> None:
    fields = {"name": "Bo", "password": "a long enough one", "key": "k" * 20}
    known = await buyer.send("/account/sign-up", email="anna@example.com", **fields)
    new = await buyer.send("/account/sign-up", email="bo@example.com", **fields)
    assert (known.status_code, known.headers["location"]) == (new.status_code, new.headers["location"])
    assert known.headers.get("set-cookie") == new.headers.get("set-cookie")


async def test_a_password_is_taken_as_typed(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.send("/account/reset", token="t", password="  blanks around  ")
    (reset,) = shop.made("reset_password")
    assert reset["password"] == "  blanks around  "


async def test_an_invoice_is_shown_to_who_holds_the_token(shop: FakeShop, buyer: Buyer) -> None:
    await buyer.add("C1")
    await buyer.fill()
    paid = await buyer.pay()
    page = (await buyer.client.get(paid.headers["location"])).text
    link = markup.unescape(re.search(r'href="([^"]+/documents/[^"]+)"', page)[1])  # type: ignore[index]
    answer = await buyer.client.get(link)
    assert answer.text == "<!doctype html><title>Invoice</title>"
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["content-security-policy"] == DOCUMENT_POLICY
