"""Stock against a model: any order of holds, expiries, sweeps, claims, shipments, adjustments and transfers."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from springtide.contexts.inventory.service.ship_units import ship_units
from springtide.contracts.inventory.api import (
    AdjustmentRefused,
    Allocation,
    AlreadyClaimed,
    Hold,
    HoldGone,
    NotEnoughStock,
    StockLevel,
)
from springtide.platform.errors import Refusal
from springtide.platform.ids import uuid7
from springtide.platform.usecase import new_key
from tests.context.inventory.shop import Shop

LOCATIONS = ("own", "ext")
buyers = st.integers(0, 2)
few = st.integers(1, 8)
many = st.integers(5, 13)


class StockModel(RuleBasedStateMachine):
    """One SKU at two locations and three checkouts. `held` are live; `expired` ran out, swept or not."""

    shop: Shop
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.sku = f"sku-{uuid7().hex}"
        self.checkouts = [uuid7() for _ in range(3)]
        self.on_hand = {"own": 9, "ext": 4}
        self.held: dict[UUID, Hold] = {}
        self.expired: dict[UUID, Hold] = {}
        self.claimed: dict[UUID, Hold] = {}
        levels = [StockLevel(sku=self.sku, location=name, quantity=units) for name, units in self.on_hand.items()]
        self.run(self.shop.stock_up(*levels))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=20)

    def outcome(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self.run(work)
        except Refusal as refusal:
            return type(refusal)

    def promised(self, location: str, but: UUID | None = None) -> int:
        return sum(
            line.quantity
            for checkout, hold in {**self.held, **self.claimed}.items()
            for line in hold.allocations
            if line.location == location and checkout != but
        )

    def free(self, but: UUID | None = None) -> int:
        return sum(self.on_hand[location] - self.promised(location, but) for location in LOCATIONS)

    def _put(self, checkout: UUID, hold: Hold, into: dict[UUID, Hold]) -> None:
        for group in (self.held, self.expired, self.claimed):
            group.pop(checkout, None)
        into[checkout] = hold

    @rule(buyer=buyers, quantity=many)
    def hold(self, buyer: int, quantity: int) -> None:
        checkout = self.checkouts[buyer]
        outcome = self.outcome(self.shop.hold((self.sku, quantity), checkout_id=checkout))
        if checkout in self.claimed:
            same = quantity == sum(line.quantity for line in self.claimed[checkout].allocations)
            assert outcome is AlreadyClaimed or (same and outcome == self.claimed[checkout])
        elif quantity > self.free(but=checkout):
            assert outcome is NotEnoughStock
        else:
            assert sum(line.quantity for line in outcome.allocations) == quantity
            self._put(checkout, outcome, self.held)

    @rule(buyer=buyers, is_claim=st.booleans())
    def claim_or_extend(self, buyer: int, *, is_claim: bool) -> None:
        checkout = self.checkouts[buyer]
        outcome = self.outcome(self.shop.claim(checkout) if is_claim else self.shop.extend(checkout))
        if checkout in self.claimed:
            assert outcome == self.claimed[checkout]
            return
        known = self.held.get(checkout) or self.expired.get(checkout)
        wanted = sum(line.quantity for line in known.allocations) if known else 0
        if known is None or (checkout in self.expired and wanted > self.free()):
            assert outcome is HoldGone
            return
        assert sum(line.quantity for line in outcome.allocations) == wanted
        if checkout in self.held:
            assert outcome.allocations == known.allocations
        self._put(checkout, outcome, self.claimed if is_claim else self.held)

    @precondition(lambda self: self.held)
    @rule(buyer=buyers)
    def run_out(self, buyer: int) -> None:
        checkout = sorted(self.held)[buyer % len(self.held)]
        past = "update promise set expires_at = now() - interval '1 hour' where checkout_id = %s"
        self.run(self.shop.sql(past, checkout))
        self._put(checkout, self.held[checkout], self.expired)

    @precondition(lambda self: self.expired)
    @rule()
    def sweep(self) -> None:
        self.run(self.shop.run_loop("expire_holds"))

    @rule(buyer=buyers)
    def release(self, buyer: int) -> None:
        checkout = self.checkouts[buyer]
        self.run(self.shop.release(checkout))
        for group in (self.held, self.expired, self.claimed):
            group.pop(checkout, None)

    @precondition(lambda self: self.claimed)
    @rule(buyer=buyers)
    def ship(self, buyer: int) -> None:
        checkout = sorted(self.claimed)[buyer % len(self.claimed)]
        first, *rest = self.claimed[checkout].allocations
        self.run(self._ship(checkout, first))
        self.on_hand[first.location] -= first.quantity
        hold = self.claimed.pop(checkout)
        if rest:
            self.claimed[checkout] = Hold(
                checkout_id=checkout, market=hold.market, allocations=tuple(rest), expires_at=None
            )

    async def _ship(self, checkout: UUID, line: Allocation) -> None:
        async with self.shop.node.databases["inventory"].tx(self.shop.caller) as tx:
            await ship_units(tx, order_id=checkout, shipment_id=uuid7(), shipped=(line,))

    @rule(location=st.sampled_from(LOCATIONS), quantity=st.integers(-6, 6).filter(bool))
    def adjust(self, location: str, quantity: int) -> None:
        outcome = self.outcome(self.shop.adjust(self.sku, quantity, location=location))
        if -quantity > self.on_hand[location] - self.promised(location):
            assert outcome is AdjustmentRefused
        else:
            self.on_hand[location] += quantity
            assert outcome.on_hand == self.on_hand[location]

    @rule(source=st.sampled_from(LOCATIONS), quantity=few)
    def transfer(self, source: str, quantity: int) -> None:
        target = "ext" if source == "own" else "own"
        outcome = self.outcome(
            self.shop.api.transfer(
                caller=self.shop.caller,
                key=new_key(),
                sku=self.sku,
                from_location=source,
                to_location=target,
                quantity=quantity,
                reason="model",
            )
        )
        if quantity > self.on_hand[source] - self.promised(source):
            assert outcome is AdjustmentRefused
        else:
            self.on_hand[source] -= quantity
            self.on_hand[target] += quantity

    @invariant()
    def store_and_model_agree(self) -> None:
        page = self.run(self.shop.api.stock(caller=self.shop.caller, skus=(self.sku,)))
        rows = {row.location: row for row in page.items}
        for location in LOCATIONS:
            row = rows[location]
            assert row.on_hand == self.on_hand[location]
            assert row.held + row.claimed == self.promised(location)
            assert row.available == self.on_hand[location] - self.promised(location) >= 0

    def teardown(self) -> None:
        assert self.run(self.shop.check()) == []


async def test_stock_follows_the_model(shop: Shop) -> None:
    machine = type("Model", (StockModel,), {"shop": shop, "loop": asyncio.get_running_loop()})
    bounded = settings(
        max_examples=30,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # a failing run prints its steps; shrinking it takes minutes
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounded)
