"""Promises against a model: several SKUs in one hold, two locations, inbound units sold, time that passes, repeats."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from springtide.contracts.common import Quantity
from springtide.contracts.inventory.api import (
    AdjustmentRefused,
    AlreadyClaimed,
    Hold,
    HoldGone,
    NotEnoughStock,
    StockLevel,
    Supply,
)
from springtide.platform.ids import uuid7
from tests.context.inventory.shop import SetClock, Shop
from tests.models import StoreModel, run_model

LOCATIONS = ("own", "ext")
SERVED = {"GB": ("own", "ext"), "SE": ("ext",)}
JUMP_S = 1_000.0
buyers = st.integers(0, 3)
anybody = st.integers(0, 11)
names = st.sampled_from(("plain", "awaited"))
lines = st.dictionaries(names, st.integers(1, 6), min_size=1)


class Promises(StoreModel):
    """Two SKUs; "awaited" also sells six units that are on their way to "own". Time goes in jumps; holds last 600 s or
    2,500 s, so none runs out at the moment of a jump.
    """

    shop: Shop
    set_clock: SetClock
    clock = [0.0]  # noqa: RUF012 - one database, one clock: it only goes forward, over all examples

    def __init__(self) -> None:
        super().__init__()
        self.skus = {name: f"{name}-{uuid7().hex}" for name in ("plain", "awaited")}
        self.checkouts = [uuid7() for _ in range(4)]
        self.on_hand = {(name, place): units for name in self.skus for place, units in (("own", 5), ("ext", 4))}
        self.inbound = 6
        self.held: dict[UUID, Hold] = {}
        self.until_s: dict[UUID, float] = {}
        self.claimed: dict[UUID, Hold] = {}
        self.run(self._open())

    async def _open(self) -> None:
        levels = (
            StockLevel(sku=self.skus[name], location=place, quantity=units)
            for (name, place), units in self.on_hand.items()
        )
        await self.shop.stock_up(*levels)
        await self.shop.policy(self.skus["awaited"], Supply.BACKORDER)
        self.delivery = await self.shop.inbound(self.skus["awaited"], self.inbound, date(2027, 1, 1))

    # -- the model

    def live(self) -> dict[UUID, Hold]:
        now = self.clock[0]
        return {checkout: hold for checkout, hold in self.held.items() if self.until_s[checkout] > now}

    def promised(self, name: str, place: str, but: UUID | None = None) -> int:
        return sum(
            line.quantity
            for checkout, hold in {**self.live(), **self.claimed}.items()
            for line in hold.allocations
            if (line.sku, line.location) == (self.skus[name], place) and checkout != but
        )

    def sellable(self, name: str, place: str) -> int:
        return self.on_hand[name, place] + (self.inbound if (name, place) == ("awaited", "own") else 0)

    def is_enough(self, wanted: dict[str, int], market: str, but: UUID | None = None) -> bool:
        return all(
            units <= sum(self.sellable(name, place) - self.promised(name, place, but) for place in SERVED[market])
            for name, units in wanted.items()
        )

    def units(self, hold: Hold) -> dict[str, int]:
        wanted: dict[str, int] = {}
        for line in hold.allocations:
            name = line.sku.partition("-")[0]
            wanted[name] = wanted.get(name, 0) + line.quantity
        return wanted

    def somebody(self, which: int) -> UUID:
        """Return a checkout with a hold, two times of three when there is one: else there is little to decide."""
        holding = [checkout for checkout in self.checkouts if checkout in self.held]
        return holding[which % len(holding)] if holding and which > 3 else self.checkouts[which % 4]

    # -- what happens

    @rule(buyer=buyers, wanted=lines, market=st.sampled_from(sorted(SERVED)), lasts_s=st.sampled_from((600, 2_500)))
    def hold(self, buyer: int, wanted: dict[str, int], market: str, lasts_s: int) -> None:
        checkout = self.checkouts[buyer]
        asked = tuple(Quantity(sku=self.skus[name], quantity=units) for name, units in wanted.items())
        outcome = self.send(
            lambda key: self.shop.api.hold(
                caller=self.shop.caller,
                key=key,
                checkout_id=checkout,
                market=market,
                lines=asked,
                expires_after_s=lasts_s,
            )
        )
        if checkout in self.claimed:
            is_same = wanted == self.units(self.claimed[checkout])
            assert outcome is AlreadyClaimed or (is_same and outcome == self.claimed[checkout])
        elif not self.is_enough(wanted, market, but=checkout):
            assert outcome is NotEnoughStock
        else:
            assert self.units(outcome) == wanted
            assert {line.location for line in outcome.allocations} <= set(SERVED[market])
            self._hold(checkout, outcome, lasts_s)

    @precondition(lambda self: self.held)
    @rule(buyer=anybody, lasts_s=st.sampled_from((600, 2_500)))
    def extend(self, buyer: int, lasts_s: int) -> None:
        checkout = self.somebody(buyer)
        outcome = self.send(
            lambda key: self.shop.api.extend(
                caller=self.shop.caller, key=key, checkout_id=checkout, expires_after_s=lasts_s
            )
        )
        if self._still_its_own(checkout, outcome):
            self._hold(checkout, outcome, lasts_s)

    @precondition(lambda self: self.held)
    @rule(buyer=anybody)
    def claim(self, buyer: int) -> None:
        checkout = self.somebody(buyer)
        outcome = self.send(lambda key: self.shop.api.claim(caller=self.shop.caller, key=key, checkout_id=checkout))
        if self._still_its_own(checkout, outcome):
            assert outcome.expires_at is None
            self.held.pop(checkout)
            self.claimed[checkout] = outcome

    def _still_its_own(self, checkout: UUID, outcome: object) -> bool:
        """Check the answer of claim and extend; tell whether the checkout has a hold by it."""
        if checkout in self.claimed:
            assert outcome == self.claimed[checkout]
            return False
        known = self.held.get(checkout)
        is_live = checkout in self.live()
        if known is None or not (is_live or self.is_enough(self.units(known), known.market)):
            assert outcome is HoldGone
            return False
        assert isinstance(outcome, Hold), outcome
        assert self.units(outcome) == self.units(known)
        assert not is_live or outcome.allocations == known.allocations
        return True

    def _hold(self, checkout: UUID, hold: Hold, lasts_s: float) -> None:
        self.held[checkout] = hold
        self.until_s[checkout] = self.clock[0] + lasts_s

    @precondition(lambda self: len(self.held) + len(self.claimed) > 2)
    @rule(buyer=buyers)
    def release(self, buyer: int) -> None:
        checkout = self.checkouts[buyer]
        self.send(
            lambda key: self.shop.api.release(caller=self.shop.caller, key=key, checkout_id=checkout, reason="model")
        )
        self.held.pop(checkout, None)
        self.claimed.pop(checkout, None)

    @precondition(lambda self: self.held)
    @rule()
    def time_passes(self) -> None:
        self.clock[0] += JUMP_S
        self.run(self.set_clock(self.shop.node, self.clock[0]))

    @precondition(lambda self: len(self.live()) < len(self.held))
    @rule()
    def sweep(self) -> None:
        self.run(self.shop.run_loop("expire_holds"))

    @precondition(lambda self: self.inbound)
    @rule(units=st.integers(1, 4))
    def receive(self, units: int) -> None:
        self.send(
            lambda key: self.shop.api.receive_inbound(
                caller=self.shop.caller, key=key, inbound_id=self.delivery, quantity=units
            )
        )
        self.on_hand["awaited", "own"] += units
        self.inbound = max(0, self.inbound - units)

    @rule(name=names, place=st.sampled_from(LOCATIONS), units=st.integers(-5, 3).filter(bool))
    def count(self, name: str, place: str, units: int) -> None:
        outcome = self.send(
            lambda key: self.shop.api.adjust(
                caller=self.shop.caller,
                key=key,
                sku=self.skus[name],
                location=place,
                quantity=units,
                reason="counted",
            )
        )
        if -units > max(0, self.on_hand[name, place] - self.promised(name, place)):
            assert outcome is AdjustmentRefused
        else:
            self.on_hand[name, place] += units
            assert outcome.on_hand == self.on_hand[name, place]

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 50))
    def again(self, which: int) -> None:
        self.repeat(which)

    @invariant()
    def units_promised_never_exceed_units_owned(self) -> None:
        page = self.run(self.shop.api.stock(caller=self.shop.caller, skus=tuple(self.skus.values())))
        rows = {(row.sku.partition("-")[0], row.location): row for row in page.items}
        for (name, place), units in self.on_hand.items():
            row = rows[name, place]
            assert row.on_hand == units
            assert row.held + row.claimed == self.promised(name, place) <= self.sellable(name, place)
            assert row.available == self.sellable(name, place) - self.promised(name, place)
        assert rows["awaited", "own"].inbound == self.inbound

    def teardown(self) -> None:
        assert self.run(self.shop.check()) == []


async def test_promises_follow_the_model(shop: Shop, set_clock: SetClock) -> None:
    await run_model(Promises, examples=20, steps=25, shop=shop, set_clock=staticmethod(set_clock), clock=[0.0])


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_promises_follow_the_model_for_long(shop: Shop, set_clock: SetClock) -> None:
    await run_model(
        Promises, examples=250, steps=40, by_chance=True, shop=shop, set_clock=staticmethod(set_clock), clock=[0.0]
    )
