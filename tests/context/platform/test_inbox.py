"""A consumer takes each event once, in a transaction of its own, then acks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from springtide.platform import inbox
from springtide.platform.bus import Bus, Delivery
from springtide.platform.db import Database, DatabaseUnavailable, Tx, transaction_is_open
from springtide.platform.errors import Unavailable
from springtide.platform.events import Envelope
from springtide.platform.inbox import Consumer, Subscription
from springtide.platform.outbox import Relay
from springtide.platform.tasks import stopped
from tests.context.platform.probe import CALLER, FactChanged, FactPoisoned, change, count, until

BusWith = Callable[[str], "asyncio.Future[Bus]"]


class Taker:
    """Handlers that write down what they saw."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.called: list[str] = []
        self.batches: list[int] = []
        self.failures: list[Exception] = []

    async def handle(self, tx: Tx, envelope: Envelope, event: FactChanged) -> None:
        assert transaction_is_open()
        await tx.run("put_fact", {"id": f"copy-{envelope.aggregate_id}", "value": event.value})
        self.seen.append((envelope.aggregate_id, event.value))
        if self.failures:
            raise self.failures.pop()

    async def many(self, tx: Tx, pairs: Sequence[tuple[Envelope, FactChanged]]) -> None:
        assert transaction_is_open()
        self.batches.append(len(pairs))
        for envelope, event in pairs:
            await self.handle(tx, envelope, event)

    async def call(self, envelope: Envelope, event: Any) -> None:
        assert not transaction_is_open()
        self.called.append(envelope.aggregate_id)
        if self.failures:
            raise self.failures.pop()

    async def poisoned(self, tx: Tx, envelope: Envelope, event: FactPoisoned) -> None:
        self.called.append("poison")
        raise ZeroDivisionError


@pytest.fixture
def taker() -> Taker:
    return Taker()


def consumer(db: Database, bus: Bus, *subscriptions: Subscription) -> Consumer:
    return Consumer(db, bus, {each.event.TYPE: each for each in subscriptions}, name="taker")


@asynccontextmanager
async def consuming(*consumers: Consumer) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in consumers]
    try:
        yield
    finally:
        await stopped(tasks)


async def publish(db: Database, bus: Bus, *values: tuple[str, int]) -> None:
    for name, value in values:
        async with db.tx(CALLER) as tx:
            await change(tx, name, value)
    relay = Relay(db, bus)
    async with db.tx(CALLER) as tx:
        await tx.run("free_lease")
    while await relay.publish_once():
        pass


async def envelopes(db: Database, bus: Bus, *values: tuple[str, int]) -> list[Envelope]:
    await publish(db, bus, *values)
    async for batch in bus.follow([FactChanged.TYPE], after_sequence=0):
        if batch:
            return [delivery.envelope for delivery in batch]
    return []


async def test_event_is_taken_once_however_often_it_comes(db: Database, bus: Bus, taker: Taker) -> None:
    (envelope,) = await envelopes(db, bus, ("a", 1))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))
    assert [await takes.take(envelope) for _ in range(3)] == ["taken", "repeated", "repeated"]
    assert taker.seen == [("a", 1)]


async def test_older_version_is_dropped_where_only_the_newest_counts(db: Database, bus: Bus, taker: Taker) -> None:
    older, newer = await envelopes(db, bus, ("a", 1), ("a", 2))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle, newest_only=True))
    assert [await takes.take(newer), await takes.take(older)] == ["taken", "older"]
    assert taker.seen == [("a", 2)]


async def test_older_version_is_taken_where_every_event_counts(db: Database, bus: Bus, taker: Taker) -> None:
    older, newer = await envelopes(db, bus, ("a", 1), ("a", 2))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))
    assert [await takes.take(newer), await takes.take(older)] == ["taken", "taken"]


