"""A database outage stops buying, not looking: in a shop that runs, and in a web process that starts during it."""

import asyncio
import html
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

import httpx2
import psycopg
import pytest
from system.buyer import Buyer, new_key
from system.shop import ONE, SPLIT, RunningShop, running_shop

from springtide.channels.pages.translations import say
from springtide.platform.embedded.engines import Engines
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.testing import _in_thread, scratch_data_folder

SKU = "84879"
HERE = {"market": "NL", "language": "nl"}


@dataclass
class Power:
    """A PostgreSQL of the test's own, to switch off and on."""

    folder: DataFolder
    engines: Engines | None = None
    _running: AbstractContextManager[Engines] | None = field(default=None, repr=False)

    def on(self) -> Engines:
        self._running = _in_thread(self.folder, lambda _: None)
        again = self._running.__enter__()
        assert self.engines is None or self.engines == again, "it came back at another address"
        self.engines = again
        return again

    def off(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            running.__exit__(None, None, None)


@dataclass
class Outage:
    """A shop whose database can be taken away."""

    shop: RunningShop
    power: Power

    @contextmanager
    def now(self) -> Iterator[None]:
        self.power.off()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(self.shop.settings.database_url, connect_timeout=2)
        try:
            yield
        finally:
            self.power.on()


@pytest.fixture(scope="module")
def power() -> Iterator[Power]:
    """One PostgreSQL for both layouts: the demo shop is loaded into it once."""
    with scratch_data_folder() as folder:
        made = Power(folder)
        made.on()
        try:
            yield made
        finally:
            made.off()


@pytest.fixture(scope="module", params=[ONE, SPLIT])
def outage(request: pytest.FixtureRequest, power: Power, engines: Engines) -> Iterator[Outage]:
    """Run a shop on a PostgreSQL of the module's own; its bus is everybody's, and stays."""
    own = replace(power.engines, nats_url=engines.nats_url)
    with running_shop(own, request.param) as shop:
        wait_for_readmodel(shop)
        yield Outage(shop, power)


def wait_for_readmodel(shop: RunningShop) -> None:
    """Wait until the web process has kept its state on disk."""
    deadline = time.monotonic() + 30
    while not list((shop.folder / "data" / "readmodel").glob("*")):
        assert time.monotonic() < deadline, "nothing was kept on disk"
        time.sleep(0.1)


@pytest.fixture
async def own_client(outage: Outage) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=outage.shop.url, timeout=30) as client:
        yield client


def died_and_back(shop: RunningShop, deaths_before: int) -> None:
    """Wait until the killed process is gone and the one that follows it is ready."""
    deadline = time.monotonic() + 20
    while len(shop.deaths) == deaths_before:
        assert time.monotonic() < deadline, "nobody died"
        time.sleep(0.02)
    shop.wait_ready()


async def everything_to_see_is_there(client: httpx2.AsyncClient) -> None:
    found = await client.get("/api/products", params={**HERE, "q": "theelichthoder"})
    assert found.status_code == 200, found.text
    slug = found.json()["cards"][0]["slug"]
    listed = await client.get("/api/products", params=HERE)
    assert (listed.status_code, len(listed.json()["cards"])) == (200, 24)
    product = await client.get(f"/api/products/{slug}", params=HERE)
    assert product.status_code == 200
    assert product.json()["offers"][0]["price_minor"] > 0
    categories = (await client.get("/api/categories", params=HERE)).json()
    category = next(one["slug"] for one in categories if one["products"])
    pages = ("/readyz", "/nl-nl/", f"/nl-nl/c/{category}", f"/nl-nl/p/{slug}", "/nl-nl/search?q=theelicht")
    answers = {path: (await client.get(path, follow_redirects=True)).status_code for path in pages}
    assert answers == dict.fromkeys(pages, 200)


async def buying_is_refused_for_now(client: httpx2.AsyncClient) -> None:
    body = {"market": "NL", "locale": "nl", "lines": [{"sku": SKU, "quantity": 1}]}
    answer = await client.post("/api/carts", json=body, headers={"Idempotency-Key": new_key()})
    await is_honest_503(answer)
    is_readable_503(await send_form(client, "/nl-nl/cart/add", sku=SKU, quantity="1"))


async def send_form(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    origin = {"Origin": str(client.base_url).rstrip("/")}
    return await client.post(path, data={"key": new_key(), **fields}, headers=origin)


def is_readable_503(page: httpx2.Response) -> None:
    """A page in the buyer's language that says what goes on and when to come back."""
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (503, "text/html")
    assert int(page.headers["retry-after"]) >= 1
    assert '<html lang="nl"' in page.text
    assert say("nl", "error.buying_paused") in html.unescape(page.text)
    assert "Traceback" not in page.text


async def is_honest_503(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["status"] == 503


@pytest.mark.timeout(180)
async def test_browsing_goes_on_and_buying_comes_back(outage: Outage, own_client: httpx2.AsyncClient):
    buyer = Buyer(own_client)
    await buyer.fill_cart((SKU, 1))
    await buyer.give_details()
    assert (await send_form(own_client, "/nl-nl/cart/add", sku=SKU, quantity="1")).status_code == 303
    with outage.now():
        await everything_to_see_is_there(own_client)
        await buying_is_refused_for_now(own_client)
        key, path = new_key(), f"/api/carts/{buyer.cart['id']}/complete"
        await is_honest_503(await buyer.send("POST", path, buyer.purchase("invoice"), key=key))
        paying = {"method": "invoice", "total_minor": str(buyer.cart["quote"]["total_minor"])}
        is_readable_503(await send_form(own_client, "/nl-nl/cart/pay", **paying))
    done = await buyer.complete("invoice")
    assert done["step"] == "completed"
    assert (await outage.shop.check()).findings == []


@pytest.mark.timeout(180)
async def test_a_web_process_started_during_an_outage_serves_products(outage: Outage, own_client: httpx2.AsyncClient):
    with outage.now():
        before = len(outage.shop.deaths)
        outage.shop.kill("web")
        await asyncio.to_thread(died_and_back, outage.shop, before)
        await everything_to_see_is_there(own_client)
        await buying_is_refused_for_now(own_client)
    done = await Buyer(own_client).buy("invoice", (SKU, 1))
    assert done["step"] == "completed"
    assert (await outage.shop.check()).findings == []
