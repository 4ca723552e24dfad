"""The fact and its event are born together; delivery is the relay's job."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from springtide.platform import outbox
from springtide.platform.bus import Bus, publishing
from springtide.platform.db import Database
from springtide.platform.events import Envelope
from springtide.platform.outbox import Relay
from springtide.platform.tasks import stopped
from springtide.platform.telemetry import REGISTRY
from tests.context.platform import probe
from tests.context.platform.probe import CALLER, FactChanged, change, count, until
from tests.context.platform.processes import kill, running

BusWith = Callable[[str], "asyncio.Future[Bus]"]


async def read_stream(bus: Bus, wanted: int) -> list[Envelope]:
    """Return the first events of the stream, in its order."""
    found: list[Envelope] = []
    async with asyncio.timeout(20), aclosing(bus.follow([FactChanged.TYPE], after_sequence=0)) as batches:  # type: ignore[type-var]
        async for batch in batches:
            found += [delivery.envelope for delivery in batch]
            if len(found) >= wanted:
                break
    return found


@asynccontextmanager
async def relaying(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        await stopped(tasks)


async def change_often(db: Database, aggregates: int, times: int) -> None:
    async def one(name: str) -> None:
        for value in range(times):
            async with db.tx(CALLER) as tx:
                await change(tx, name, value)

    await asyncio.gather(*(one(f"fact-{number}") for number in range(aggregates)))


def versions(envelopes: list[Envelope]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for envelope in envelopes:
        found[envelope.aggregate_id].append(envelope.aggregate_version)
    return found


async def test_envelope_carries_who_why_and_what(db: Database, bus: Bus) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 7)
        now = tx.now
    assert await Relay(db, bus).publish_once() == 1
    (envelope,) = await read_stream(bus, 1)
    assert envelope.read(FactChanged) == FactChanged(value=7)
    assert (envelope.aggregate_id, envelope.aggregate_version, envelope.market) == ("a", 1, "GB")
    assert (envelope.actor, envelope.cause, envelope.version) == ("system:test", "request-1", 1)
    assert envelope.occurred_at == now
    assert await count(db, "count_unsent") == 0


async def test_nothing_unsent_publishes_nothing(db: Database, bus: Bus) -> None:
    assert await Relay(db, bus).publish_once() == 0
    assert await bus.last_sequence() == 0


async def test_events_of_an_aggregate_leave_in_order(db: Database, bus: Bus) -> None:
    async with relaying(Relay(db, bus)):
        await change_often(db, aggregates=5, times=20)
        found = await read_stream(bus, 100)
    assert versions(found) == {f"fact-{number}": list(range(1, 21)) for number in range(5)}


async def test_two_relays_neither_reorder_nor_repeat(db: Database, bus: Bus, bus_with: BusWith) -> None:
    async with relaying(Relay(db, bus), Relay(db, await bus_with("second"))):
        await change_often(db, aggregates=5, times=20)
        found = await read_stream(bus, 100)
        await until(lambda: _is_sent(db))
    assert versions(found) == {f"fact-{number}": list(range(1, 21)) for number in range(5)}
    assert await bus.last_sequence() == 100


async def test_process_killed_between_commit_and_publish_loses_nothing(probe_url: str, db: Database, bus: Bus) -> None:
    async with running("commit_and_die.py", probe_url, expect="committed") as process:
        await kill(process)
    assert await count(db, "count_unsent") == 1
    assert await bus.last_sequence() == 0
    assert await Relay(db, bus).publish_once() == 1
    (envelope,) = await read_stream(bus, 1)
    assert envelope.read(FactChanged) == FactChanged(value=7)


async def test_relay_killed_between_publish_and_mark_repeats_without_a_second_event(
    db: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 7)
    publish = bus.publish

    async def publish_and_die(envelopes: list[Envelope]) -> list[Envelope]:
        await publish(envelopes)
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(bus, "publish", publish_and_die)
        with pytest.raises(asyncio.CancelledError):
            await Relay(db, bus).publish_once()
    async with db.tx(CALLER) as tx:
        await tx.run("free_lease")
    assert await Relay(db, bus).publish_once() == 1
    assert await bus.last_sequence() == 1


async def test_a_relay_waits_while_another_has_the_lease(db: Database, bus: Bus) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
    first, second = Relay(db, bus), Relay(db, bus)
    assert await first.publish_once() == 1
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 2)
    assert await second.publish_once() == 0
    assert await first.publish_once() == 1


async def test_a_relay_that_ends_lets_the_next_one_publish_at_once(db: Database, bus: Bus) -> None:
    async with relaying(Relay(db, bus)):
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
        await until(lambda: _is_sent(db))
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 2)
    assert await Relay(db, bus).publish_once() == 1


async def test_the_lease_of_a_session_that_has_ended_holds_nobody_up(probe_url: str, db: Database, bus: Bus) -> None:
    killed = probe.database(probe_url)
    await killed.open()
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
    assert await Relay(killed, bus).publish_once() == 1
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 2)
    assert await Relay(db, bus).publish_once() == 0
    await killed.close()  # what kill -9 does to it: the lease is not given back
    waited_since = asyncio.get_running_loop().time()
    await until(lambda: _publishes(db, bus))
    assert asyncio.get_running_loop().time() - waited_since < 2, "nobody waits for the rest of the five seconds"


async def test_a_lease_of_the_release_before_is_waited_for(db: Database, bus: Bus) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 1)
        await tx.run("take_lease_as_before")
    assert await Relay(db, bus).publish_once() == 0


async def test_rows_of_last_week_are_found_and_their_age_is_told(db: Database, bus: Bus) -> None:
    async with db.tx(CALLER) as tx:
        await change(tx, "a", 7)
        await tx.flush()
        tx._events.clear()
        tx._audits.clear()
        await tx.run("age_outbox")
    assert await Relay(db, bus).publish_once() == 1
    assert (REGISTRY.get_sample_value("springtide_outbox_lag_seconds", {"context": probe.PROBE}) or 0) > 600_000


async def test_relay_outlives_every_failure(db: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 0
    publish = bus.publish

    async def fail_once(envelopes: list[Envelope]) -> list[Envelope]:
        nonlocal failures
        failures += 1
        if failures == 1:
            raise RuntimeError
        return await publish(envelopes)

    monkeypatch.setattr(bus, "publish", fail_once)
    monkeypatch.setattr(outbox, "_BACK_OFF_S", 0.05)
    async with relaying(Relay(db, bus)):
        async with db.tx(CALLER) as tx:
            await change(tx, "a", 1)
        await until(lambda: _is_sent(db))
    assert failures == 2


async def test_after_a_failed_publish_later_events_of_the_aggregate_are_not_called_sent(
    db: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.tx(CALLER) as tx:
        for value in range(3):
            await change(tx, "a", value)
        await change(tx, "b", 1)
    publish = bus.connection.client.publish

    async def lose_the_second(subject: str, body: bytes, **options: object) -> None:
        if b'"aggregate_version":2' not in body:
            await publish(subject, body, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "_BACK_OFF_S", 0.0)
    monkeypatch.setattr(publishing, "_PUBLISHED_WITHIN_S", 0.3)
    with monkeypatch.context() as patched:
        patched.setattr(bus.connection.client, "publish", lose_the_second)
        assert await Relay(db, bus).publish_once() == 2
    assert await count(db, "count_unsent") == 2


async def _is_sent(db: Database) -> bool:
    return await count(db, "count_unsent") == 0


async def _publishes(db: Database, bus: Bus) -> bool:
    return await Relay(db, bus).publish_once() == 1
