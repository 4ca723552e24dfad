"""The desk at which an attempt gets its gateway: switches, weights, health, breakers and limits of this process.

Health and limits are of one process; switches are rows, read by every process at least once a second. What is
measured here is judged by the process's own monotonic clock: durations, not moments anybody else knows. For people the
processes tell one another what they see (`sights`).
"""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Literal
from uuid import UUID

import msgspec

from springtide.contexts.payments.domain import breaker as breakers
from springtide.contexts.payments.domain.breaker import CLOSED, Breaker, BreakerRules, BreakerState
from springtide.contexts.payments.domain.health import Health, Window
from springtide.contexts.payments.domain.limits import Pace
from springtide.contexts.payments.domain.routing import Offer, factor, ranked
from springtide.contexts.payments.providers.port import Declined, ProviderError
from springtide.contexts.payments.providers.registry import GatewayOptions, Registry
from springtide.contexts.payments.store.gateways import SwitchRow
from springtide.contracts.payments.api import GatewaysBusy, GatewaySwitch, PaymentMethodUnknown
from springtide.platform.db import Database
from springtide.platform.telemetry import GATEWAY_DIVERTED, GATEWAY_SECONDS, logger

RULES = BreakerRules()
PROCESS = f"{socket.gethostname()}:{os.getpid()}"
_BUSY_AGAIN_S = 1.0

log = logger(__name__)


class NotNow(msgspec.Struct, frozen=True, kw_only=True):
    """Why a gateway takes no attempt now: it is at a limit (`wait_s`), or its breaker is open."""

    why: Literal["limit", "breaker"]
    wait_s: float


@dataclass(slots=True, eq=False)
class Ticket:
    """Leave to make one attempt at a gateway. `is_probe`: its outcome decides what a half-open breaker does next."""

    gateway: str
    begun_s: float
    is_probe: bool
    is_spent: bool = False


@dataclass(slots=True)
class Counter:
    """Where one gateway is dealt with."""

    options: GatewayOptions
    window: Window
    pace: Pace
    breaker: Breaker = CLOSED
    in_flight: int = 0
    diverted: int = 0
    noticed: BreakerState = field(default=BreakerState.CLOSED)


