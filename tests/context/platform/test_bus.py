"""The bus while its server comes and goes: a NATS server of its own that the test may stop."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime

import msgspec
import pytest

from springtide.platform.bus import MAX_PAYLOAD_BYTES, Bus, BusUnavailable, Delivery, PayloadTooLarge, arrivals
from springtide.platform.embedded.folders import DataFolder
from springtide.platform.embedded.nats import NAME, Nats
from springtide.platform.embedded.port_book import PortBook
from springtide.platform.embedded.supervisor import Supervisor
from springtide.platform.embedded.testing import scratch_data_folder
from springtide.platform.events import Envelope
from springtide.platform.ids import uuid7
from springtide.platform.tasks import stopped
from tests.context.platform.probe import FactChanged, until

BusWith = Callable[[str], "asyncio.Future[Bus]"]
TYPES = [FactChanged.TYPE]


def envelope(value: int, *, size: int = 0) -> Envelope:
    return Envelope(
        id=uuid7(),
        type=FactChanged.TYPE,
        version=1,
        aggregate_id="a",
        aggregate_version=value,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        actor="system:test",
        cause="x" * size,
        trace="",
        market="",
        payload=msgspec.Raw(msgspec.json.encode(FactChanged(value=value))),
    )


def values(deliveries: list[Delivery]) -> list[int]:
    return [delivery.envelope.read(FactChanged).value for delivery in deliveries]


async def followed(bus: Bus, wanted: int, *, after: int | None = 0) -> list[Delivery]:
    """Follow until `wanted` events have come."""
    found: list[Delivery] = []
    async with asyncio.timeout(20), aclosing(bus.follow(TYPES, after_sequence=after)) as batches:  # type: ignore[type-var]
        async for batch in batches:
            found += batch
            if len(found) >= wanted:
                break
    return found


class OwnServer:
    """One NATS server in a folder of its own; always on the same port."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self._ports = PortBook(folder)
        self._nats = Nats(folder, self._ports, password="own", durable=False, say=lambda _: None)
        self._supervisor: Supervisor | None = None
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        folder = self.folder
        supervisor = Supervisor([self._nats.child()], logs=folder.logs, run=folder.run, say=lambda _: None)
        self._supervisor = await self._stack.enter_async_context(supervisor)
        self._ports.promise()

    async def stop(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    def kill(self) -> None:
        """End it the hard way; the supervisor starts it again."""
        assert self._supervisor is not None
        os.kill(self._supervisor.process_ids()[NAME], signal.SIGKILL)

    def forget_everything(self) -> None:
        shutil.rmtree(self.folder.nats)

    @property
    def url(self) -> str:
        return self._nats.url()


@asynccontextmanager
async def connected(server: OwnServer) -> AsyncIterator[Bus]:
    bus = Bus(server.url, name="test")
    await bus.open()
    try:
        yield bus
    finally:
        await bus.close()


@pytest.fixture
async def server() -> AsyncIterator[OwnServer]:
    with scratch_data_folder() as folder:
        own = OwnServer(folder)
        await own.start()
        yield own
        await own.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "IDLE_S", 0.3)


async def published(bus: Bus, value: int) -> bool:
    try:
        return bool(await bus.publish([envelope(value)]))
    except BusUnavailable:
        return False


