"""Consumers: take each event once, in a transaction of their own, then ack.

What lies ready is taken together, whatever its types: one transaction, handlers by type in the order the types came. A
batch that fails is halved until the failing event stands alone; its neighbours are taken.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from springtide.platform import tracing
from springtide.platform.bus import Bus, Delivery, ack_all
from springtide.platform.caller import system
from springtide.platform.db import Database, DatabaseUnavailable, Tx
from springtide.platform.errors import SpringtideError, Unavailable
from springtide.platform.events import Envelope, Event
from springtide.platform.lanes import Turns
from springtide.platform.tasks import finishing
from springtide.platform.telemetry import EVENTS_CONSUMED, logger, set_trace

_BACK_OFF_S = 1.0
_LONGEST_DELAY_S = 60.0
_AT_ONCE = 512
_PATIENCE_S = 10.0
_FINISHED_WITHIN_S = 5.0

Pairs = Sequence[tuple[Envelope, Any]]

log = logger(__name__)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How one event type is taken.

    `handle(tx, envelope, event)` runs in the transaction of the inbox row: facts only, no calls to the outside.
    `call(envelope, event)` runs first, without a transaction: for contract calls. It may run again after a crash, so
    what it calls must be repeatable under a key derived from the event's id.
    `handle_many(tx, pairs)` and `call_many(pairs)` take their places where many events at once are cheaper than one by
    one. Events with a `call` are taken one by one.
    `newest_only`: the event carries its aggregate's whole state, so an older version than one seen is dropped.
    """

    event: type[Event]
    handle: Callable[[Tx, Envelope, Any], Awaitable[None]] | None = None
    call: Callable[[Envelope, Any], Awaitable[None]] | None = None
    handle_many: Callable[[Tx, Pairs], Awaitable[None]] | None = None
    call_many: Callable[[Pairs], Awaitable[None]] | None = None
    newest_only: bool = False


