"""Missed events: the read side over a NATS server of its own that loses what it had."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from springtide.channels.browse import Browse, browsing
from springtide.contracts.catalog.api import Product
from springtide.contracts.catalog.events import ProductChangedEvent
from springtide.platform.bus import Bus, arrivals
from springtide.platform.embedded.testing import scratch_data_folder
from tests.context.platform.test_bus import OwnServer, connected
from tests.unit.browse.goods import LANTERN, Contexts, FakeBus, until

HEALED_WITHIN_S = 20.0


class Truthful(Contexts):
    """Contexts whose snapshots name the stream's newest sequence; `after_snapshot` runs once the last page was read."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self.bus = bus
        self.after_snapshot: Callable[[], Awaitable[None]] | None = None

    def ask(self, api: type[Any]) -> Any:
        return _Truthful(self, super().ask(api))


class _Truthful:
    def __init__(self, contexts: Truthful, served: Any) -> None:
        self._contexts, self._served = contexts, served

    async def snapshot(self, **arguments: Any) -> Any:
        self._contexts.sequence = await self._contexts.bus.last_sequence()
        return await self._served.snapshot(**arguments)

    async def list_categories(self, **arguments: Any) -> Any:
        return await self._served.list_categories(**arguments)

    async def shop_front(self, **arguments: Any) -> Any:
        """Answer the last question of a snapshot."""
        once, self._contexts.after_snapshot = self._contexts.after_snapshot, None
        if once is not None:
            await once()
        return await self._served.shop_front(**arguments)


class Shop:
    """A read side, the stream it follows, and the contexts it reads snapshots from."""

    def __init__(self, browse: Browse, bus: Bus, contexts: Truthful, product: Product) -> None:
        self.browse, self.bus, self.contexts, self._product = browse, bus, contexts, product

    def rename(self, name: str) -> Product:
        """Rename the product where it belongs; no event is published."""
        changed = msgspec.structs.replace(self._product, version=self._product.version + 1, names={"en": name})
        others = [one for one in self.contexts.products if one.id != changed.id]
        self.contexts.products = [*others, changed]
        self._product = changed
        return changed

    async def publish(self, product: Product) -> None:
        written = FakeBus()
        written.emit(ProductChangedEvent(product=product))
        await self.bus.publish(written.events)

    async def shows(self, name: str, *, within_s: float) -> None:
        await until(lambda: self.browse.product(self._product.id, "en").name == name, within_s=within_s)


@pytest.fixture
async def server() -> AsyncIterator[OwnServer]:
    with scratch_data_folder() as folder:
        own = OwnServer(folder)
        await own.start()
        yield own
        await own.stop()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "IDLE_S", 0.3)


@asynccontextmanager
async def opened(server: OwnServer) -> AsyncIterator[Shop]:
    async with connected(server) as bus:
        contexts = Truthful(bus)
        async with browsing(ask=contexts.ask, bus=bus, folder=None) as browse:
            await until(lambda: browse.ready, within_s=15)
            yield Shop(browse, bus, contexts, LANTERN)


async def test_a_bus_that_came_back_empty_is_answered_with_a_snapshot(server: OwnServer) -> None:
    async with opened(server) as shop:
        await shop.publish(shop.rename("Seen by event"))
        await shop.shows("Seen by event", within_s=HEALED_WITHIN_S)
        await server.stop()
        server.forget_everything()
        shop.rename("Its event is lost")
        await server.start()
        await shop.shows("Its event is lost", within_s=HEALED_WITHIN_S)
        await shop.publish(shop.rename("Seen by event again"))
        await shop.shows("Seen by event again", within_s=HEALED_WITHIN_S)


async def test_a_bus_that_was_killed_loses_nothing_that_is_not_healed(server: OwnServer) -> None:
    async with opened(server) as shop:
        await shop.publish(shop.rename("Before"))
        await shop.shows("Before", within_s=HEALED_WITHIN_S)
        server.kill()
        shop.rename("Its event is lost")
        await shop.shows("Its event is lost", within_s=HEALED_WITHIN_S)


async def test_events_purged_before_they_were_followed_are_healed_by_another_snapshot(server: OwnServer) -> None:
    async with opened(server) as shop:

        async def lose_an_event() -> None:
            await shop.publish(shop.rename("Its event is purged"))
            stream = await shop.bus.stream()
            await stream.purge_stream(shop.bus.events.name)

        shop.contexts.after_snapshot = lose_an_event
        server.kill()  # makes the follower take a snapshot; the event comes after its pages were read
        await until(lambda: shop.contexts.after_snapshot is None, within_s=HEALED_WITHIN_S)
        await shop.shows("Its event is purged", within_s=HEALED_WITHIN_S)


async def test_a_stream_begun_anew_between_snapshot_and_following_is_noticed(server: OwnServer) -> None:
    async with opened(server) as shop:
        for number in range(5):
            await shop.publish(shop.rename(f"Name {number}"))
        await shop.shows("Name 4", within_s=HEALED_WITHIN_S)

        async def begin_anew() -> None:
            await shop.bus.drop_stream()
            await shop.publish(shop.rename("In the new stream"))

        shop.contexts.after_snapshot = begin_anew
        server.kill()
        await until(lambda: shop.contexts.after_snapshot is None, within_s=HEALED_WITHIN_S)
        await shop.shows("In the new stream", within_s=HEALED_WITHIN_S)
