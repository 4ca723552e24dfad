"""Pictures of the demo shop as Chromium shows it, for the documents; each page is also a page that has to be there.

`PICTURES_FOLDER=docs/pictures pytest tests/browser/test_pictures.py` keeps them; without it they go to a folder that
is thrown away.
"""

import os
from pathlib import Path

import httpx2
import pytest
from browser.test_back_office import open_order, sign_in
from browser.visitor import Visitor, visiting
from playwright.async_api import Browser
from system.buyer import ADDRESSES, Buyer
from system.shop import RunningShop
from system.test_first_order import CARD

from springtide.bootstrap import running
from springtide.contracts.orders.api import OrdersApi
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.settings import CONTEXTS

KEPT = os.environ.get("PICTURES_FOLDER")
LARGEST_BYTES = 200_000
BUYERS = (
    ("NL", "Bram Bakker", "bank_redirect", ("22423", 1), ("84879", 4)),
    ("GB", "Grace Hill", "card", ("85123A", 6), ("22720", 1)),
    ("SE", "Lars Lund", "invoice", ("84879", 2), ("21212", 3)),
    ("NL", "Fleur Visser", "card", ("85123A", 2), ("47566", 1)),
    ("GB", "Owen Price", "invoice", ("22086", 2), ("84879", 8)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = Path(KEPT) if KEPT else tmp_path
    place.mkdir(parents=True, exist_ok=True)
    return place


async def picture(visitor: Visitor, folder: Path, name: str, *, at: str = "body") -> None:
    """Take what is on the screen with a part of the page in sight, once its pictures are there."""
    await visitor.page.wait_for_load_state("networkidle")
    await visitor.page.locator(at).evaluate("part => part.scrollIntoView({block: 'start', behavior: 'instant'})")
    file = folder / f"{name}.png"
    await visitor.page.screenshot(path=file)
    assert file.stat().st_size > 5_000
    assert not KEPT or file.stat().st_size <= LARGEST_BYTES, f"{name}: {file.stat().st_size} bytes"


@pytest.mark.parametrize(("width", "height"), [(1440, 1000), (320, 640)])
async def test_pictures_of_the_shop(shop: RunningShop, browser: Browser, folder: Path, width: int, height: int):
    async with visiting(browser, shop, width=width, height=height) as visitor:

        async def take(name: str, *, at: str = "body") -> None:
            await picture(visitor, folder, f"shop-{name}-{width}", at=at)

        await visitor.open("/nl-nl/")
        await take("home")
        category = await visitor.page.locator("a[href*='/nl-nl/c/']").nth(1).get_attribute("href")
        await visitor.open(str(category))
        await take("category")
        await (await visitor.find_with_a_typo()).first.wait_for()
        await take("search")
        await visitor.put_in_cart(2)
        await visitor.page.go_back()
        await take("product")
        await visitor.put_in_cart(0)
        await take("cart")
        await visitor.give_details()
        await take("checkout", at="#payment")
        await visitor.pay_with("card")
        await visitor.page.wait_for_url(f"{shop.sandbox_url}/**")
        await take("card-form")
        await visitor.pay_by_card()
        await visitor.sees_the_confirmation()
        await take("confirmation")
        visitor.behaved()


@pytest.fixture
async def orders(shop: RunningShop, client: httpx2.AsyncClient) -> list[str]:
    """Numbers of orders of several buyers, one of them shipped."""
    done = []
    for market, name, method, *lines in BUYERS:
        buyer = Buyer(client, market=market, locale={"NL": "nl", "GB": "en", "SE": "sv"}[market])
        buyer.email = f"{name.split()[0].lower()}@example.com"
        await buyer.fill_cart(*lines)
        await buyer.give_details(address={**ADDRESSES[market], "name": name})
        answer = await buyer.complete(method)
        if answer["step"] == "awaiting_buyer":
            form = CARD if method == "card" else {"act": "approve"}
            await buyer.pay_at_the_bank(answer["redirect_url"], form)
            answer = await buyer.standing(answer["checkout_id"])
        done.append(answer)
    async with running(shop.settings, CONTEXTS, background=False, serve=False) as node:
        await node.ask(OrdersApi).ship(
            caller=system("warehouse"),
            key=new_key(),
            order_id=done[1]["order_id"],
            lines={1: 6},
            carrier="royal_mail",
            tracking="RM000111222GB",
        )
    return [row["order_number"] for row in done]


async def test_pictures_of_the_back_office(
    shop: RunningShop, visitor: Visitor, owner: str, orders: list[str], folder: Path
):
    await sign_in(visitor.page, shop, owner)
    await picture(visitor, folder, "office-orders-1440")
    await open_order(visitor.page, orders[1])
    await picture(visitor, folder, "office-order-1440")
    for name in ("stock", "audit"):
        await visitor.page.goto(f"{shop.office_url}/{name}")
        await picture(visitor, folder, f"office-{name}-1440")
    visitor.behaved()