class Consumer:
    """The durable consumer of one context: its name in the stream is the context's name."""

    def __init__(self, db: Database, bus: Bus, subscriptions: Mapping[str, Subscription], *, name: str) -> None:
        self._db = db
        self._bus = bus
        self._subscriptions = dict(subscriptions)
        self._name = name
        self._caller = system(db.context)
        self._turns = Turns()

    async def run(self) -> None:
        """Consume for ever; reconnect with a pause when the bus or the database is away.

        Cancelled, it takes what it has begun to take and gives the rest back to the others.
        """
        while True:
            try:
                async with aclosing(self._bus.deliveries(self._name, list(self._subscriptions))) as batches:
                    async for batch in batches:
                        await finishing(self._take_batch(batch), within_s=_FINISHED_WITHIN_S)
                        await self._turns.next(has_more=len(batch) >= _AT_ONCE)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - a consumer outlives every failure of its engines
                log.warning("consumer.waits", consumer=self._name, error=repr(error))
                await asyncio.sleep(_BACK_OFF_S)

    async def _take_batch(self, batch: Sequence[Delivery]) -> None:
        """Take together what can be, one by one what makes a call of its own or what nobody listens to any more."""
        together = [delivery for delivery in batch if self._goes_together(delivery.envelope)]
        await self._take_all(together, until=time.monotonic() + _PATIENCE_S)
        for delivery in batch:
            if not self._goes_together(delivery.envelope):
                await self._take(delivery)

    def _goes_together(self, envelope: Envelope) -> bool:
        subscription = self._subscriptions.get(envelope.type)  # None: a type that an older release listened to
        return subscription is not None and subscription.call is None

    async def _take_all(self, deliveries: Sequence[Delivery], *, until: float) -> None:
        """Take several events in one transaction; halve them when one of them fails, until it stands alone.

        A neighbour that is away is not asked for ever: after `until` everything that still waits for one comes later.
        """
        if len(deliveries) <= 1:
            for delivery in deliveries:
                await self._take(delivery)
            return
        try:
            taken = await self.take_together([delivery.envelope for delivery in deliveries])
        except Exception as error:  # noqa: BLE001 - whichever it was is found by halving
            if isinstance(error, DatabaseUnavailable) or (isinstance(error, Unavailable) and time.monotonic() > until):
                log.debug("consumer.later", consumer=self._name, events=len(deliveries), error=error.detail)
                for delivery in deliveries:
                    await _retry_later(delivery)
                return
            log.debug("consumer.halves", consumer=self._name, events=len(deliveries), error=repr(error))
            half = len(deliveries) // 2
            await self._take_all(deliveries[:half], until=until)
            await self._take_all(deliveries[half:], until=until)
        else:
            EVENTS_CONSUMED.labels(self._name, "taken").inc(taken)
            EVENTS_CONSUMED.labels(self._name, "repeated").inc(len(deliveries) - taken)
            await ack_all(deliveries)

    async def take_together(self, envelopes: Sequence[Envelope]) -> int:
        """Take events in one transaction; return how many were new. Raises what a handler raised, nothing taken.

        Events of one type stay in the order they came in; types are handled one after the other.
        """
        began = time.perf_counter()
        traced = [envelope for envelope in envelopes if tracing.is_picked(envelope.trace)] if tracing.is_on() else []
        if not traced:
            set_trace("")  # a batch belongs to none of its events
            return await self._taken_together(envelopes)
        links = [envelope.trace for envelope in traced]
        with tracing.span(f"take {self._name}", parent=links[0], links=links, events=len(envelopes)) as span:
            new = await self._taken_together(envelopes)
            for envelope in traced:
                name, link = f"{self._name} takes {envelope.type}", (span.trace,)
                tracing.record(name, parent=envelope.trace, began=began, kind="consumer", links=link)
            return new

    async def _taken_together(self, envelopes: Sequence[Envelope]) -> int:
        await self._call_many(envelopes)
        async with self._db.tx(self._caller) as tx:
            ids = [envelope.id for envelope in envelopes]
            row = {"consumer": self._name, "event_ids": ids, "at": tx.now}
            fresh = {event_id for (event_id,) in await tx.tuples("kernel_take_inbox_many", row)}
            new = await self._newest(tx, _once([envelope for envelope in envelopes if envelope.id in fresh]))
            for name, several in _by_type(new).items():
                await _handle_all(tx, self._subscriptions[name], several)
        return len(new)

    async def _call_many(self, envelopes: Sequence[Envelope]) -> None:
        """Make the calls of a batch, outside the transaction that takes it."""
        for name, several in _by_type(envelopes).items():
            subscription = self._subscriptions[name]
            if subscription.call_many is not None:
                await subscription.call_many(_read_all(subscription, several))

    async def _newest(self, tx: Tx, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Leave out states of an aggregate that are older than one seen before or in this batch."""
        stateful = [envelope for envelope in envelopes if self._subscriptions[envelope.type].newest_only]
        newest: dict[str, int] = {}
        for envelope in stateful:
            name = _aggregate(envelope)
            newest[name] = max(newest.get(name, 0), envelope.aggregate_version)
        if not newest:
            return list(envelopes)
        row = {"consumer": self._name, "aggregates": list(newest), "versions": list(newest.values())}
        raised = {name for (name,) in await tx.tuples("kernel_raise_inbox_versions", row)}
        return [
            envelope
            for envelope in envelopes
            if not self._subscriptions[envelope.type].newest_only
            or (_aggregate(envelope) in raised and newest[_aggregate(envelope)] == envelope.aggregate_version)
        ]

    async def _take(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        set_trace(envelope.trace)
        try:
            name = f"{self._name} takes {envelope.type}" if tracing.is_on() else ""
            with tracing.span(name, kind="consumer"):
                outcome = await self.take(envelope)
        except Unavailable as error:
            outcome = "later"
            log.debug("consumer.later", consumer=self._name, type=envelope.type, error=error.detail)
        except SpringtideError as error:
            outcome = "failed"
            log.warning(
                "consumer.refused", consumer=self._name, type=envelope.type, id=str(envelope.id), error=repr(error)
            )
        except Exception:
            outcome = "failed"
            log.exception("consumer.failed", consumer=self._name, type=envelope.type, id=str(envelope.id))
        EVENTS_CONSUMED.labels(self._name, outcome).inc()
        if outcome in {"taken", "repeated", "older"}:
            await delivery.ack()
        else:
            await _retry_later(delivery)

    async def take(self, envelope: Envelope) -> str:
        """Take one event; return "taken", "repeated" or "older". Raises what the handler raised."""
        subscription = self._subscriptions[envelope.type]
        event: Event = envelope.read(subscription.event)
        if subscription.call is not None:
            await subscription.call(envelope, event)
        if subscription.call_many is not None:
            await subscription.call_many([(envelope, event)])
        async with self._db.tx(self._caller) as tx:
            row = {"consumer": self._name, "event_id": envelope.id, "at": tx.now}
            if not await tx.run("kernel_take_inbox", row):
                return "repeated"
            if subscription.newest_only and not await tx.run(
                "kernel_raise_inbox_version",
                {
                    "consumer": self._name,
                    "aggregate_id": _aggregate(envelope),
                    "version": envelope.aggregate_version,
                },
            ):
                return "older"
            await _handle_all(tx, subscription, [envelope])
        return "taken"


def _aggregate(envelope: Envelope) -> str:
    """Return an aggregate's name among those of all contexts: "catalog:<id>"."""
    return f"{envelope.type.partition('.')[0]}:{envelope.aggregate_id}"


async def _handle_all(tx: Tx, subscription: Subscription, envelopes: Sequence[Envelope]) -> None:
    pairs = _read_all(subscription, envelopes)
    if subscription.handle_many is not None:
        await subscription.handle_many(tx, pairs)
    elif subscription.handle is not None:
        for envelope, event in pairs:
            await subscription.handle(tx, envelope, event)


def _read_all(subscription: Subscription, envelopes: Sequence[Envelope]) -> Pairs:
    return [(envelope, envelope.read(subscription.event)) for envelope in envelopes]


def _by_type(envelopes: Sequence[Envelope]) -> dict[str, list[Envelope]]:
    """Return the envelopes by type, types and envelopes in the order they came in."""
    found: dict[str, list[Envelope]] = {}
    for envelope in envelopes:
        found.setdefault(envelope.type, []).append(envelope)
    return found


def _once(envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Leave out an event that came twice in one batch."""
    return list({envelope.id: envelope for envelope in envelopes}.values())


async def _retry_later(delivery: Delivery) -> None:
    await delivery.retry_later(min(0.25 * 2**delivery.attempt, _LONGEST_DELAY_S))
