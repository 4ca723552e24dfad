"""A running shop with its back office, and Chromium looking at it."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from browser.visitor import CHROMIUM, Visitor, visiting
from playwright.async_api import Browser, async_playwright
from system.buyer import Buyer
from system.shop import SPLIT_WITH_OFFICE, WITH_OFFICE, RunningShop, running_shop

from springtide.bootstrap import running
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.platform.caller import system
from springtide.platform.embedded.engines import Engines
from springtide.platform.usecase import new_key

STAFF_PASSWORD = "a long pass phrase of the owner"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here; without Chromium it is skipped, with one line that says what to do."""
    missing = pytest.mark.skip(reason=f"{CHROMIUM} is missing: apt-get install chromium")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists():
                item.add_marker(missing)


@pytest.fixture(scope="session", params=[WITH_OFFICE, SPLIT_WITH_OFFICE])
def shop(request: pytest.FixtureRequest, engines: Engines) -> Iterator[RunningShop]:
    with running_shop(engines, request.param) as started:
        yield started


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running_browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running_browser
        await running_browser.close()


@pytest.fixture
async def visitor(shop: RunningShop, browser: Browser) -> AsyncIterator[Visitor]:
    """A buyer with script on a wide screen."""
    async with visiting(browser, shop) as found:
        yield found


@pytest.fixture
async def client(shop: RunningShop) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=shop.url, timeout=30) as found:
        yield found


@pytest.fixture
def buyer(client: httpx2.AsyncClient) -> Buyer:
    return Buyer(client)


@pytest.fixture(scope="session")
async def owner(shop: RunningShop) -> str:
    """Return the e-mail address of an owner of the shop."""
    email = f"owner-{secrets.token_hex(3)}@springtide.example"
    async with running(shop.settings, {"customers"}, background=False, serve=False) as node:
        await node.ask(CustomersApi).add_staff(
            caller=system("test"),
            key=new_key(),
            email=email,
            name="Olga Owner",
            password=STAFF_PASSWORD,
            roles=(Role.OWNER,),
        )
    return email
