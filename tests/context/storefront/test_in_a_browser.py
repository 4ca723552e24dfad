"""The storefront in a real browser: with script and without, on a phone and on a wide screen, light and dark."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from springtide.contracts.checkout.api import Step
from tests.unit.browse.goods import until
from tests.unit.storefront.fake_shop import FakeShop, fake_shop

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: apt-get install chromium"),
]
DETAILS = {
    "email": "anna@example.com",
    "name": "Anna de Vries",
    "line1": "Damrak 1",
    "postcode": "1012 LG",
    "city": "Amsterdam",
}


@asynccontextmanager
async def served(shop: FakeShop) -> AsyncIterator[str]:
    config = uvicorn.Config(shop.app, host="127.0.0.1", port=0, log_level="error", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        await running.close()


async def fill_and_agree(page: Page, address: str) -> None:
    await page.goto(f"{address}/nl-nl/search?q=kerstkart")
    await page.get_by_role("link", name="Kerstkaart").first.click()
    await page.get_by_role("button", name="In winkelmand").click()
    await page.wait_for_url("**/cart?added=C1")
    for name, value in DETAILS.items():
        await page.locator(f"#{name}").fill(value)
    await page.get_by_role("button", name="Verder").click()
    await page.wait_for_url("**/cart#payment")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_guest_buys(browser: Browser, script: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async with fake_shop() as shop, served(shop) as address:
        page = await (await browser.new_context(java_script_enabled=script)).new_page()
        foreign: list[str] = []
        page.on("request", lambda request: request.url.startswith(address) or foreign.append(request.url))
        await fill_and_agree(page, address)
        await page.get_by_role("radio", name="Kaart").check()
        buttons = await page.locator(".then button:visible").all_inner_texts()
        await page.locator(".then button:visible").click()
        await page.wait_for_url("**/orders/**")
        heading = await page.locator("h1").inner_text()
        await page.context.close()
    assert buttons == ["Betaal €\xa06,90 met Kaart"]
    assert heading == "Bedankt voor je bestelling"
    assert shop.writes() == ["create_cart", "set_details", "complete"]
    assert shop.made("complete")[0]["method"] == "card"
    assert foreign == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_the_waiting_page_goes_on_by_itself(browser: Browser, script: bool) -> None:  # noqa: FBT001 - as above
    async with fake_shop() as shop, served(shop) as address:
        page = await (await browser.new_context(java_script_enabled=script)).new_page()
        shop.checkout.bank = Step.UNKNOWN
        await fill_and_agree(page, address)
        await page.locator(".then button:visible").click()
        await page.wait_for_url("**/checkout/**")
        named = await page.locator("h1").inner_text()
        shop.checkout.bank = Step.COMPLETED
        await page.wait_for_url("**/orders/**", timeout=15_000)
        await page.context.close()
    assert named.startswith("We weten nog niet of je betaling is gelukt.")


@pytest.mark.parametrize("width", [320, 768, 1440])
async def test_nothing_is_wider_than_the_screen(browser: Browser, width: int) -> None:
    async with fake_shop() as shop, served(shop) as address:
        page = await browser.new_page(viewport={"width": width, "height": 800})
        widths = {}
        for path in ("/", "/c/wonen", "/p/kerstkaart", "/cart", "/account/sign-up", "/delivery", "/nothing"):
            await page.goto(f"{address}/nl-nl{path}")
            widths[path] = await page.evaluate("document.documentElement.scrollWidth")
        await page.goto(f"{address}/nl-nl/c/wonen")
        tracks = await page.evaluate("getComputedStyle(document.querySelector('.grid')).gridTemplateColumns")
        await page.close()
    assert max(widths.values()) <= width, widths
    assert len(tracks.split()) == {320: 2, 768: 3, 1440: 5}[width]


async def test_light_and_dark_by_device_and_by_choice(browser: Browser) -> None:
    async with fake_shop() as shop, served(shop) as address:
        page = await browser.new_page(color_scheme="dark")
        grounds = []
        await page.goto(f"{address}/en-gb/")
        grounds.append(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        await page.get_by_label("Theme").select_option("light")
        await page.goto(f"{address}/en-gb/about")
        grounds.append(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        await page.close()
    assert grounds == ["rgb(15, 26, 32)", "rgb(251, 250, 247)"]


async def test_suggestions_help_by_keyboard_and_the_count_shows_on_pages_for_everybody(browser: Browser) -> None:
    async with fake_shop() as shop, served(shop) as address:
        page = await browser.new_page()
        await page.goto(f"{address}/nl-nl/p/kerstkaart")
        await page.locator("#quantity").fill("3")
        await page.get_by_role("button", name="In winkelmand").dblclick()
        await page.wait_for_url("**/cart**")
        await page.goto(f"{address}/nl-nl/")
        badge = await page.locator(".badge").inner_text()
        await page.keyboard.press("/")
        await page.keyboard.type("kers")
        await page.get_by_role("option").first.wait_for()
        await page.keyboard.press("ArrowDown")
        chosen = await page.locator('[role=option][aria-selected="true"]').inner_text()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/nl-nl/*?*" if "kaart" not in chosen.lower() else "**/nl-nl/**k*")
        await page.close()
    assert badge == "3"
    assert chosen.lower().startswith("kerst")
    assert sum(line.quantity for cart in shop.checkout.carts.values() for line in cart.lines) == 3
