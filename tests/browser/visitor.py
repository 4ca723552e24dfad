"""Somebody in front of Chromium, and what the browser did behind their back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request
from system.shop import RunningShop

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 20_000
CARD = {"number": "4242 4242 4242 4242", "expiry": "12/30", "cvc": "123"}
DETAILS = {
    "email": "anna@example.com",
    "name": "Anna de Vries",
    "line1": "Oudegracht 1",
    "postcode": "3511 AB",
    "city": "Utrecht",
}
THANKS = "Bedankt voor je bestelling"


@dataclass
class Visitor:
    """One page, the shop it looks at, every host it asked and every complaint on its console."""

    page: Page
    shop: RunningShop
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def note_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in {"data", "blob"}:
            self.hosts.add(urlsplit(request.url).netloc)

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({self.page.url})")

    def note_error(self, error: Exception) -> None:
        self.complaints.append(f"{error} ({self.page.url})")

    def behaved(self) -> None:
        """Nobody but the shop, its office and the gateway was asked, and nothing complained."""
        ours = {urlsplit(url).netloc for url in (self.shop.url, self.shop.sandbox_url, self.shop.office_url)}
        assert self.hosts <= ours
        assert self.complaints == []

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.shop.url}{path}")

    async def find_with_a_typo(self) -> Locator:
        """Search as people type; return the links to the products found."""
        await self.open("/nl-nl/")
        await self.page.locator("input[type=search]:visible").first.fill("theelichthoder")
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url("**/nl-nl/search?**")
        found = self.page.locator(".product-card a")
        assert "theelicht" in (await found.first.inner_text()).lower()
        return found

    async def put_in_cart(self, number: int) -> str:
        """Put the n-th product found into the cart; return its name."""
        await (await self.find_with_a_typo()).nth(number).click()
        name = await self.page.locator("h1").inner_text()
        await self.page.get_by_role("button", name="In winkelmand").click()
        await self.page.wait_for_url("**/nl-nl/cart**")
        return name

    async def give_details(self, **changes: str) -> None:
        for name, value in {**DETAILS, **changes}.items():
            await self.page.locator(f"#{name}").fill(value)
        await self.page.get_by_role("button", name="Verder").click()
        await self.page.locator("#payment").wait_for()

    async def pay_with(self, method: str) -> None:
        await self.page.locator(f"input[name=method][value={method}]").check()
        await self.page.locator(".then button:visible").click()

    async def pay_by_card(self) -> None:
        """Fill the gateway's own form, on its own origin."""
        await self.page.wait_for_url(f"{self.shop.sandbox_url}/**")
        for name, value in CARD.items():
            await self.page.locator(f"#{name}").fill(value)
        await self.page.locator("button[value=pay]").click()

    async def pay_at_the_bank(self) -> None:
        await self.page.wait_for_url(f"{self.shop.sandbox_url}/**")
        await self.page.locator("input[name=bank]").first.check()
        await self.page.locator("form[method=get] button").click()
        await self.page.locator("button[value=approve]").click()

    async def sees_the_confirmation(self) -> str:
        """Return the order's number as the page says it."""
        await self.page.get_by_role("heading", name=THANKS).wait_for()
        assert urlsplit(self.page.url).path.startswith("/nl-nl/orders/")
        line = await self.page.locator("[role=status] .size-3").inner_text()
        return line.split()[-1].strip(".")

    async def sideways_px(self) -> int:
        """Return by how many pixels the page is wider than the screen."""
        found: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return found


@asynccontextmanager
async def visiting(
    browser: Browser,
    shop: RunningShop,
    *,
    script: bool = True,
    width: int = 1440,
    height: int = 1000,
    user_agent: str | None = None,
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(
        java_script_enabled=script,
        viewport={"width": width, "height": height},
        locale="nl-NL",
        user_agent=user_agent,
    )
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(await context.new_page(), shop)
    visitor.page.on("request", visitor.note_request)
    visitor.page.on("console", visitor.note_console)
    visitor.page.on("pageerror", visitor.note_error)
    try:
        yield visitor
    finally:
        await context.close()
