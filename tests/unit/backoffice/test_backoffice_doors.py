"""Every route of the back office, by its door: who is nobody is led to the sign-in, who may nothing is refused."""

import re
from uuid import UUID

import pytest

from springtide.channels.backoffice.areas import ROUTES
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

_PARAMETER = re.compile(r"\{\w+:(\w+)\}")
SOMETHING = str(UUID(int=7))
OPEN = {"/sign-in", "/peak/script/{name:str}"}
"""Doors without a lock: the way in, and a script that is the same for everybody."""
FOR_ALL_STAFF = {"/sign-out"}


def address(path: str) -> str:
    """Return an address of a route: something for every parameter."""
    parts = (
        SOMETHING if part.endswith(":uuid}") else "x" if part.startswith("{") else part for part in path.split("/")
    )
    return "/".join(parts)


def doors(method: str) -> list[str]:
    return sorted({path for one in ROUTES if method in one.http_methods for path in one.paths})


def test_there_are_doors_of_both_kinds() -> None:
    assert len(doors("GET")) > 30
    assert len(doors("POST")) > 35


@pytest.mark.parametrize("path", [path for path in doors("POST") if path not in OPEN | FOR_ALL_STAFF])
async def test_staff_without_a_permission_write_nothing(path: str, browser_of: BrowserOf, shop: FakeShop) -> None:
    browser = browser_of("nothing.much")
    answer = await browser.post(address(path), {})
    assert (answer.status, shop.writes()) == (403, [])


@pytest.mark.parametrize("path", [path for path in (*doors("GET"), *doors("POST")) if path not in OPEN])
async def test_nobody_gets_no_further_than_the_sign_in(path: str, app: object, shop: FakeShop) -> None:
    browser = Browser(app)  # type: ignore[arg-type]  # the framework types its scope closer than ASGI
    method = browser.get if path in doors("GET") else lambda where: browser.post(where, {})
    answer = await method(address(path))
    assert (answer.status, answer.location.partition("?")[0]) == (303, "/sign-in")
    assert shop.writes() == []
