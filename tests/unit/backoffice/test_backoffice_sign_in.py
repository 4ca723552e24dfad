"""Signing in, being led on, navigation by role, and who is kept out."""

import pytest

from springtide.channels.backoffice import create_app, sessions
from springtide.channels.backoffice.navigation import TASKS
from springtide.contexts.customers.domain.roles import SCOPES
from springtide.contracts.customers.api import CustomersApi, Role, SignInThrottled, WrongCredentials
from springtide.edge.probes import Probes
from springtide.platform.caller import Kind
from springtide.platform.errors import Unavailable
from tests.unit.backoffice.browser import Answer, Browser, form_of
from tests.unit.backoffice.conftest import BrowserOf
from tests.unit.backoffice.office_fakes import FakeShop

PASSWORD = "a long enough password"


@pytest.fixture
def stranger(app: Probes) -> Browser:
    return Browser(app)


async def _try(browser: Browser, path: str = "/sign-in", **more: str) -> Answer:
    fields = form_of(await browser.get(path), "/sign-in")
    return await browser.post("/sign-in", {**fields, "email": "ruth@example.org", "password": PASSWORD, **more})


async def test_sign_in_sets_a_cookie_no_script_reads_and_leads_on(stranger: Browser, shop: FakeShop) -> None:
    token = shop.signed_in("*")
    shop.answers["customers.staff_sign_in"] = shop.sessions[token]
    answer = await stranger.get("/orders?market=NL")
    assert (answer.status, answer.location) == (303, "/sign-in?next=%2Forders%3Fmarket%3DNL")
    answer = await _try(stranger, answer.location)
    assert (answer.status, answer.location) == (303, "/orders?market=NL")
    session = next(line for line in answer.set_cookies if line.startswith(sessions.SESSION_COOKIE)).lower()
    assert "httponly" in session
    assert "samesite=lax" in session
    assert token not in answer.text
    [asked] = shop.asked("customers.staff_sign_in")
    assert (asked["email"], asked["password"], asked["source"]) == ("ruth@example.org", PASSWORD, "127.0.0.1")
    assert (await stranger.get("/orders")).status == 200


async def test_https_makes_the_cookie_secure(shop: FakeShop) -> None:
    app = create_app(shop.ask, secret_key="s" * 32, office_url="https://office.test:8001", shop_url="https://shop.test")
    shop.answers["customers.staff_sign_in"] = shop.sessions[shop.signed_in("*")]
    answer = await _try(Browser(app))
    assert "secure" in next(line for line in answer.set_cookies if sessions.SESSION_COOKIE in line).lower()


@pytest.mark.parametrize(
    "onward", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/a\n"]
)
async def test_sign_in_leads_nowhere_else(stranger: Browser, shop: FakeShop, onward: str) -> None:
    shop.answers["customers.staff_sign_in"] = shop.sessions[shop.signed_in("*")]
    answer = await _try(stranger, next=onward)
    assert answer.location in {"/", "/a"}


async def test_wrong_credentials_say_neither_which(stranger: Browser, shop: FakeShop) -> None:
    shop.refusals["customers.staff_sign_in"] = WrongCredentials()
    answer = await _try(stranger)
    assert answer.status == 401
    assert "do not match an active account" in answer.text
    assert 'value="ruth@example.org"' in answer.text
    assert PASSWORD not in answer.text
    assert sessions.SESSION_COOKIE not in stranger.cookies


async def test_throttled_sign_in_says_how_long(stranger: Browser, shop: FakeShop) -> None:
    shop.refusals["customers.staff_sign_in"] = SignInThrottled(retry_after_s=240)
    answer = await _try(stranger)
    assert (answer.status, answer.headers["retry-after"]) == (429, "240")
    assert "Wait 4 minutes" in answer.text


async def test_sign_in_without_its_own_page_is_refused(stranger: Browser, shop: FakeShop) -> None:
    fields = {"email": "ruth@example.org", "password": PASSWORD}
    assert (await stranger.post("/sign-in", fields)).status == 403
    answer = await stranger.get("/sign-in")
    foreign = await stranger.post("/sign-in", {**form_of(answer, "/sign-in"), **fields}, origin="https://evil.test")
    assert foreign.status == 403
    assert not shop.asked("customers.staff_sign_in")


