"""A guest buys in Dutch in a real browser: with script and without, by bank and card, by keyboard, on a phone."""

import secrets

import pytest
from browser.visitor import CARD, DETAILS, Visitor, visiting
from playwright.async_api import Browser, Page
from system.shop import RunningShop
from system.test_first_order import mail_to

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def new_email() -> str:
    return f"browser-{secrets.token_hex(4)}@example.com"


async def two_products_ordered(visitor: Visitor, email: str) -> None:
    """Two products in the cart with a quantity, details given, Dutch VAT shown."""
    names = [await visitor.put_in_cart(0), await visitor.put_in_cart(1)]
    shown = await visitor.page.locator(".line .what").all_inner_texts()
    assert [any(name in line for line in shown) for name in names] == [True, True]
    await visitor.give_details(email=email)
    assert "21" in await visitor.page.locator("dl.sums").first.inner_text()


async def all_is_well(visitor: Visitor, email: str) -> None:
    number = await visitor.sees_the_confirmation()
    visitor.behaved()
    assert number in await mail_to(visitor.shop, email, number)
    assert (await visitor.shop.check()).findings == []


@SCRIPT
@pytest.mark.parametrize("method", ["bank_redirect", "card"])
async def test_a_guest_buys(shop: RunningShop, browser: Browser, method: str, script: bool):  # noqa: FBT001 - a parameter
    email = new_email()
    async with visiting(browser, shop, script=script) as visitor:
        await two_products_ordered(visitor, email)
        await visitor.pay_with(method)
        await (visitor.pay_by_card() if method == "card" else visitor.pay_at_the_bank())
        await all_is_well(visitor, email)


async def test_a_mistake_is_said_next_to_its_field_and_nothing_is_lost(visitor: Visitor):
    await visitor.put_in_cart(0)
    await visitor.page.locator("#name").fill("Anna de Vries")
    await visitor.page.get_by_role("button", name="Verder").click()
    await visitor.page.locator(".error-summary").wait_for()
    assert await visitor.page.locator("#email[aria-invalid=true]").count() == 1
    assert await visitor.page.locator("#name").input_value() == "Anna de Vries"


async def test_the_buyer_turns_back_at_the_bank_and_may_choose_again(shop: RunningShop, browser: Browser):
    email = new_email()
    async with visiting(browser, shop) as visitor:
        await visitor.put_in_cart(0)
        await visitor.give_details(email=email)
        await visitor.pay_with("bank_redirect")
        await visitor.page.wait_for_url(f"{shop.sandbox_url}/**")
        await visitor.page.locator("button[value=cancel]").click()
        await visitor.page.wait_for_url("**/nl-nl/cart**")
        await visitor.pay_with("card")
        await visitor.pay_by_card()
        await all_is_well(visitor, email)


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse."""
    for _ in range(120):
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector} on {page.url}")


async def test_buying_by_keyboard_alone(shop: RunningShop, browser: Browser):
    email = new_email()
    async with visiting(browser, shop) as visitor:
        page, press = visitor.page, visitor.page.keyboard.press
        await visitor.open("/nl-nl/search?q=theelichthouder")
        await tab_to(page, ".product-card a")
        await press("Enter")
        await page.wait_for_url("**/nl-nl/p/**")
        await tab_to(page, ".buy button")
        await press("Enter")
        await page.wait_for_url("**/nl-nl/cart**")
        for name, value in {**DETAILS, "email": email}.items():
            await tab_to(page, f"#{name}")
            await page.keyboard.type(value)
        await press("Enter")
        await page.locator("#payment").wait_for()
        await tab_to(page, "input[name=method]")
        for _ in range(4):
            if await page.locator("input[name=method][value=card]").is_checked():
                break
            await press("ArrowDown")
        await tab_to(page, ".then button")
        await press("Enter")
        await page.wait_for_url(f"{shop.sandbox_url}/**")
        for name, value in CARD.items():
            await tab_to(page, f"#{name}")
            await page.keyboard.type(value)
        await press("Enter")
        await all_is_well(visitor, email)


async def test_nothing_scrolls_sideways_at_320_px(shop: RunningShop, browser: Browser):
    wide: dict[str, int] = {}
    async with visiting(browser, shop, width=320, height=640) as visitor:

        async def look(name: str) -> None:
            if (too_wide := await visitor.sideways_px()) > 0:
                wide[name] = too_wide

        await visitor.open("/nl-nl/")
        await look("home")
        category = await visitor.page.locator("a[href*='/nl-nl/c/']").first.get_attribute("href")
        await visitor.open(str(category))
        await look("category")
        await (await visitor.find_with_a_typo()).first.scroll_into_view_if_needed()
        await look("search")
        await visitor.page.locator(".product-card a").first.click()
        await visitor.page.wait_for_url("**/nl-nl/p/**")
        await look("product")
        await visitor.page.get_by_role("button", name="In winkelmand").click()
        await visitor.page.wait_for_url("**/nl-nl/cart**")
        await look("cart")
        await visitor.give_details(email=new_email())
        await look("payment")
        await visitor.pay_with("card")
        await visitor.page.wait_for_url(f"{shop.sandbox_url}/**")
        await look("card form")
        await visitor.pay_by_card()
        await visitor.sees_the_confirmation()
        await look("confirmation")
        for path in ("/nl-nl/delivery", "/nl-nl/about", "/nl-nl/account/sign-in", "/nl-nl/no-such-page"):
            await visitor.open(path)
            await look(path)
    assert wide == {}
