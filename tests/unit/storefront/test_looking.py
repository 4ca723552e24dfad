import gzip
import re

import msgspec
import pytest

from springtide.contracts.catalog.events import ProductChangedEvent
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.inventory.events import AvailabilityChanged
from springtide.contracts.pricing.api import Price
from springtide.contracts.pricing.events import PricesChanged
from springtide.platform.events import Event
from tests.unit.browse.goods import CARD, Contexts, until
from tests.unit.storefront.fake_shop import FakeShop, fake_shop

PAGES = (
    "/en-gb/",
    "/nl-nl/c/wonen",
    "/nl-nl/search?q=kaart",
    "/sv-se/p/julkort",
    "/nl-nl/delivery",
    "/en-gb/about",
)


@pytest.mark.parametrize("path", PAGES)
async def test_pages_to_look_at_are_the_same_for_everybody_and_ask_no_contract(shop: FakeShop, path: str) -> None:
    async with shop.client(cookies={"session": "s", "cart_nl": "x.y"}) as client:
        answer = await client.get(path)
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"].startswith("public")
    assert again.status_code == 304
    assert again.content == b""
    assert shop.calls == []


@pytest.mark.parametrize("path", [*PAGES, "/nl-nl/cart", "/nl-nl/account/sign-in", "/nl-nl/nothing"])
async def test_no_page_loads_or_runs_anything_from_elsewhere(shop: FakeShop, path: str) -> None:
    async with shop.client() as client:
        html = (await client.get(path)).text
    assert not re.findall(r"""(?:src|action)=["'](?!/)[^"']+["']""", html)
    assert not re.findall(r"<(?:link|script|img)[^>]*(?:https?:)?//(?!shop)", html)
    assert not re.findall(r"<script(?![^>]*src=)|\son[a-z]+=|\sstyle=|<style", html)


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("/en-gb/", "order history until 1 September 2011."),
        ("/nl-nl/c/wonen", "bestelhistorie tot 1 september 2011."),
        ("/sv-se/p/julkort", "orderhistorik till 1 september 2011."),
    ],
)
async def test_every_page_says_until_when_the_history_is_and_whose_data_it_is(
    shop: FakeShop, path: str, note: str
) -> None:
    async with shop.client() as client:
        html = (await client.get(path)).text
    assert note in html
    assert "Online Retail II, UCI Machine Learning Repository, CC BY 4.0." in html


