"""Whatever a form is sent: no 5xx, every refusal by name, and nothing changed by it."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from random import Random
from urllib.parse import urlencode

import pytest

from springtide.channels.backoffice.tickets import KEY_FIELD, SEAL_FIELD, new_ticket
from tests.conftest import SECRET, NodeWith
from tests.context.forms.crawl import Form, forms_of
from tests.context.forms.hostile import BODIES, URLENCODED, VALUES, Wish, complaint, wishes
from tests.context.forms.open_shop import OpenShop, buyer, open_shop, session_of, staff
from tests.unit.backoffice.browser import ORIGIN, Answer, Browser

SEED = 20_111_209
FEW = 2
"""Of each form's wishes, in the default run."""
ALL = 10_000
OFFICE_PAGES = (
    "/orders",
    "/products/new",
    "/products",
    "/stock",
    "/stock/inbound",
    "/stock/item?sku=D-05",
    "/prices/item?sku=D-05",
    "/prices/promotions",
    "/prices/vouchers",
    "/customers",
    "/staff",
    "/gateways",
    "/differences",
    "/audit",
    "/peak",
    "/peak/overrides",
    "/peak/history",
    "/peak/bookings",
    "/peak/input?name=company.toml",
)
SHOP_PAGES = ("/en-nl/p/lantern-d-05", "/en-nl/cart", "/en-nl/cart?edit=1", "/en-nl/account", "/en-nl/account/sign-in")
OFFICE_NAMES = ('name="problem"', 'role="alert"')
SHOP_NAMES = ("error-summary", 'class="waiting"', '"code"')
TICKET = (KEY_FIELD, SEAL_FIELD)
LEAVES = ("/sign-out", "/en-nl/account/sign-out", "/en-nl/account/delete")
"""Forms that end the session all others need."""


@dataclass
class Sender:
    """Sends forms of one site as one person."""

    browser: Browser
    names: Sequence[str]
    seal: Callable[[Wish], Wish]
    most: int
    complaints: list[str] = field(default_factory=list)

    async def send(self, target: str, body: bytes, why: str, media_type: str = URLENCODED) -> int:
        """Send a body; return the status, and note what is wrong with the answer."""
        kept = dict(self.browser.cookies)
        answer = await self.browser.send(target, body, origin=ORIGIN, **{"content-type": media_type})
        self.browser.cookies = kept  # an answer to a hostile form changes nobody's session or cart
        self.note(f"{target} [{why}]", answer)
        return answer.status

    async def look(self, pages: Sequence[str], fields: Sequence[str]) -> None:
        """Open pages with odd values in their address."""
        for page, name, value in product(pages, fields, VALUES):
            address = f"{page}?{urlencode({name: value[:1_500]})}"
            self.note(address[:120], await self.browser.get(address))

    def note(self, what: str, answer: Answer) -> None:
        """Keep what is wrong with an answer."""
        wrong = complaint(answer, self.names)
        self.complaints += [f"{what} {wrong}"] if wrong else []

    async def send_all(self, forms: dict[str, Form]) -> list[tuple[str, Wish]]:
        """Send every form its wishes; return what was refused."""
        chance, wanted = Random(SEED), []
        for _, form in sorted(forms.items()):
            found = list(wishes(form, TICKET, chance=chance))
            wanted += [(form.target, wish) for wish in chance.sample(found, min(self.most, len(found)))]
        return await self.refused(wanted)

    async def refused(self, wanted: list[tuple[str, Wish]]) -> list[tuple[str, Wish]]:
        """Send these; return those that are refused."""
        return [one for one in wanted if await self.send(one[0], self.seal(one[1]).body, one[1].why) >= 400]


@pytest.fixture
async def shop(node_with: NodeWith) -> AsyncIterator[OpenShop]:
    async with open_shop(node_with) as running:
        yield running


def office_sender(browser: Browser, most: int) -> Sender:
    def seal(wish: Wish) -> Wish:
        """Give a wish a ticket of its own, as a page loaded anew would."""
        ticket = new_ticket(SECRET, session_of(browser))
        rest = tuple(pair for pair in wish.pairs if pair[0] not in TICKET)
        return Wish((*rest, *zip(TICKET, ticket, strict=True)), wish.why)

    return Sender(browser, OFFICE_NAMES, seal, most)


def shop_sender(browser: Browser, most: int) -> Sender:
    """Return who sends forms of the shop: without their keys, so that each is a wish of its own."""
    return Sender(browser, SHOP_NAMES, lambda wish: wish, most)


async def survive(shop: OpenShop, sender: Sender, forms: dict[str, Form]) -> None:
    """Send the forms everything; nothing breaks, and what is refused changes nothing."""
    refused = await sender.send_all(forms)
    assert len({target for target, _ in refused}) > len(forms) // 3, "many forms refuse something"
    refused = await sender.refused(refused)  # without those that what was done meanwhile makes welcome
    before = await shop.digest()
    assert await sender.refused(refused) == refused
    after = await shop.digest()
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    for number, (media_type, body) in enumerate(BODIES):
        await sender.send(next(iter(forms.values())).target, body, f"body {number}", media_type)
    assert sender.complaints == [], "\n".join(sender.complaints)


async def found(browser: Browser, pages: Sequence[str]) -> dict[str, Form]:
    """Return the forms of a site by what they are for, without those that end the session all others need."""
    return {key: form for key, form in (await forms_of(browser, *pages)).items() if key not in LEAVES}


async def test_forms_refuse_by_name_and_change_nothing(shop: OpenShop) -> None:
    anna = shop_sender(await buyer(shop), FEW)
    owner = office_sender(await staff(shop), FEW)
    of_shop, of_office = await found(anna.browser, SHOP_PAGES), await found(owner.browser, OFFICE_PAGES)
    assert (len(of_shop) >= 8, len(of_office) >= 25) == (True, True)
    await owner.look(("/sign-in",), ("next",))
    await survive(shop, owner, of_office)
    await survive(shop, anna, of_shop)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_everything_that_can_be_wrong_with_a_form_of_the_office(shop: OpenShop) -> None:
    await buyer(shop)
    owner = office_sender(await staff(shop), ALL)
    await owner.look(
        ("/orders", "/products", "/stock", "/sales", "/visits", "/audit", "/customers", "/prices/item", "/peak/input"),
        ("q", "after", "before", "days", "as_of", "by", "sku", "market", "context", "version", "name", "lang"),
    )
    await survive(shop, owner, await found(owner.browser, OFFICE_PAGES))


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_everything_that_can_be_wrong_with_a_form_of_the_shop(shop: OpenShop) -> None:
    anna = shop_sender(await buyer(shop), ALL)
    await anna.look(
        ("/en-nl/search", "/en-nl/c/drill", "/en-nl/suggest", "/en-nl/cart", "/switch", "/en-nl/account"),
        ("q", "from", "to", "is", "sort", "page", "category", "path", "removed", "after", "next"),
    )
    await survive(shop, anna, await found(anna.browser, SHOP_PAGES))
