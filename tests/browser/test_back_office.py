"""The back office in a real browser: sign in, find an order, ship a line, refund a line, see who did what."""

import pytest
from browser.conftest import STAFF_PASSWORD
from browser.visitor import Visitor
from playwright.async_api import Page, expect
from system.buyer import Buyer
from system.shop import RunningShop
from system.test_first_order import CARD


@pytest.fixture
async def order(buyer: Buyer) -> dict:
    """An order of two lines by card: authorised, nothing shipped."""
    waiting = await buyer.buy("card", ("84879", 2), ("85123A", 1))
    await buyer.pay_at_the_bank(waiting["redirect_url"], CARD)
    done = await buyer.standing(waiting["checkout_id"])
    assert done["step"] == "completed"
    return done


async def sign_in(page: Page, shop: RunningShop, email: str) -> None:
    await page.goto(f"{shop.office_url}/")
    await page.locator("#email").fill(email)
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Orders")).to_be_visible()


async def open_order(page: Page, number: str) -> None:
    """Find the order by its number and open it."""
    await page.keyboard.press("/")
    await page.locator("[data-search]").fill(number)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=number).click()
    await expect(page.get_by_role("heading", name=f"Order {number}")).to_be_visible()


async def settled(page: Page, term: str, amount: str) -> None:
    """Load again until a sum of the payment is there: the gateway was asked in the background."""
    for _ in range(40):
        found = await page.locator(f"dt:text-is('{term}') + dd").first.inner_text()
        if found.replace("\u00a0", " ") == amount:
            return
        await page.wait_for_timeout(250)
        await page.reload()
    raise AssertionError(f"{term} stays {found}, not {amount}")


async def test_an_order_is_found_shipped_and_refunded(shop: RunningShop, visitor: Visitor, owner: str, order: dict):
    page, number = visitor.page, order["order_number"]
    await sign_in(page, shop, owner)
    await open_order(page, number)
    total = (await page.locator("dt:text-is('To pay') + dd").inner_text()).replace("\u00a0", " ")

    await page.locator("#ship summary").click()
    await page.locator("#ship input[name=quantity-2]").fill("0")
    await page.locator("#ship input[name=quantity-1]").fill("2")
    await page.locator("#ship input[name=tracking]").fill("3SABCD001")
    await page.get_by_role("button", name="Ship these units").click()
    await expect(page.locator("td.code", has_text="3SABCD001")).to_be_visible()
    await settled(page, "Captured", total)

    await page.locator("#refund summary").click()
    await page.locator("#refund input[name=quantity-1]").fill("1")
    await page.locator("#refund input[name=reason]").fill("one arrived broken")
    await page.locator("#refund form button").click()
    await expect(page.get_by_role("heading", name="Changed after the sale")).to_be_visible()
    await expect(page.locator("td", has_text="one arrived broken").first).to_be_visible()
    refund = await page.locator("section", has_text="Changed after the sale").locator("td.number").last.inner_text()
    await settled(page, "Refunded", refund.replace("\u00a0", " ").lstrip("-\u2212"))

    await page.get_by_role("link", name="Audit rows of this order").click()
    rows = await page.locator("tbody tr").all_inner_texts()
    assert any("order shipped" in row for row in rows)
    assert any("refund" in row and "one arrived broken" in row for row in rows)
    visitor.behaved()
    assert (await shop.check()).findings == []


async def test_nothing_is_shown_without_signing_in(shop: RunningShop, visitor: Visitor, order: dict):
    for path in ("/orders", f"/orders/{order['order_id']}", "/stock", "/audit", "/staff"):
        await visitor.page.goto(f"{shop.office_url}{path}")
        await expect(visitor.page.get_by_role("heading", name="Sign in to the back office")).to_be_visible()
        assert order["order_number"] not in await visitor.page.content()
    visitor.behaved()
