"""Consumers: take each event once, in a transaction of their own, then ack."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from springtide.platform.bus import Bus, Delivery
from springtide.platform.caller import system
from springtide.platform.db import Database, Tx
from springtide.platform.errors import SpringtideError, Unavailable
from springtide.platform.events import Envelope, Event
from springtide.platform.telemetry import EVENTS_CONSUMED, logger, set_trace

_BACK_OFF_S = 1.0
_LONGEST_DELAY_S = 60.0

log = logger(__name__)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """How one event type is taken.

    `handle(tx, envelope, event)` runs in the transaction of the inbox row: facts only, no calls to the outside.
    `call(envelope, event)` runs first, without a transaction: for contract calls. It may run again after a crash, so
    what it calls must be repeatable under a key derived from the event's id.
    `newest_only`: the event carries its aggregate's whole state, so an older version than one seen is dropped.
    """

    event: type[Event]
    handle: Callable[[Tx, Envelope, Any], Awaitable[None]] | None = None
    call: Callable[[Envelope, Any], Awaitable[None]] | None = None
    newest_only: bool = False


class Consumer:
    """The durable consumer of one context: its name in the stream is the context's name."""

    def __init__(self, db: Database, bus: Bus, subscriptions: Mapping[str, Subscription], *, name: str) -> None:
        self._db = db
        self._bus = bus
        self._subscriptions = dict(subscriptions)
        self._name = name
        self._caller = system(db.context)

    async def run(self) -> None:
        """Consume for ever; reconnect with a pause when the bus or the database is away."""
        while True:
            try:
                async for batch in self._bus.deliveries(self._name, list(self._subscriptions)):
                    for delivery in batch:
                        await self._take(delivery)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - a consumer outlives every failure of its engines
                log.warning("consumer.waits", consumer=self._name, error=repr(error))
                await asyncio.sleep(_BACK_OFF_S)

    async def _take(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        set_trace(envelope.trace)
        try:
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
            await delivery.retry_later(min(0.25 * 2**delivery.attempt, _LONGEST_DELAY_S))

    async def take(self, envelope: Envelope) -> str:
        """Take one event; return "taken", "repeated" or "older". Raises what the handler raised."""
        subscription = self._subscriptions[envelope.type]
        event: Event = envelope.read(subscription.event)
        if subscription.call is not None:
            await subscription.call(envelope, event)
        async with self._db.tx(self._caller) as tx:
            row = {"consumer": self._name, "event_id": envelope.id, "at": tx.now}
            if not await tx.run("kernel_take_inbox", row):
                return "repeated"
            if subscription.newest_only and not await tx.run(
                "kernel_raise_inbox_version",
                {
                    "consumer": self._name,
                    "aggregate_id": f"{subscription.event.TYPE.partition('.')[0]}:{envelope.aggregate_id}",
                    "version": envelope.aggregate_version,
                },
            ):
                return "older"
            if subscription.handle is not None:
                await subscription.handle(tx, envelope, event)
        return "taken"