async def test_several_taken_together_are_the_same_as_one_by_one(db: Database, bus: Bus, taker: Taker) -> None:
    events = await envelopes(db, bus, ("a", 1), ("a", 2), ("b", 3))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle_many=taker.many))
    assert await takes.take(events[0]) == "taken"
    assert [await takes.take_together(events) for _ in range(2)] == [2, 0]
    assert (taker.seen, taker.batches) == ([("a", 1), ("a", 2), ("b", 3)], [1, 2])
    assert await count(db, "count_taken") == 3


async def test_taken_together_only_the_newest_state_of_an_aggregate_counts(
    db: Database, bus: Bus, taker: Taker
) -> None:
    events = await envelopes(db, bus, ("a", 1), ("a", 2), ("b", 3), ("a", 4))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle_many=taker.many, newest_only=True))
    assert await takes.take_together(events[:3]) == 2
    assert taker.seen == [("a", 2), ("b", 3)]
    assert await takes.take(events[3]) == "taken"
    assert await takes.take_together(events) == 0


async def test_one_that_fails_among_several_takes_none_with_it(db: Database, bus: Bus, taker: Taker) -> None:
    events = await envelopes(db, bus, ("a", 1), ("b", 2))
    taker.failures = [ZeroDivisionError()]
    takes = consumer(db, bus, Subscription(event=FactChanged, handle_many=taker.many))
    with pytest.raises(ZeroDivisionError):
        await takes.take_together(events)
    assert await count(db, "count_taken") == 0
    assert await takes.take_together(events) == 2


async def test_failed_handler_leaves_no_trace_and_may_take_again(db: Database, bus: Bus, taker: Taker) -> None:
    (envelope,) = await envelopes(db, bus, ("a", 1))
    taker.failures = [ZeroDivisionError()]
    takes = consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))
    facts = await count(db, "count_facts")
    with pytest.raises(ZeroDivisionError):
        await takes.take(envelope)
    assert (await count(db, "count_taken"), await count(db, "count_facts")) == (0, facts)
    assert await takes.take(envelope) == "taken"


async def test_call_runs_outside_the_transaction_and_again_after_a_failure(
    db: Database, bus: Bus, taker: Taker
) -> None:
    (envelope,) = await envelopes(db, bus, ("a", 1))
    takes = consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle, call=taker.call))
    taker.failures = [Unavailable("later")]
    with pytest.raises(Unavailable):
        await takes.take(envelope)
    assert taker.seen == []
    assert await takes.take(envelope) == "taken"
    assert (taker.called, taker.seen) == (["a", "a"], [("a", 1)])


async def test_unavailable_neighbour_is_asked_again(db: Database, bus: Bus, taker: Taker) -> None:
    await publish(db, bus, ("a", 1))
    taker.failures = [Unavailable("later")]
    async with consuming(consumer(db, bus, Subscription(event=FactChanged, call=taker.call))):
        await until(lambda: _is_empty(bus))
    assert taker.called == ["a", "a"]
    assert await count(db, "count_taken") == 1


async def test_poisoned_event_blocks_no_other(db: Database, bus: Bus, taker: Taker) -> None:
    async with db.tx(CALLER) as tx:
        tx.emit(FactPoisoned(value=1), aggregate_id="poison", aggregate_version=1)
        for value in range(5):
            await change(tx, "a", value)
    assert await Relay(db, bus).publish_once() == 6
    subscriptions = (
        Subscription(event=FactChanged, handle=taker.handle),
        Subscription(event=FactPoisoned, handle=taker.poisoned),
    )
    async with consuming(consumer(db, bus, *subscriptions)):
        await until(lambda: len(taker.seen) == 5 and taker.called.count("poison") >= 2)
        await until(lambda: _lag_is_one(bus))
    assert taker.seen == [("a", value) for value in range(5)]


async def test_two_replicas_share_the_events(db: Database, bus: Bus, taker: Taker) -> None:
    subscription = Subscription(event=FactChanged, handle=taker.handle)
    async with consuming(consumer(db, bus, subscription), consumer(db, bus, subscription)):
        await publish(db, bus, *((f"fact-{number}", number) for number in range(20)))
        await until(lambda: _is_empty(bus))
    assert sorted(taker.seen) == sorted((f"fact-{number}", number) for number in range(20))


