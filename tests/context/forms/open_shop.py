"""A whole shop in this process: its contexts, its two channels, goods to sell, somebody of staff."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from springtide.bootstrap import Node
from springtide.bootstrap.channels import channel
from springtide.channels.backoffice.sessions import SESSION_COOKIE
from springtide.contracts.customers.api import CustomersApi, Role
from springtide.contracts.inventory.api import InventoryApi, Supplier
from springtide.contracts.pricing.api import PricingApi
from springtide.edge.asgi import App
from springtide.platform.caller import system
from springtide.platform.usecase import new_key
from springtide.rehearsal.drill.goods import load_goods, load_voucher
from springtide.settings import CONTEXTS
from tests.conftest import NodeWith
from tests.unit.backoffice.browser import Browser, form_of

CALLER = system("test")
PASSWORD = "seven quiet lanterns on a shelf"
OWNER = "owner@example.org"
GATEWAYS = [{"name": "invoice", "provider": "invoice", "markets": {"NL": ["invoice"]}}]
PRODUCT = "/en-nl/p/lantern-d-05"
PRICE_MINOR, DELIVERY_MINOR = 835, 495
ADDRESS = {"line1": "Damrak 1", "postcode": "1012 LG", "city": "Amsterdam", "country": "NL"}

_MOVING = (
    "outbox",
    "inbox",
    "inbox_version",
    "idempotency",
    "relay_lease",
    "test_clock",
    "reconciliation",
    "suspicion",
)
_COUNTING = ("throttles", "answer_minute", "gateway_sight")
"""Tables of the machinery, and those that count what was asked, refused or not."""
_TABLES = """
select format('%%I.%%I', nspname, relname) from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = any(%s) and relkind in ('r', 'p') and not relispartition
and relname <> all(%s) and relname not like 'procrastinate%%'
"""


@dataclass
class OpenShop:
    """The shop: its node, and its two channels."""

    node: Node
    web: App
    office: App
    tables: list[str] = field(default_factory=list)

    async def digest(self) -> Mapping[str, str]:
        """Return table -> digest of its rows: what must not change when something is refused."""
        async with await psycopg.AsyncConnection.connect(self.node.settings.database_url) as connection:
            if not self.tables:
                found = await connection.execute(_TABLES, [list(CONTEXTS), [*_MOVING, *_COUNTING]])
                self.tables = [name for (name,) in await found.fetchall()]
            parts = " union all ".join(
                f"select '{name}', coalesce(md5(string_agg(t::text, '' order by t::text)), '') from {name} t"  # noqa: S608 - names of ours
                for name in self.tables
            )
            rows = await (await connection.execute(parts)).fetchall()
        return dict(rows)


@asynccontextmanager
async def open_shop(node_with: NodeWith) -> AsyncIterator[OpenShop]:
    """Open a shop of twelve products with staff, a voucher, a supplier; buyers can pay by invoice."""
    node = await node_with(*CONTEXTS, background=True, gateways=GATEWAYS, default_market="NL")
    await load_goods(node.ask)
    supplier = Supplier(key="makers", name="Makers", country="NL", lead_time_days=14)
    await node.ask(InventoryApi).put_supplier(caller=CALLER, key=new_key(), supplier=supplier)
    await node.ask(CustomersApi).add_staff(
        caller=CALLER, key=new_key(), email=OWNER, name="Owner", password=PASSWORD, roles=(Role.OWNER,)
    )
    async with channel("web", node) as web, channel("backoffice", node) as office:
        shop = OpenShop(node, web, office)
        visitor = Browser(web)

        deadline = asyncio.get_running_loop().time() + 20
        while 'action="/en-nl/cart/add"' not in (page := await visitor.get(PRODUCT)).text:
            assert asyncio.get_running_loop().time() < deadline, page.text
            await asyncio.sleep(0.02)
        await load_voucher(node.ask(PricingApi))
        yield shop


async def staff(shop: OpenShop, email: str = OWNER) -> Browser:
    """Return the browser of a member of staff who is signed in."""
    browser = Browser(shop.office)
    fields = form_of(await browser.get("/sign-in"), "/sign-in")
    answer = await browser.post("/sign-in", {**fields, "email": email, "password": PASSWORD})
    assert answer.status == 303, answer.text
    return browser


def session_of(browser: Browser) -> str:
    return browser.cookies[SESSION_COOKIE]


async def buyer(shop: OpenShop) -> Browser:
    """Return the browser of a customer who has bought two lanterns, and has two more in the cart."""
    browser = Browser(shop.web)
    person = {"email": "anna@example.com", "password": PASSWORD, "name": "Anna"}
    await _send(browser, "account/sign-up", person)
    await _send(browser, "account/sign-in", person)
    await _fill_cart(browser)
    where = await _send(
        browser, "cart/pay", {"method": "invoice", "total_minor": str(2 * PRICE_MINOR + DELIVERY_MINOR)}
    )
    deadline = asyncio.get_running_loop().time() + 20
    while "/orders/" not in where:
        assert asyncio.get_running_loop().time() < deadline, where
        await asyncio.sleep(0.05)
        where = (await browser.get(where)).location or where
    await _fill_cart(browser)
    return browser


async def _fill_cart(browser: Browser) -> None:
    await _send(browser, "cart/add", {"sku": "D-05", "quantity": "2"})
    details = {"email": "anna@example.com", "name": "Anna", **ADDRESS, "shipping_method": "standard"}
    await _send(browser, "cart/details", {**details, "billing_same": "yes"})


async def _send(browser: Browser, action: str, fields: Mapping[str, str]) -> str:
    answer = await browser.post(f"/en-nl/{action}", fields)
    assert answer.status == 303, f"{action}: {answer.text}"
    return answer.location