async def test_who_serves_has_been_heard_of_by_the_server(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    transport = bus.connection.client._transport
    write, writelines = transport.write, transport.writelines
    monkeypatch.setattr(transport, "write", lambda line: (written.append(line), write(line)))
    monkeypatch.setattr(transport, "writelines", lambda lines: (written.extend(lines), writelines(lines)))
    async with bus.serving("probe", _nobody):
        subscribed = next(place for place, line in enumerate(written) if line.startswith(b"SUB "))
        assert b"PING\r\n" in written[subscribed:], written


async def _nobody(method: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    raise NotImplementedError


async def test_follow_starts_just_after_a_sequence(bus: Bus) -> None:
    await bus.publish([envelope(number) for number in range(1, 6)])
    sequence = (await followed(bus, 5))[1].sequence
    assert values(await followed(bus, 3, after=sequence)) == [3, 4, 5]


async def test_follow_from_now_on_sees_only_what_comes(bus: Bus) -> None:
    await bus.publish([envelope(1)])
    following = asyncio.create_task(followed(bus, 1, after=None))
    later = 2
    while not following.done():  # a subscription is there at some moment: from then on events arrive
        await bus.publish([envelope(later)])
        await asyncio.sleep(0.02)
    assert 1 not in values(await following)


async def test_after_a_restore_the_stream_begins_anew_and_everybody_notices(server: OwnServer) -> None:
    """Also a follower that had seen everything, and processes that made the stream before, under the old sequence."""
    first, second = envelope(1), envelope(2)
    async with connected(server) as bus:
        await bus.publish([first, second])
        newest = (await followed(bus, 2))[-1].sequence
        begins = await bus.begin_anew()
        assert begins > newest + 1
        with pytest.raises(BusUnavailable, match="read anew"):
            await followed(bus, 1, after=newest)
    async with connected(server) as other:
        assert await other.publish([first]) == [first]
        assert await other.last_sequence() == begins, "what was remembered against repeats went with the stream"
        assert values(await followed(other, 1, after=begins - 1)) == [1]


async def test_idle_follower_gets_empty_batches_to_look_after_itself(bus: Bus, hasty: None) -> None:
    async with asyncio.timeout(5), aclosing(bus.follow(TYPES, after_sequence=0)) as batches:  # type: ignore[type-var]
        assert await anext(batches) == []


async def test_repeated_publish_is_one_event(bus: Bus) -> None:
    once = envelope(1)
    assert await bus.publish([once, once]) == [once, once]
    assert await bus.publish([once]) == [once]
    assert await bus.last_sequence() == 1


async def test_event_that_was_not_acked_comes_again(bus: Bus) -> None:
    await bus.publish([envelope(1), envelope(2)])
    attempts: list[tuple[int, int]] = []
    async with asyncio.timeout(20), aclosing(bus.deliveries("again", TYPES)) as batches:  # type: ignore[type-var]
        async for batch in batches:
            for delivery in batch:
                attempts += [(values([delivery])[0], delivery.attempt)]
                if delivery.attempt == 1:
                    await delivery.retry_later(0.05)
                else:
                    await delivery.ack()
            if len(attempts) == 4:
                break
    assert sorted(attempts) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    await until(lambda: _lag_is(bus, "again", 0))


async def test_what_is_too_large_never_travels(bus: Bus) -> None:
    with pytest.raises(PayloadTooLarge):
        await bus.publish([envelope(1, size=MAX_PAYLOAD_BYTES)])
    with pytest.raises(PayloadTooLarge):
        await bus.call("probe", "say", b"x" * (MAX_PAYLOAD_BYTES + 1), {}, timeout_s=1)


async def test_namespaces_do_not_hear_each_other(bus: Bus, engines: object, server: OwnServer) -> None:
    first, second = Bus(server.url, name="a", namespace="one"), Bus(server.url, name="b", namespace="two")
    await first.open()
    await second.open()
    await first.publish([envelope(1)])
    assert (await first.last_sequence(), await second.last_sequence()) == (1, 0)
    await first.close()
    await second.close()


async def test_everything_goes_on_after_the_server_was_killed(server: OwnServer, hasty: None) -> None:
    async def answer(method: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        return body, {"status": "ok"}

    async with connected(server) as bus, bus.serving("probe", answer):
        await bus.publish([envelope(1)])
        server.kill()
        await until(lambda: published(bus, 2))
        assert set(values(await followed(bus, 2))) == {1, 2}
        await until(lambda: _answers(bus))


async def test_while_the_server_is_away_calls_are_refused_at_once(server: OwnServer) -> None:
    async with connected(server) as bus:
        await bus.publish([envelope(1)])
        await server.stop()
        await until(lambda: not bus.connected)
        with pytest.raises(BusUnavailable):
            await bus.call("probe", "say", b"", {}, timeout_s=5)
        with pytest.raises(BusUnavailable):
            await bus.last_sequence()
        await server.start()
        await until(lambda: bus.connected)
        assert await bus.last_sequence() == 1


async def test_bus_opens_while_the_server_is_away_and_connects_later(server: OwnServer) -> None:
    url = server.url
    await server.stop()
    bus = Bus(url, name="early")
    await bus.open(wait_s=0.1)
    assert not bus.connected
    with pytest.raises(BusUnavailable):
        await bus.publish([envelope(1)])
    await server.start()
    await until(lambda: published(bus, 1))
    await bus.close()


async def test_follower_of_a_restarted_server_is_told_to_follow_again(server: OwnServer, hasty: None) -> None:
    async with connected(server) as bus:
        await bus.publish([envelope(1)])
        async with asyncio.timeout(30), aclosing(bus.follow(TYPES, after_sequence=0)) as batches:  # type: ignore[type-var]
            assert values(await anext(batches)) == [1]
            await server.stop()
            await server.start()
            with pytest.raises(BusUnavailable):  # noqa: PT012 - the block is what must not be left
                async for batch in batches:
                    assert batch == []
        await until(lambda: published(bus, 2))
        assert values(await followed(bus, 1, after=1)) == [2]


async def test_follower_that_lost_an_event_is_told_to_follow_again(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    await bus.publish([envelope(1)])
    next_batch, losses = arrivals.next_batch, [1]

    async def lose_one(*arguments: object) -> list[Delivery]:
        batch = await next_batch(*arguments)  # type: ignore[arg-type]
        return batch if not losses or losses.pop() == 0 else await next_batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(arrivals, "next_batch", lose_one)
    following = asyncio.create_task(followed(bus, 9))
    number = 2
    while not following.done():
        await bus.publish([envelope(number)])
        number += 1
    with pytest.raises(BusUnavailable, match="lost"):
        await following


async def test_server_that_came_back_empty_gets_its_stream_again(server: OwnServer, hasty: None) -> None:
    taken: list[int] = []

    async def take(bus: Bus) -> None:
        while True:
            with suppress(BusUnavailable):
                async for batch in bus.deliveries("taker", TYPES):
                    taken.extend(values(batch))
                    for delivery in batch:
                        await delivery.ack()
            await asyncio.sleep(0.05)

    async with connected(server) as bus:
        taking = asyncio.create_task(take(bus))
        await bus.publish([envelope(1)])
        await until(lambda: taken == [1])
        await server.stop()
        server.forget_everything()
        await server.start()
        await until(lambda: published(bus, 2))
        await until(lambda: 2 in taken)
        await stopped([taking])


async def _lag_is(bus: Bus, consumer: str, wanted: int) -> bool:
    return await bus.consumer_lag(consumer) == wanted


async def _answers(bus: Bus) -> bool:
    with suppress(BusUnavailable):
        return (await bus.call("probe", "say", b"hello", {}, timeout_s=2)).data == b"hello"
    return False