async def test_the_page_about_the_shop_credits_the_data(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/en-gb/about")).text
    assert "the history ends on 1 September 2011." in html
    assert "doi:10.24432/C5CG6D. CC BY 4.0." in html
    assert "licensed under Creative Commons Attribution 4.0. We tidied the names" in html


async def test_assets_of_a_page_are_there_and_kept_for_ever(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/en-gb/")).text
        for address in re.findall(r'(?:href|src)="(/(?:static|media)/[^"]+)"', html):
            answer = await client.get(address.replace("&amp;", "&"))
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["cache-control"]


async def test_the_product_page_has_price_stock_word_promise_and_one_button(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/nl-nl/p/kerstkaart")).text
    assert '<html lang="nl">' in html
    assert "€\xa01,95" in html
    assert '<span class="state good">Op voorraad</span>' in html
    assert "Vandaag besteld, uiterlijk maandag 30 november in huis" in html
    assert html.count("In winkelmand</button>") == 1
    assert '<link rel="alternate" hreflang="sv-SE" href="http://shop/sv-se/p/julkort">' in html


async def test_a_reduction_shows_the_lowest_price_before(shop: FakeShop) -> None:
    async with shop.client() as client:
        before = (await client.get("/en-gb/p/christmas-card")).text
        price = Price(market="GB", sku="C1", gross_minor=150, was_minor=195, lowest_30d_minor=180, version=2)
        generation = shop.shop.browse.generation
        shop.bus.emit(PricesChanged(prices=(price,)))
        await until(lambda: shop.shop.browse.generation != generation)
        after = (await client.get("/en-gb/p/christmas-card")).text
    assert "£1.95" in before
    assert "£1.50" in after
    assert "Lowest price of the last 30 days: £1.80" in after


async def test_a_page_follows_the_stock_band(shop: FakeShop) -> None:
    async with shop.client() as client:
        await client.get("/en-gb/p/christmas-card")
        gone = Availability(market="GB", sku="C1", band=Band.SOLD_OUT, version=2)
        generation = shop.shop.browse.generation
        shop.bus.emit(AvailabilityChanged(changed=(gone,)))
        await until(lambda: shop.shop.browse.generation != generation)
        html = (await client.get("/en-gb/p/christmas-card")).text
    assert '<span class="state bad">Sold out</span>' in html
    assert "Add to cart" not in html


async def test_a_kept_page_is_kept_when_something_else_changes(shop: FakeShop) -> None:
    async with shop.client() as client:
        await client.get("/en-gb/p/christmas-card")
        kept = shop.shop.product_pages.find(("/en-gb", "christmas-card"))
        generation = shop.shop.browse.generation
        shop.bus.emit(
            AvailabilityChanged(changed=(Availability(market="GB", sku="L1", band=Band.IN_STOCK, version=2),))
        )
        await until(lambda: shop.shop.browse.generation != generation)
        await client.get("/en-gb/p/christmas-card")
    assert shop.shop.product_pages.find(("/en-gb", "christmas-card")) is kept


async def test_variants_can_be_chosen_and_sold_out_ones_not(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/nl-nl/p/spotty-mug")).text
    assert "Kies een uitvoering" in html
    assert re.search(r'value="M-RED"\s+disabled', html)
    assert re.search(r'value="M-BLUE"\s+checked', html)


async def test_a_renamed_product_redirects_for_good(shop: FakeShop) -> None:
    renamed = msgspec.structs.replace(
        CARD, version=2, slugs={**CARD.slugs, "en": "season-card"}, old_slugs={"en": ("christmas-card",)}
    )
    async with shop.client() as client:
        generation = shop.shop.browse.generation
        shop.bus.emit(ProductChangedEvent(product=renamed))
        await until(lambda: shop.shop.browse.generation != generation)
        answer = await client.get("/en-gb/p/christmas-card")
        other_language = await client.get("/nl-nl/p/season-card")
    assert (answer.status_code, answer.headers["location"]) == (301, "/en-gb/p/season-card")
    assert (other_language.status_code, other_language.headers["location"]) == (301, "/nl-nl/p/kerstkaart")


async def test_a_product_that_was_sold_here_and_is_not_any_more_is_gone(shop: FakeShop) -> None:
    async with shop.client() as client:
        assert (await client.get("/nl-nl/p/kerstkaart")).status_code == 200
        generation = shop.shop.browse.generation
        shop.bus.emit(ProductChangedEvent(product=msgspec.structs.replace(CARD, version=2, published=False)))
        await until(lambda: shop.shop.browse.generation != generation)
        gone = await client.get("/nl-nl/p/kerstkaart")
        never = await client.get("/nl-nl/p/never-there")
    assert (gone.status_code, never.status_code) == (410, 404)
    assert "Dit product wordt niet meer verkocht." in gone.text
    assert "We kunnen deze pagina niet vinden." in never.text


@pytest.mark.parametrize("path", ["/nl-nl/nothing/here", "/xx-yy/", "/nl-nl/c/none", "/nl-nl/p/none", "/wp-login.php"])
async def test_unknown_addresses_are_a_page_in_the_language(shop: FakeShop, path: str) -> None:
    async with shop.client(headers={"accept-language": "nl"}) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "We kunnen deze pagina niet vinden." in answer.text
    assert "no-store" in answer.headers["cache-control"]


async def test_search_forgives_a_typo_and_says_so(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/en-gb/search?q=lantrn")).text
        none = (await client.get("/en-gb/search?q=xyzzy")).text
    assert "White metal lantern" in html
    assert "Nothing matches “lantrn” exactly." in html
    assert "We found nothing for “xyzzy”." in none


async def test_lists_are_narrowed_sorted_and_paged_by_their_address(shop: FakeShop) -> None:
    async with shop.client() as client:
        red = (await client.get("/en-gb/c/home?is=colour:Red")).text
        cheap = (await client.get("/en-gb/search?to=5&sort=price")).text
        there = (await client.get("/en-gb/c/lanterns?stock=1")).text
        nonsense = await client.get("/en-gb/c/home?page=x")
        words = await client.get("/en-gb/c/home?from=abc&to=--&sort=zzz&is=:&stock=7&is=colour")
    assert "Hanging heart lantern" in red
    assert "White metal lantern" not in red
    assert cheap.index("Christmas card") < cheap.index("Spotty mug")
    assert "lantern" not in re.sub(r"<header.*?</header>", "", cheap, flags=re.DOTALL)
    assert "White metal lantern" not in there
    assert nonsense.status_code == 400
    assert words.status_code == 200


async def test_queries_are_escaped(shop: FakeShop) -> None:
    async with shop.client() as client:
        html = (await client.get("/en-gb/search", params={"q": '"><script>alert(1)</script>'})).text
    assert "<script>alert" not in html


async def test_the_front_door_leads_by_language_and_memory(shop: FakeShop) -> None:
    async with shop.client() as client:
        by_language = await client.get("/", headers={"accept-language": "sv"})
        chosen = await client.get("/switch?to=nl-nl&path=/p/christmas-card")
        remembered = await client.get("/")
        foreign = await client.get("/switch?to=nl-nl&path=//evil.example/x")
    assert by_language.headers["location"] == "/sv-se/"
    assert chosen.headers["location"] == "/nl-nl/p/christmas-card"
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert remembered.headers["location"] == "/nl-nl/"
    assert foreign.headers["location"].startswith("/nl-nl/evil.example")


async def test_suggestions_are_links_of_the_place(shop: FakeShop) -> None:
    async with shop.client() as client:
        await until(lambda: bool(shop.shop.browse.suggest("ker", market="NL", language="nl").products))
        lines = (await client.get("/nl-nl/suggest?q=ker")).json()
    assert {"text": "Kerstkaart", "href": "/nl-nl/p/kerstkaart"} in lines


async def test_pages_are_compressed_when_the_browser_can(shop: FakeShop) -> None:
    async with shop.client(headers={"accept-encoding": "identity"}) as client:
        plain = (await client.get("/en-gb/")).content
    async with (
        shop.client(headers={"accept-encoding": "gzip"}) as client,
        client.stream("GET", "/en-gb/") as answer,
    ):
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain
    assert len(raw) < len(plain) / 2


async def test_while_the_shop_is_only_opening_pages_say_so() -> None:
    contexts = Contexts()
    contexts.away = ConnectionError("away")
    async with fake_shop(contexts) as shop, shop.client() as client:
        answer = await client.get("/nl-nl/p/kerstkaart")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "Het is druk." in answer.text


async def test_mail_links_find_their_place(shop: FakeShop) -> None:
    async with shop.client(headers={"accept-language": "sv"}) as client:
        order = await client.get("/orders/0198c0de-0000-7000-8000-00000000c057?token=a%2Bb")
        reset = await client.get("/account/reset?token=x")
    assert order.headers["location"] == "/sv-se/orders/0198c0de-0000-7000-8000-00000000c057?token=a%2Bb"
    assert reset.headers["location"] == "/sv-se/account/reset?token=x"


async def changed(shop: FakeShop, event: Event) -> None:
    """Let something happen and be known to everything that is made of it; kept lists have run out then."""
    generation = shop.shop.browse.generation
    shop.bus.emit(event)
    await until(lambda: shop.shop.browse.generation != generation)
    shop.let_lists_run_out()


async def test_the_home_page_shows_reductions_with_their_lowest_price_before(shop: FakeShop) -> None:
    price = Price(market="GB", sku="L2", gross_minor=700, was_minor=895, lowest_30d_minor=880, version=2)
    async with shop.client() as client:
        before = (await client.get("/en-gb/")).text
        await changed(shop, PricesChanged(prices=(price,)))
        home = (await client.get("/en-gb/")).text
        offers = (await client.get("/en-gb/search?reduced=1")).text
    assert "Offers" not in before
    assert "Lowest price of the last 30 days: £8.80" in home
    assert "Hanging heart lantern" in offers
    assert "Christmas card" not in offers


async def test_a_list_follows_the_stock_band(shop: FakeShop) -> None:
    gone = Availability(market="GB", sku="C1", band=Band.SOLD_OUT, version=2)
    async with shop.client() as client:
        before = (await client.get("/en-gb/c/cards")).text
        await changed(shop, AvailabilityChanged(changed=(gone,)))
        after = (await client.get("/en-gb/c/cards")).text
    assert "Sold out" not in before
    assert "Sold out" in after


async def test_a_list_page_is_kept_for_good_only_when_it_was_made_twice_without_a_change(shop: FakeShop) -> None:
    async with shop.client() as client:

        async def kept() -> object:
            await client.get("/en-gb/")
            return shop.shop.list_pages.find(("/en-gb", "home"))

        first = await kept()
        assert await kept() is first
        shop.let_lists_run_out()
        second = await kept()
        assert second is not first
        shop.let_lists_run_out()
        assert await kept() is second