async def test_sign_in_while_customers_is_away(stranger: Browser, shop: FakeShop) -> None:
    shop.refusals["customers.staff_sign_in"] = Unavailable(retry_after_s=3)
    answer = await _try(stranger)
    assert (answer.status, answer.headers["retry-after"]) == (503, "3")


async def test_sign_out_ends_the_session_and_forgets_it(owner: Browser, shop: FakeShop) -> None:
    await owner.get("/orders")
    token = owner.cookies[sessions.SESSION_COOKIE]
    answer = await owner.post("/sign-out", {})
    assert (answer.status, answer.location) == (303, "/sign-in")
    assert [asked["token"] for asked in shop.asked("customers.sign_out")] == [token]
    assert sessions.SESSION_COOKIE not in owner.cookies
    assert "You are signed out" in (await owner.get("/sign-in")).text
    assert "You are signed out" not in (await owner.get("/sign-in")).text


async def test_sign_out_from_another_site_is_refused(owner: Browser, shop: FakeShop) -> None:
    answer = await owner.post("/sign-out", {}, origin="https://evil.test")
    assert answer.status == 403
    assert not shop.asked("customers.sign_out")


async def test_session_is_asked_once_in_a_few_seconds(owner: Browser, shop: FakeShop) -> None:
    await owner.get("/orders")
    await owner.get("/products")
    assert len(shop.asked("customers.session")) == 1


async def test_session_that_ended_is_noticed(owner: Browser, shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "KEPT_FOR_S", 0.0)
    assert (await owner.get("/orders")).status == 200
    shop.sessions.clear()
    answer = await owner.get("/orders")
    assert (answer.status, answer.location) == (303, "/sign-in?next=%2Forders")
    assert sessions.SESSION_COOKIE not in owner.cookies


async def test_remembered_sessions_are_bounded(shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_KEPT", 2)
    known = sessions.Sessions(shop.ask(CustomersApi))
    tokens = [shop.signed_in("*") for _ in range(3)]
    for token in [*tokens, tokens[2], tokens[0]]:
        await known.find(token, "")
    assert [asked["token"] for asked in shop.asked("customers.session")] == [*tokens, tokens[0]]


async def test_session_of_a_buyer_does_not_open_the_office(shop: FakeShop, stranger: Browser) -> None:
    stranger.cookies[sessions.SESSION_COOKIE] = shop.signed_in("*", kind=Kind.CUSTOMER)
    answer = await stranger.get("/orders")
    assert (answer.status, answer.location) == (303, "/sign-in?next=%2Forders")
    assert not shop.asked("orders.list_orders")


@pytest.mark.parametrize("role", list(Role))
async def test_role_sees_its_tasks_and_no_others(browser_of: BrowserOf, role: Role) -> None:
    browser = browser_of(*SCOPES[role])
    start = await browser.get("/")
    page = await browser.get(start.location)
    for task in TASKS:
        answer = await browser.get(task.path)
        shown = f'<a href="{task.path}"' in page.text.split("</nav>")[0]
        assert answer.status == (200 if shown else 403), task.path
    assert '<a href="/products"' in page.text


async def test_owner_sees_everything_and_others_do_not(browser_of: BrowserOf) -> None:
    text = (await browser_of("*").get("/orders")).text
    assert all(f'<a href="{task.path}"' in text for task in TASKS)
    text = (await browser_of("orders.read").get("/orders")).text
    for path in ("/shipping", "/prices", "/customers", "/staff", "/audit", "/differences"):
        assert f'<a href="{path}"' not in text


async def test_page_without_the_scope_is_a_problem_page(browser_of: BrowserOf, shop: FakeShop) -> None:
    answer = await browser_of("orders.read").get("/staff")
    assert answer.status == 403
    assert 'content="scope_missing"' in answer.text
    assert "staff.write" in answer.text
    assert '<a href="/orders"' in answer.text
    assert not shop.asked("customers.list_staff")
