from collections.abc import Callable

import pytest

from springtide.channels.backoffice import create_app
from springtide.edge.probes import Probes
from tests.unit.backoffice.browser import ORIGIN, Browser
from tests.unit.backoffice.office_fakes import FakeShop

SECRET = "a-secret-key-for-tests-0123456789abcdef"
BrowserOf = Callable[..., Browser]


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop()


@pytest.fixture
def app(shop: FakeShop) -> Probes:
    return create_app(shop.ask, secret_key=SECRET, office_url=ORIGIN, shop_url="http://shop.test:8000")


@pytest.fixture
def browser_of(shop: FakeShop, app: Probes) -> BrowserOf:
    """`browser_of("orders.read")` is a browser whose staff session holds these scopes."""

    def signed_in(*scopes: str) -> Browser:
        browser = Browser(app)
        browser.cookies["springtide_staff"] = shop.signed_in(*scopes)
        return browser

    return signed_in


@pytest.fixture
def owner(browser_of: BrowserOf) -> Browser:
    return browser_of("*")