async def test_consumer_that_leaves_finishes_its_batch_and_gives_the_rest_to_the_others(
    db: Database, bus: Bus, bus_with: BusWith, taker: Taker
) -> None:
    """Nothing waits for the end of an acknowledgement's 15 seconds."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(envelope: Envelope, event: FactChanged) -> None:
        begun.set()
        await go_on.wait()

    slow = consumer(db, bus, Subscription(event=FactChanged, call=hold, handle=taker.handle))
    leaving = asyncio.create_task(slow.run())
    await publish(db, bus, ("a", 1))
    await begun.wait()
    await publish(db, bus, *((f"late-{number}", number) for number in range(10)))
    await until(lambda: _waiting_for_ack(bus, 11))
    leaving.cancel()
    other = consumer(db, await bus_with("other"), Subscription(event=FactChanged, handle=taker.handle))
    async with asyncio.timeout(10), consuming(other):
        go_on.set()
        await until(lambda: _is_empty(bus), within_s=8)
    await asyncio.gather(leaving, return_exceptions=True)
    assert sorted(taker.seen) == sorted([("a", 1), *((f"late-{number}", number) for number in range(10))])


async def _waiting_for_ack(bus: Bus, count: int) -> bool:
    return await bus.consumer_lag("taker") == count


async def test_events_from_before_the_consumer_existed_are_taken(db: Database, bus: Bus, taker: Taker) -> None:
    await publish(db, bus, ("a", 1), ("b", 2))
    async with consuming(consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))):
        await until(lambda: len(taker.seen) == 2)


async def test_new_release_that_listens_to_more_gets_it(db: Database, bus: Bus, taker: Taker) -> None:
    await publish(db, bus, ("a", 1))
    async with consuming(consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))):
        await until(lambda: _is_empty(bus))
    more = (
        Subscription(event=FactChanged, handle=taker.handle),
        Subscription(event=FactPoisoned, call=taker.call),
    )
    async with consuming(consumer(db, bus, *more)):
        async with db.tx(CALLER) as tx:
            tx.emit(FactPoisoned(value=1), aggregate_id="p", aggregate_version=1)
        await publish(db, bus, ("b", 2))
        await until(lambda: ("b", 2) in taker.seen and taker.called == ["p"])
    assert taker.seen == [("a", 1), ("b", 2)]


async def test_consumer_goes_on_after_its_database_was_away(
    db: Database, bus: Bus, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_BACK_OFF_S", 0.05)
    deliveries, attempts = bus.deliveries, 0

    def broken_once(*arguments: Any) -> Any:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ConnectionError
        return deliveries(*arguments)

    monkeypatch.setattr(bus, "deliveries", broken_once)
    await publish(db, bus, ("a", 1))
    async with consuming(consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))):
        await until(lambda: taker.seen == [("a", 1)])
    assert attempts == 2


async def _is_empty(bus: Bus) -> bool:
    return await bus.last_sequence() > 0 and await bus.consumer_lag("taker") == 0


async def _lag_is_one(bus: Bus) -> bool:
    return await bus.consumer_lag("taker") == 1


async def test_event_that_only_an_older_release_listened_to_blocks_no_other(
    db: Database, bus: Bus, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries = bus.deliveries
    monkeypatch.setattr(bus, "deliveries", lambda name, types: deliveries(name, [*types, FactPoisoned.TYPE]))
    async with db.tx(CALLER) as tx:
        tx.emit(FactPoisoned(value=1), aggregate_id="old", aggregate_version=1)
        await change(tx, "a", 1)
    assert await Relay(db, bus).publish_once() == 2
    async with consuming(consumer(db, bus, Subscription(event=FactChanged, handle=taker.handle))):
        await until(lambda: taker.seen == [("a", 1)])


async def test_one_that_fails_in_a_batch_of_several_types_is_found_by_halving(
    db: Database, bus: Bus, taker: Taker
) -> None:
    async with db.tx(CALLER) as tx:
        for number in range(16):
            await change(tx, f"fact-{number}", number)
            if number == 5:
                tx.emit(FactPoisoned(value=1), aggregate_id="poison", aggregate_version=1)
    assert await Relay(db, bus).publish_once() == 17
    batch = await ready(bus)
    takes = consumer(
        db,
        bus,
        Subscription(event=FactChanged, handle_many=taker.many),
        Subscription(event=FactPoisoned, handle=taker.poisoned),
    )
    await takes._take_batch(batch)
    assert await count(db, "count_taken") == 16
    assert await count(db, "count_facts") == 32
    assert len(taker.batches) < 16
    await until(lambda: _lag_is_one(bus))


async def test_calls_of_a_batch_are_made_together_before_its_transaction(db: Database, bus: Bus, taker: Taker) -> None:
    calls: list[list[str]] = []

    async def call_many(pairs: Sequence[tuple[Envelope, Any]]) -> None:
        assert not transaction_is_open()
        calls.append([envelope.aggregate_id for envelope, _ in pairs])
        if taker.failures:
            raise taker.failures.pop()

    events = await envelopes(db, bus, ("a", 1), ("b", 2), ("c", 3))
    takes = consumer(db, bus, Subscription(event=FactChanged, call_many=call_many, handle_many=taker.many))
    taker.failures = [Unavailable("later")]
    with pytest.raises(Unavailable):
        await takes.take_together(events)
    assert await count(db, "count_taken") == 0
    assert await takes.take_together(events) == 3
    assert await takes.take(events[0]) == "repeated"
    assert (calls, taker.batches) == ([["a", "b", "c"], ["a", "b", "c"], ["a"]], [3])


async def test_neighbour_that_is_away_for_some_delays_no_other(db: Database, bus: Bus, taker: Taker) -> None:
    async def call_many(pairs: Sequence[tuple[Envelope, Any]]) -> None:
        if any(envelope.aggregate_id == "fact-3" for envelope, _ in pairs):
            msg = "away"
            raise Unavailable(msg)

    await publish(db, bus, *((f"fact-{number}", number) for number in range(8)))
    batch = await ready(bus)
    takes = consumer(db, bus, Subscription(event=FactChanged, call_many=call_many, handle_many=taker.many))
    await takes._take_batch(batch)
    assert sorted(name for name, _ in taker.seen) == [f"fact-{number}" for number in range(8) if number != 3]
    assert await count(db, "count_taken") == 7


async def test_while_the_database_is_away_a_batch_comes_later_whole(
    db: Database, bus: Bus, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    @asynccontextmanager
    async def away(*_: object, **__: object) -> AsyncIterator[Tx]:
        nonlocal attempts
        attempts += 1
        msg = "away"
        raise DatabaseUnavailable(msg)
        yield

    await publish(db, bus, *((f"fact-{number}", number) for number in range(8)))
    batch = await ready(bus)
    takes = consumer(db, bus, Subscription(event=FactChanged, handle_many=taker.many))
    with monkeypatch.context() as patched:
        patched.setattr(db, "tx", away)
        await takes._take_batch(batch)
    assert attempts == 1
    async with consuming(takes):
        await until(lambda: _is_empty(bus))
    assert len(taker.seen) == 8


async def ready(bus: Bus) -> list[Delivery]:
    """Return what lies ready for the consumer "taker", as one batch."""
    types = [FactChanged.TYPE, FactPoisoned.TYPE]
    waiting = await bus.last_sequence()
    batch: list[Delivery] = []
    async with asyncio.timeout(20), aclosing(bus.deliveries("taker", types)) as batches:  # type: ignore[type-var]
        async for several in batches:
            batch += several
            if len(batch) == waiting:
                break
    return batch
