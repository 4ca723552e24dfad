"""Keys wait until they have settled, every cache is told, and a cache that is away is told when it is back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from fakes.edges import SERVICE, TOKEN, FakeEdge, cloudflare_wire, fastly_wire, varnish_wire
from fakes.serving import served

from springtide.channels.browse import keys
from springtide.channels.browse.stale import Stale
from springtide.commands import purge_command
from springtide.contracts.inventory.api import Availability, Band
from springtide.contracts.pricing.api import Price
from springtide.edge import purge
from springtide.edge.purge import SETTLE_S, Edge, PurgeFailed
from springtide.edge.purge.purger import Outlet, Purger
from springtide.platform.caching import EVERYTHING_KEY
from springtide.platform.tasks import stopped
from springtide.settings import EdgeCache, Settings
from springtide.settings.reading import SettingsProblem, load
from tests.unit.browse.goods import CARD, LANTERN, filled_shelf, until

WIRES: dict[str, tuple[Callable[[FakeEdge, Any], Any], Callable[[str, str], Edge]]] = {
    "varnish": (varnish_wire, lambda url, token: purge.varnish("v", url, token=token)),
    "fastly": (fastly_wire, lambda url, token: purge.fastly("f", service=SERVICE, token=token, url=url)),
    "cloudflare": (cloudflare_wire, lambda url, token: purge.cloudflare("c", zone=SERVICE, token=token, url=url)),
}


@pytest.fixture(params=WIRES)
def provider(request: pytest.FixtureRequest) -> Iterator[tuple[FakeEdge, str, Callable[[str, str], Edge]]]:
    wire, make = WIRES[request.param]
    cache = FakeEdge(wire)
    with served(lambda _: cache) as url:
        yield cache, url, make


async def test_a_cache_forgets_what_carries_a_key(provider: tuple[FakeEdge, str, Callable[[str, str], Edge]]) -> None:
    cache, url, make = provider
    cache.keep("/a", "front", "p-1")
    cache.keep("/b", "front", "p-2")
    cache.keep("/c", "front", "p-3")
    edge = make(url, TOKEN)
    await edge.purge(["p-1", "p-2"])
    assert set(cache.pages) == {"/c"}
    assert cache.calls == [["p-1", "p-2"]]
    await edge.purge([f"p-{number}" for number in range(edge.keys_per_call)])
    await edge.close()


async def test_a_refusal_is_no_purge(provider: tuple[FakeEdge, str, Callable[[str, str], Edge]]) -> None:
    cache, url, make = provider
    cache.keep("/a", "p-1")
    stranger = make(url, "another-token")
    with pytest.raises(PurgeFailed):
        await stranger.purge(["p-1"])
    edge = make(url, TOKEN)
    with pytest.raises(PurgeFailed):
        await edge.purge([])
    cache.trouble = [503]
    with pytest.raises(PurgeFailed):
        await edge.purge(["p-1"])
    nobody = make("http://127.0.0.1:9", TOKEN)
    with pytest.raises(PurgeFailed):
        await nobody.purge(["p-1"])
    for made in (stranger, edge, nobody):
        await made.close()
    assert set(cache.pages) == {"/a"}


async def test_cloudflare_is_not_believed_by_its_status() -> None:
    cache = FakeEdge(cloudflare_wire)
    with served(lambda _: cache) as url:
        edge = purge.cloudflare("c", zone=SERVICE, token=TOKEN, url=url)
        with pytest.raises(PurgeFailed, match="too many tags"):
            await edge.purge([f"p-{number}" for number in range(101)])
        await edge.close()


class Recorder:
    """An edge in memory: `fail` calls are refused first."""

    name = "recorder"
    keys_per_call = 3

    def __init__(self, fail: int = 0) -> None:
        self.fail = fail
        self.calls: list[tuple[float, list[str]]] = []

    async def purge(self, asked: list[str]) -> None:
        if self.fail:
            self.fail -= 1
            msg = "away"
            raise PurgeFailed(msg)
        self.calls.append((asyncio.get_running_loop().time(), list(asked)))

    async def close(self) -> None:
        pass

    def purged(self) -> list[str]:
        return sorted(key for _, call in self.calls for key in call)


@pytest.fixture
async def purging() -> AsyncIterator[Callable[..., Purger]]:
    tasks: list[asyncio.Task[None]] = []

    def start(*edges: Recorder) -> Purger:
        purger = Purger(edges)  # type: ignore[arg-type]
        tasks.append(asyncio.create_task(purger.run()))
        return purger

    yield start
    await stopped(tasks)


async def test_changes_are_purged_together_once_they_have_settled(purging: Callable[..., Purger]) -> None:
    one, other = Recorder(), Recorder()
    purger = purging(one, other)
    noted = asyncio.get_running_loop().time()
    purger.note(["a", "b"])
    purger.note(["b", "c", "d"])
    await until(lambda: len(one.purged()) == 4 and len(other.purged()) == 4)
    for edge in (one, other):
        assert edge.purged() == ["a", "b", "c", "d"]
        assert len(edge.calls) == 2
        assert edge.calls[0][0] - noted >= SETTLE_S


async def test_a_cache_that_is_away_is_told_when_it_is_back_and_keeps_nobody_waiting(
    purging: Callable[..., Purger],
) -> None:
    away, there = Recorder(fail=2), Recorder()
    purger = purging(away, there)
    purger.note(["a"])
    await until(lambda: there.purged() == ["a"])
    assert away.calls == []
    await until(lambda: away.purged() == ["a"])


async def test_who_leaves_says_what_was_left_to_say() -> None:
    edge = Recorder()
    purger = Purger([edge])  # type: ignore[list-item]
    task = asyncio.create_task(purger.run())
    await asyncio.sleep(0)
    purger.note(["a"], slowly=True)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert edge.purged() == ["a"]


async def test_what_changes_again_while_it_waits_is_purged_again_after_it_has_settled() -> None:
    outlet = Outlet(Recorder())  # type: ignore[arg-type]
    now = asyncio.get_running_loop().time()
    outlet.note(["a"], SETTLE_S)
    outlet._waiting["a"].due = now  # as if it had been noted 0.8 s ago, and again just now
    assert outlet.take(now) == ["a"]
    assert outlet.take(now + SETTLE_S / 2) == []
    assert outlet.take(now + SETTLE_S + 0.1) == ["a"]
    assert outlet.take(now + 100) == []


async def test_very_many_keys_become_one() -> None:
    outlet = Outlet(Recorder())  # type: ignore[arg-type]
    outlet.note([f"p-{number}" for number in range(1_001)], 10.0)
    now = asyncio.get_running_loop().time()
    assert outlet.take(now + SETTLE_S + 0.1) == [EVERYTHING_KEY]


class Noted:
    def __init__(self) -> None:
        self.fast: set[str] = set()
        self.slow: set[str] = set()

    def __call__(self, stale: Any, *, slowly: bool = False) -> None:
        (self.slow if slowly else self.fast).update(stale)


@pytest.fixture
def noted() -> Noted:
    return Noted()


def test_a_price_makes_the_product_and_the_lists_of_its_market_wrong(noted: Noted) -> None:
    shelf = filled_shelf()
    shelf.watcher = Stale(shelf, noted)
    shelf.put_price(Price(market="GB", sku="L1", gross_minor=1, version=9))
    expected = {keys.offer(LANTERN.id, "GB"), "s-gb", "c-home-gb"}
    assert noted.fast >= expected
    assert all(key.endswith("-gb") for key in noted.fast)
    assert noted.slow == set()
    assert keys.product(LANTERN.id) not in noted.fast


def test_a_band_makes_the_product_wrong_and_lists_slowly(noted: Noted) -> None:
    shelf = filled_shelf()
    shelf.watcher = Stale(shelf, noted)
    shelf.put_band(Availability(market="NL", sku="C1", band=Band.SOLD_OUT, version=9))
    assert noted.fast == {keys.offer(CARD.id, "NL")}
    assert "s-nl" in noted.slow


def test_nothing_new_makes_nothing_wrong(noted: Noted) -> None:
    shelf = filled_shelf()
    shelf.watcher = Stale(shelf, noted)
    for price in list(shelf.prices()):
        shelf.put_price(price, overwrite=True)
    assert shelf.front is not None
    shelf.put_front(shelf.front)
    assert (noted.fast, noted.slow) == (set(), set())


def test_a_product_that_moves_makes_the_lists_it_leaves_and_enters_wrong(noted: Noted) -> None:
    shelf = filled_shelf()
    shelf.watcher = Stale(shelf, noted)
    before = shelf.products[CARD.id]
    shelf.put_product(type(CARD)(**{**_fields(CARD), "version": 9, "category": "lanterns"}))
    markets = ("gb", "nl", "se")
    lists = {f"c-{key}-{market}" for key in (before.category, "lanterns", "home") for market in markets}
    assert noted.fast == {keys.product(CARD.id), "categories", *(f"s-{market}" for market in markets), *lists}
    noted.fast.clear()
    shelf.drop_product(CARD.id)
    assert keys.product(CARD.id) in noted.fast


def _fields(product: Any) -> dict[str, Any]:
    return {name: getattr(product, name) for name in product.__struct_fields__}


def test_the_command_tells_every_node_and_says_who_did_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    cache = FakeEdge(varnish_wire)
    cache.keep("/a", "front")
    cache.keep("/static/x.css", "static")
    with served(lambda _: cache) as url:
        there = EdgeCache(name="near", provider="varnish", urls=(url,), token=TOKEN)
        gone = EdgeCache(name="gone", provider="varnish", urls=("http://127.0.0.1:9",), token=TOKEN)
        options = type("Options", (), {"all": True, "key": None})()
        assert purge_command.run(Settings(edges=(there,)), options) == 0
        assert cache.pages == {}
        assert purge_command.run(Settings(edges=(there, gone)), options) == 1
        assert purge_command.run(Settings(), options) == 1
    said = capsys.readouterr()
    assert "near-1: purged front static" in said.out
    assert "gone-1: not purged" in said.err


def test_settings_of_edges_name_every_mistake() -> None:
    edges = '[{"name": "x", "provider": "akamai"}, {"name": "v", "provider": "varnish", "token": "t"}]'
    environment = {
        "SPRINGTIDE_EDGES": edges,
        "SPRINGTIDE_EDGE_KEEP_S": "0",
        "SPRINGTIDE_ASSETS_URL": "https://cdn.example.org/path",
    }
    with pytest.raises(SettingsProblem) as problem:
        load(environment)
    for line in ("x: provider akamai", "x: token", "v: urls", "EDGE_KEEP_S", "ASSETS_URL"):
        assert line in str(problem.value)
