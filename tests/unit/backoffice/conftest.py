from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State

from springtide.channels.backoffice import app as office_app
from springtide.channels.backoffice import create_app
from springtide.edge.probes import Probes
from springtide.platform.http import make_app
from tests.unit.backoffice.browser import ORIGIN, Browser
from tests.unit.backoffice.office_fakes import FakeShop

SECRET = "a-secret-key-for-tests-0123456789abcdef"
BrowserOf = Callable[..., Browser]


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop()


class _Routed:
    """`make_app` that reads the routes once for all tests: what an application learns while it runs is in its state."""

    def __init__(self) -> None:
        self._made: Litestar | None = None

    def __call__(self, routes: Sequence[Any], *, state: Mapping[str, Any], **options: Any) -> Litestar:
        self._made = self._made or make_app(routes, **options)
        own = copy(self._made)
        own.state = State(dict(state), deep_copy=False)
        return own


_routed = _Routed()


@pytest.fixture
def app(shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> Probes:
    monkeypatch.setattr(office_app, "make_app", _routed)
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