class Desk:
    """Chooses gateways for attempts and learns from how they end. `clock`: seconds that only go forward.

    `process`: the name under which the other processes know what is measured here.
    """

    def __init__(
        self, registry: Registry, clock: Callable[[], float] = time.monotonic, *, process: str = PROCESS
    ) -> None:
        self.process = process
        self._registry = registry
        self._clock = clock
        self._switches: Mapping[str, SwitchRow] = {}
        self._is_read = False
        self.counters = {
            name: Counter(options, Window(slow_s=options.slow_s), Pace(options.max_per_s))
            for name, options in registry.gateways.items()
        }

    async def read_switches(self, db: Database) -> None:
        """Read all switches; called twice a second, and after every write of our own."""
        async with db.read() as read:
            rows = await read.all("gateway_switches", row=SwitchRow)
        self._switches = {row.gateway: row for row in rows}
        self._is_read = True

    async def ready(self, db: Database) -> None:
        """Make sure that the switches were read once: a process that has just started may not ignore them."""
        if not self._is_read:
            await self.read_switches(db)

    def switch(self, gateway: str) -> GatewaySwitch:
        """Return where a switch stands."""
        row = self._switches.get(gateway)
        return GatewaySwitch.ON if row is None else row.state

    def switched(self, gateway: str) -> SwitchRow | None:
        """Return the row of a switch, None when nobody ever moved it."""
        return self._switches.get(gateway)

    def offers(self, market: str, method: str, amount_minor: int | None) -> Sequence[Offer]:
        """Return the offers of gateways that take new attempts."""
        offers = self._registry.offers(market, method, amount_minor)
        if not self._switches:
            return offers
        return [offer for offer in offers if self.switch(offer.gateway) is GatewaySwitch.ON]

    def order(self, attempt_id: UUID, *, market: str, method: str, amount_minor: int) -> tuple[str, ...]:
        """Return the gateways to ask, in order; `PaymentMethodUnknown` when none takes such a payment."""
        offers = self.offers(market, method, amount_minor)
        if not offers:
            msg = "This way to pay is not offered here."
            raise PaymentMethodUnknown(msg, method=method, market=market)
        if len(offers) == 1:
            return (offers[0].gateway,)
        now_s = self._clock()
        factors = {offer.gateway: factor(self.counters[offer.gateway].window.tally(now_s)) for offer in offers}
        return ranked(offers, attempt_id, factors)

    def first(self, gateways: Sequence[str]) -> tuple[Ticket | None, tuple[str, ...]]:
        """Return leave for the first of these gateways that takes an attempt now, and those behind it.

        No leave when all breakers are open; `GatewaysBusy` when one is merely at its limit: that passes soon.
        """
        waits: list[float] = []
        for place, gateway in enumerate(gateways):
            entered = self.enter(gateway)
            if isinstance(entered, Ticket):
                return entered, tuple(gateways[place + 1 :])
            if entered.why == "limit":
                waits.append(entered.wait_s)
        if waits:
            msg = "Every gateway for this payment is at its limit. Nothing was taken."
            raise GatewaysBusy(msg, retry_after_s=max(1, ceil(min(waits))))
        return None, ()

    def enter(self, gateway: str) -> Ticket | NotNow:
        """Ask for leave to make an attempt; a `Ticket` is used in `asking` or given back by `leave`."""
        counter, now_s = self.counters[gateway], self._clock()
        refused = self._at_limit(counter, now_s) or self._at_breaker(counter, now_s)
        if refused is not None:
            GATEWAY_DIVERTED.labels(gateway, refused.why).inc()
            return refused
        counter.pace.take(now_s)
        counter.in_flight += 1
        is_probe = counter.breaker.state is BreakerState.HALF_OPEN
        counter.breaker = breakers.entered(counter.breaker)
        return Ticket(gateway=gateway, begun_s=now_s, is_probe=is_probe)

    @contextmanager
    def asking(self, ticket: Ticket) -> Iterator[None]:
        """Ask the gateway in this block: how it ends counts. An issuer's no is an answer like any other."""
        ticket.begun_s = self._clock()
        try:
            yield
        except Declined:
            self._ended(ticket, is_answered=True)
            raise
        except ProviderError:
            self._ended(ticket, is_answered=False)
            raise
        except BaseException:
            self.leave(ticket)
            raise
        self._ended(ticket, is_answered=True)

    @contextmanager
    def unless_asked(self, ticket: Ticket | None) -> Iterator[None]:
        """Give leave back when the block ends without the gateway having been asked."""
        try:
            yield
        finally:
            if ticket is not None:
                self.leave(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Give leave back that was not used: the gateway was not asked, or nobody waited for its answer."""
        if ticket.is_spent:
            return
        ticket.is_spent = True
        counter = self.counters[ticket.gateway]
        counter.in_flight -= 1
        if ticket.is_probe and counter.breaker.state is BreakerState.HALF_OPEN:
            counter.breaker = breakers.left(counter.breaker)

    def decides(self, gateway: str) -> bool:
        """Count an attempt that a gateway of this process is about to decide; False above its pace."""
        counter, now_s = self.counters[gateway], self._clock()
        if counter.pace.wait_s(now_s):
            return False
        counter.pace.take(now_s)
        counter.window.note(now_s, is_answered=True, took_s=0.0)
        return True

    def health(self, gateway: str) -> Health:
        """Return a gateway's window for people."""
        return self.counters[gateway].window.health(self._clock())

    def breaker(self, gateway: str) -> Breaker:
        """Return a gateway's breaker as it stands now."""
        return breakers.at(self.counters[gateway].breaker, self._clock())

    def _at_limit(self, counter: Counter, now_s: float) -> NotNow | None:
        limit = counter.options.max_in_flight
        if limit and counter.in_flight >= limit:
            return NotNow(why="limit", wait_s=_BUSY_AGAIN_S)
        wait_s = counter.pace.wait_s(now_s)
        return NotNow(why="limit", wait_s=wait_s) if wait_s else None

    def _at_breaker(self, counter: Counter, now_s: float) -> NotNow | None:
        """Judge by the breaker. In a dry run it lets everything pass and counts what it would have turned away."""
        if counter.options.breaker == "off":
            return None
        counter.breaker = breakers.at(counter.breaker, now_s)
        self._notice(counter)
        if breakers.admits(counter.breaker):
            return None
        counter.diverted += 1
        if counter.options.breaker == "on":
            return NotNow(why="breaker", wait_s=max(0.0, counter.breaker.until_s - now_s))
        GATEWAY_DIVERTED.labels(counter.options.name, "breaker_dry_run").inc()
        log.info("payments.breaker_would_divert", gateway=counter.options.name, state=str(counter.breaker.state))
        return None

    def _ended(self, ticket: Ticket, *, is_answered: bool) -> None:
        ticket.is_spent = True
        counter, now_s = self.counters[ticket.gateway], self._clock()
        took_s = now_s - ticket.begun_s
        counter.in_flight -= 1
        counter.window.note(now_s, is_answered=is_answered, took_s=took_s)
        GATEWAY_SECONDS.labels(ticket.gateway, "answered" if is_answered else "failed").observe(took_s)
        if counter.options.breaker == "off":
            return
        before = counter.breaker
        counter.breaker = breakers.answered(
            before,
            is_good=is_answered and took_s <= counter.options.slow_s,
            is_probe=ticket.is_probe,
            tally=counter.window.tally(now_s),
            rules=RULES,
            now_s=now_s,
        )
        if before.state is BreakerState.HALF_OPEN and counter.breaker.state is BreakerState.CLOSED:
            counter.window.clear()
        self._notice(counter)

    def _notice(self, counter: Counter) -> None:
        """Tell the log when a breaker moved."""
        state = counter.breaker.state
        if state is not counter.noticed:
            counter.noticed = state
            name, mode = counter.options.name, counter.options.breaker
            log.warning("payments.breaker_moved", gateway=name, state=str(state), mode=mode)
