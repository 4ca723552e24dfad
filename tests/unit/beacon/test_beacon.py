"""The beacon: what is kept of a page's word, what is forgotten, and that nothing of it slows or breaks the shop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from springtide.channels.beacon import PATH, Beacon
from springtide.channels.beacon.app import MOST_A_MINUTE
from springtide.channels.beacon.buffer import Buffer
from springtide.channels.beacon.events import cleaned, device_of, is_bot, where
from springtide.channels.browse.views import Found
from springtide.contracts.insight.api import MOST_PAGES, MOST_VISITS, Batch, Device, Step
from springtide.platform.errors import BadInput, Unavailable
from springtide.platform.vitals import Vitals

ORDER = UUID("01931f00-0000-7000-8000-00000000000a")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Mobile/15E148 Safari/604.1"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


class FakeBrowse:
    ready = True

    def markets(self) -> tuple[Any, ...]:
        return (type("Market", (), {"key": "GB"}), type("Market", (), {"key": "NL"}))

    def product_by_slug(self, language: str, slug: str) -> Found | None:
        return Found("x") if slug == "white-heart" else None  # type: ignore[arg-type]

    category_by_slug = product_by_slug


class FakeInsight:
    def __init__(self) -> None:
        self.calls: list[tuple[str, Batch]] = []
        self.error: Exception | None = None

    async def record(self, *, caller: Any, key: str, batch: Batch) -> None:
        self.calls.append((key, batch))
        if self.error is not None:
            raise self.error


class Client:
    """A browser at the beacon: it keeps the cookies it is sent."""

    def __init__(self, vitals: Vitals | None = None) -> None:
        self.insight = FakeInsight()
        self.now = NOW
        self.app = Beacon(
            FakeBrowse(),  # type: ignore[arg-type]
            self.insight,  # type: ignore[arg-type]
            public_url="http://shop",
            vitals=vitals or Vitals(),
            now=lambda: self.now,
        )
        self.cookies: dict[str, str] = {}

    async def post(self, *events: dict[str, Any], agent: str = LAPTOP, raw: bytes | None = None, **headers: str) -> Any:
        body = msgspec.json.encode({"events": events}) if raw is None else raw
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"user-agent": agent, "origin": "http://shop", **({"cookie": cookie} if cookie else {}), **headers}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://shop") as http:  # type: ignore[arg-type]
            answer = await http.post(PATH, content=body, headers=sent)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        return answer

    def batch(self) -> Batch:
        return self.app.buffer.batch() or Batch()


@pytest.fixture
def client() -> Client:
    return Client()


def page(path: str, **more: Any) -> dict[str, Any]:
    return {"kind": "page", "path": path, **more}


async def test_without_consent_only_counts_and_no_cookie(client: Client) -> None:
    answer = await client.post(page("/en-gb/p/white-heart", entry=True), agent=PHONE)
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    batch = client.batch()
    assert {(one.step, one.device, one.market, one.counted) for one in batch.seen} == {
        (Step.VISIT, Device.PHONE, "GB", 1),
        (Step.PRODUCT, Device.PHONE, "GB", 1),
    }
    assert [(one.page, one.views) for one in batch.pages] == [("product/white-heart", 1)]
    assert not batch.visits
    assert not batch.orders


async def test_a_purchase_without_consent_is_tied_to_nobody(client: Client) -> None:
    await client.post(page(f"/en-gb/orders/{ORDER}", thanks=True))
    batch = client.batch()
    assert not batch.orders
    assert [one.page for one in batch.pages] == ["order"]
    assert str(ORDER).encode() not in msgspec.json.encode(batch)


async def test_with_consent_a_visit_has_an_id_until_midnight(client: Client) -> None:
    client.cookies["statistics"] = "yes"
    first = await client.post(page("/en-gb", entry=True))
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=1800", f"Path={PATH}"):
        assert part in first.headers["set-cookie"], part
    known = client.cookies["visit"]
    await client.post(page("/en-gb/p/white-heart"), page("/en-gb/cart", filled=True))
    await client.post(page(f"/en-gb/orders/{ORDER}", thanks=True))
    assert client.cookies["visit"] == known
    (visit,) = client.batch().visits
    assert set(visit.steps) == {Step.VISIT, Step.PRODUCT, Step.CART, Step.ORDER}
    assert [(one.order_id, one.visit) for one in client.batch().orders] == [(ORDER, visit.visit)]
    assert {one.step for one in client.batch().seen} == {Step.VISIT, Step.PRODUCT}  # the rest comes from facts
    client.now = NOW.replace(day=23)
    await client.post(page("/en-gb"))
    assert client.cookies["visit"].partition(".")[2] != known.partition(".")[2]


async def test_an_order_that_is_looked_at_again_is_no_purchase(client: Client) -> None:
    client.cookies["statistics"] = "yes"
    await client.post(page(f"/en-gb/orders/{ORDER}"))
    assert not client.batch().orders


async def test_a_consent_taken_back_ends_the_visit(client: Client) -> None:
    client.cookies.update({"statistics": "no", "visit": "20261122." + "a" * 32})
    answer = await client.post(page("/en-gb"))
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not client.batch().visits


@pytest.mark.parametrize("made_up", ["x", "20261122.short", "20261122." + "Z" * 32, "20200101." + "a" * 32])
async def test_a_made_up_visit_is_replaced(client: Client, made_up: str) -> None:
    client.cookies.update({"statistics": "yes", "visit": made_up})
    await client.post(page("/en-gb"))
    (visit,) = client.batch().visits
    assert visit.visit != made_up.partition(".")[2]


async def test_searches_with_and_without_results(client: Client) -> None:
    for words, results in (("Red  Heart", 12), ("red heart", 0), ("jan@example.org", 0), ("0612345678", 0)):
        await client.post({"kind": "search", "path": "/nl-nl/search", "words": words, "results": results})
    batch = client.batch()
    assert [(one.words, one.searches, one.without_results) for one in batch.searches] == [("red heart", 2, 1)]
    assert [(one.step, one.counted) for one in batch.seen] == [(Step.SEARCH, 4)]


@pytest.mark.parametrize(
    "agent", ["", "Googlebot/2.1 (+http://www.google.com/bot.html)", "curl/8.9", "HeadlessChrome/1"]
)
async def test_machines_are_not_counted(client: Client, agent: str) -> None:
    assert (await client.post(page("/en-gb", entry=True), agent=agent)).status_code == 204
    assert client.batch() == Batch()


async def test_what_the_catalogue_does_not_know_is_not_counted(client: Client) -> None:
    await client.post(page("/en-gb/p/made-up"), page("/en-gb/c/made-up"), page("/xx-yy"), page("/"))
    assert client.batch() == Batch()


@pytest.mark.parametrize(
    ("raw", "status"),
    [(b"", 400), (b"{", 400), (b'{"events": [{"kind": "cart"}]}', 400), (b'{"events": [], "x": 1}', 400),
     (b" " * 9_000, 413)],
)  # fmt: skip
async def test_what_is_no_beacon_is_refused_and_changes_nothing(client: Client, raw: bytes, status: int) -> None:
    answer = await client.post(raw=raw)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.batch() == Batch()


async def test_another_site_cannot_count(client: Client) -> None:
    assert (await client.post(page("/en-gb"), origin="https://elsewhere.example")).status_code == 403
    assert client.batch() == Batch()


async def test_who_sends_too_much_is_held_back_and_counted(client: Client) -> None:
    for _ in range(MOST_A_MINUTE + 5):
        assert (await client.post(page("/en-gb"))).status_code == 204
    batch = client.batch()
    assert sum(one.views for one in batch.pages) == MOST_A_MINUTE
    assert batch.dropped == 5


def test_the_buffer_is_bounded_and_says_what_it_dropped() -> None:
    buffer = Buffer()
    for number in range(MOST_PAGES + 7):
        buffer.page("GB", f"product/{number}")
    for number in range(MOST_VISITS + 2):
        buffer.visit(f"{number:032x}", "GB", Device.PHONE, ())
    batch = buffer.batch()
    assert batch is not None
    assert (len(batch.pages), len(batch.visits), batch.dropped) == (MOST_PAGES, MOST_VISITS, 9)
    assert len(msgspec.msgpack.encode(batch)) < 256 * 1024


async def test_while_insight_is_away_the_same_batch_waits_under_its_key(client: Client) -> None:
    await client.app.flush()
    assert not client.insight.calls
    await client.post(page("/en-gb", entry=True))
    client.insight.error = Unavailable("away")
    await client.app.flush()
    await client.post(page("/en-gb"))
    await client.app.flush()
    client.insight.error = None
    await client.app.flush()
    await client.app.flush()
    keys = [key for key, _ in client.insight.calls]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert client.insight.calls[0][1] == client.insight.calls[2][1]
    assert [one.views for one in client.insight.calls[3][1].pages] == [1]


async def test_a_batch_that_is_refused_stands_in_nobodys_way(client: Client) -> None:
    await client.post(page("/en-gb"))
    client.insight.error = BadInput("no")
    await client.app.flush()
    client.insight.error = None
    await client.app.flush()
    assert len(client.insight.calls) == 1


async def test_answers_to_buyers_are_told_by_minute() -> None:
    vitals = Vitals()
    vitals.answered("shop_api", "POST", 200, 0.01)  # before the beacon began
    client = Client(vitals)
    vitals.answered("shop_api", "POST", 200, 0.01)
    vitals.answered("storefront", "POST", 503, 0.01)
    await client.app.flush()
    ((_, batch),) = client.insight.calls
    assert [(one.at, one.good, one.bad) for one in batch.minutes] == [(NOW.replace(second=0), 1, 1)]


async def test_a_beacon_costs_little(client: Client) -> None:
    body = msgspec.json.encode({"events": [page("/en-gb/p/white-heart", entry=True)]})
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "headers": [(b"user-agent", LAPTOP.encode()), (b"origin", b"http://shop"), (b"host", b"shop")],
        "client": ("10.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Any) -> None: ...

    with cpu_time() as spent:
        for number in range(1_000):
            await client.app({**scope, "client": (f"10.0.{number // 250}.{number % 250}", 1)}, receive, send)
    assert spent[0] < 0.5  # half a millisecond of CPU each would be ten times what it is


@contextmanager
def cpu_time() -> Iterator[list[float]]:
    spent = [0.0]
    before = time.process_time()
    yield spent
    spent[0] = time.process_time() - before


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (PHONE, Device.PHONE),
        (LAPTOP, Device.COMPUTER),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Mobile/15E148", Device.TABLET),
        ("Mozilla/5.0 (Linux; Android 15; SM-X710) Chrome/140 Safari/537.36", Device.TABLET),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile Safari/537.36", Device.PHONE),
    ],
)
def test_devices(agent: str, device: Device) -> None:
    assert device_of(agent) is device
    assert not is_bot(agent)


def test_addresses_keep_no_number_of_anybody() -> None:
    found = where(f"/sv-se/orders/{ORDER}/documents/2026-1")
    assert (found.place, found.kind, found.name, found.order_id) == ("sv-se", "order", "", ORDER)
    assert where("/sv-se/account/addresses/3").kind == "account"
    assert where("/sv-se/what/ever").kind == "other"


@pytest.mark.parametrize("words", ["a@b.example", "tel 06 1234 5678", "x" * 61, "a\x07b"])
def test_words_that_could_be_somebodys_own_are_dropped(words: str) -> None:
    assert cleaned(words) == ""
