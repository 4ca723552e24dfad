"""The statistics form and the beacon: who says no is counted and known by nothing, who says yes is one visit."""

from browser.conftest import STAFF_PASSWORD
from browser.visitor import Visitor, visiting
from playwright.async_api import Browser, Page
from system.shop import RunningShop

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""Headless Chromium says that it is a machine, and machines are not counted."""
STATISTICS, VISIT = "statistics", "visit"


async def cookies(visitor: Visitor) -> dict[str, str]:
    urls = [visitor.shop.url, f"{visitor.shop.url}/api/insight/events"]
    found = await visitor.page.context.cookies(urls)
    return {cookie["name"]: cookie["value"] for cookie in found}


async def says(visitor: Visitor, answer: str) -> None:
    """Answer the form at the foot of the front page; that page comes again and is told of."""
    await visitor.open("/nl-nl/")
    async with visitor.page.expect_response("**/api/insight/events"):
        await visitor.page.get_by_role("button", name=answer, exact=True).click()


async def looks_at_a_product(visitor: Visitor) -> None:
    found = await visitor.find_with_a_typo()
    async with visitor.page.expect_response("**/api/insight/events"):
        await found.first.click()


async def products_shown(office: Page, shop: RunningShop) -> tuple[int, int]:
    """Return how often the page Visits says that products were looked at, and in how many visits that agreed."""
    await office.goto(f"{shop.office_url}/visits")
    row = office.locator("tr", has=office.locator("th", has_text="Products looked at"))
    if not await row.count():
        return 0, 0
    counted, agreed = await row.first.locator("td.number").all_inner_texts()
    return int(counted.replace(",", "")), int(agreed.replace(",", ""))


async def becomes(office: Page, shop: RunningShop, wanted: tuple[int, int]) -> None:
    """Look again until the page shows it: pages are added up for two seconds before insight hears of them."""
    for _ in range(60):
        shown = await products_shown(office, shop)
        if shown == wanted:
            return
        await office.wait_for_timeout(250)
    raise AssertionError(f"{shown}, not {wanted}")


async def test_who_says_no_has_no_visit_and_who_says_yes_is_one(shop: RunningShop, browser: Browser, owner: str):
    async with visiting(browser, shop) as staff:
        await staff.page.goto(f"{shop.office_url}/")
        await staff.page.locator("#email").fill(owner)
        await staff.page.locator("#password").fill(STAFF_PASSWORD)
        await staff.page.get_by_role("button", name="Sign in").click()
        await staff.page.get_by_role("heading", name="Orders").wait_for()
        counted, agreed = await products_shown(staff.page, shop)

        async with visiting(browser, shop, user_agent=BROWSER) as visitor:
            await says(visitor, "Nee")
            await looks_at_a_product(visitor)
            assert (await cookies(visitor)).get(STATISTICS) == "no"
            assert VISIT not in await cookies(visitor)
            visitor.behaved()
        await becomes(staff.page, shop, (counted + 1, agreed))

        async with visiting(browser, shop, user_agent=BROWSER) as visitor:
            await says(visitor, "Ja, tel mijn bezoek")
            await looks_at_a_product(visitor)
            await looks_at_a_product(visitor)
            assert (await cookies(visitor))[STATISTICS] == "yes"
            assert VISIT in await cookies(visitor)
            visitor.behaved()
        await becomes(staff.page, shop, (counted + 3, agreed + 1))
